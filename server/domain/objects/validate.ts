// Checks on what people write: each says which field, what is wrong with it, and how it is written right.
import ipaddr from 'ipaddr.js';
import { isDnsLabel } from '../../../common/dnsLabel.ts';
import { normaliseHardwareAddress } from '../../../common/mac.ts';
import { InvalidInput } from '../errors.ts';
import { type Checked, right, wrong } from '../../../common/checked.ts';

const labelKey = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

const maxLabels = 64;
const shown = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

/** A DNS label. */
export function checkName(field: string, name: string): Checked<string> {
  if (isDnsLabel(name)) return right(name);
  const remedy = 'Use 1 to 63 lower-case letters, digits and dashes, neither first nor last a dash.';
  return wrong(field, `${shown(name)} is not a name.`, remedy);
}

/** What a text becomes in YAML and JSON when it is written without quotes. */
const UNQUOTED: Readonly<Record<string, string>> = { number: 'a number', boolean: 'true or false' };

/** Something else where a text belongs, for want of quotes: without them 1.10 is a number, and the same as 1.1. */
export function unquoted(field: string, word: string, value: unknown): InvalidInput | undefined {
  const read = UNQUOTED[typeof value];
  if (read === undefined) return undefined;
  return new InvalidInput(field, `It has to be ${word}, and without quotes it is ${read}.`, 'Put it in quotes.');
}

/** Labels, written as Kubernetes has them. */
export function checkLabels(field: string, labels: Record<string, unknown>): Checked<Record<string, string>> {
  const entries = Object.entries(labels);
  if (entries.length > maxLabels)
    return wrong(field, `${entries.length} labels are too many.`, `Use at most ${maxLabels}.`);
  const problems: InvalidInput[] = [];
  const refuse = (...said: ConstructorParameters<typeof InvalidInput>) => problems.push(new InvalidInput(...said));
  for (const [key, value] of entries) {
    if (!labelKey.test(key))
      refuse(
        field,
        `${shown(key)} is not a label key.`,
        'Use letters, digits, dashes, dots and underscores; a prefix ends with a slash.',
      );
    else if (typeof value !== 'string')
      problems.push(
        unquoted(`${field}.${key}`, 'a text', value) ??
          new InvalidInput(`${field}.${key}`, 'It has to be a text.', 'Write one word, or take the label away.'),
      );
    else if (!labelValue.test(value))
      refuse(
        `${field}.${key}`,
        `${shown(value)} is not a label value.`,
        'Use at most 63 letters, digits, dashes, dots and underscores.',
      );
  }
  return problems.length > 0 ? { problems } : right(labels as Record<string, string>);
}

/**
 * The columns that labels are found by, in one order, however written: the tokens that selectors are answered from, each
 * key and each key=value, and the text that a search looks for a part in.
 */
export function labelColumns(labels: Record<string, string>): { labelTokens: string[]; labelText: string } {
  const pairs = Object.keys(labels)
    .sort()
    .map((key) => [key, `${key}=${labels[key]}`] as const);
  return { labelTokens: pairs.flat(), labelText: pairs.map(([, pair]) => pair).join(',') };
}

/** Four decimal numbers, or IPv6 that is neither IPv4 in disguise nor of one machine's zone: one spelling for one address. */
const isAddress = (text: string): boolean =>
  ipaddr.IPv4.isValidFourPartDecimal(text) ||
  (/^[0-9a-f.:]*:[0-9a-f.:]*$/i.test(text) &&
    ipaddr.IPv6.isValid(text) &&
    !ipaddr.IPv6.parse(text).isIPv4MappedAddress());

/** A range without host bits, in its canonical spelling. */
export function checkCidr(field: string, text: string): Checked<string> {
  const remedy = 'Write an address and a prefix length, such as 192.168.8.0/24 or fd00:8::/64.';
  if (!ipaddr.isValidCIDR(text) || !isAddress(text.slice(0, text.indexOf('/'))))
    return wrong(field, `${shown(text)} is not a range.`, remedy);
  const [address, bits] = ipaddr.parseCIDR(text);
  const family = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  const network = family.networkAddressFromCIDR(`${address.toString()}/${bits}`);
  if (network.toString() !== address.toString())
    return wrong(field, `${text} has host bits set.`, `Write ${network.toString()}/${bits}.`);
  return right(`${network.toString()}/${bits}`);
}

/** A range as the database gives it out, with the prefix length that it leaves out for a single address. */
export const wholeCidr = (text: string): string =>
  text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;

/** An IP address, in its canonical spelling. */
export const checkAddress = (field: string, text: string): Checked<string> =>
  isAddress(text)
    ? right(ipaddr.parse(text).toString())
    : wrong(field, `${shown(text)} is not an IP address.`, 'Write one such as 192.168.8.1.');

/** The MAC address of a NIC, in its canonical spelling. */
export function checkMac(field: string, text: string): Checked<string> {
  const mac = normaliseHardwareAddress(text);
  if (mac !== null) return right(mac);
  return wrong(field, `"${text}" is not the MAC address of a NIC.`, 'Write one such as 38:05:25:33:e2:e4.');
}

/** An address that lies in a range. Both are canonical. */
export function checkInside(field: string, address: string, cidr: string): Checked<string> {
  const ip = ipaddr.parse(address);
  const range = ipaddr.parseCIDR(cidr);
  if (ip.kind() === range[0].kind() && ip.match(range)) return right(address);
  return wrong(field, `${address} does not lie in ${cidr}.`, `Give an address inside ${cidr}.`);
}

/** A number in a range, both ends included. */
export const checkBetween = (field: string, value: number, least: number, most: number): Checked<number> =>
  value >= least && value <= most
    ? right(value)
    : wrong(field, `${value} is out of range.`, `Give a number from ${least} to ${most}.`);

/** A text of at most `most` characters without control characters. */
export function checkText(field: string, text: string, most = 253): Checked<string> {
  if (text.length > most) return wrong(field, `It has ${text.length} characters.`, `Use at most ${most}.`);

  if (/[\u0000-\u001f\u007f]/.test(text)) return wrong(field, 'It has control characters.', 'Leave them out.');
  return right(text);
}
