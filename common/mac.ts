// MAC addresses: normalised once, in lower case with colons, wherever they enter.

const SPELLINGS = [
  /^[0-9a-f]{12}$/i,
  /^[0-9a-f]{2}([:-])[0-9a-f]{2}(\1[0-9a-f]{2}){4}$/i,
  /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i,
];

/** Whether a text is written as a MAC address is, be there such an interface or not. */
export const isWrittenAsMac = (text: string): boolean => SPELLINGS.some((spelling) => spelling.test(text));

/** Why a text cannot be the address of one network interface, or the address in lower case with colons. */
export function parseMac(text: string): { mac: string } | { problem: string } {
  const trimmed = text.trim();
  if (!isWrittenAsMac(trimmed)) return { problem: 'is not a MAC address' };
  const digits = trimmed.replaceAll(/[^0-9a-f]/gi, '').toLowerCase();
  if (/^0+$/.test(digits)) return { problem: 'is all zeros' };
  if (/^f+$/.test(digits)) return { problem: 'is the broadcast address' };
  if ((firstOctet(digits) & 1) === 1) return { problem: 'is a multicast address' };
  return { mac: digits.match(/../g)!.join(':') };
}

/** The address in lower case with colons; null for what is none, and for zero, broadcast and multicast. */
export function normaliseMac(text: string): string | null {
  const parsed = parseMac(text);
  return 'mac' in parsed ? parsed.mac : null;
}

/** A normalised address without its colons. */
export const macDigits = (mac: string): string => mac.replaceAll(':', '');

/**
 * Whether a normalised address was made up by software (bridges, containers), so that several machines may well have
 * it. QEMU's are made up too, but each is one machine's.
 */
export const isMadeUp = (mac: string): boolean => (firstOctet(mac) & 2) === 2 && !mac.startsWith('52:54:00');

const firstOctet = (mac: string) => Number.parseInt(mac.slice(0, 2), 16);
