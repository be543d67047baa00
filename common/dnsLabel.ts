// DNS labels: what names are, so that each can be a host's.

/** One label, as part of a regular expression. */
export const DNS_LABEL = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';

const whole = new RegExp(`^${DNS_LABEL}$`);

/** 1 to 63 lower-case letters, digits and dashes, neither first nor last a dash. */
export const isDnsLabel = (text: string): boolean => whole.test(text);
