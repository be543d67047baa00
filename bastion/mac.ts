// MAC addresses: normalised once, in lower case with colons, wherever they enter the bastion.

const SPELLINGS = [
  /^[0-9a-f]{12}$/i,
  /^[0-9a-f]{2}([:-])[0-9a-f]{2}(\1[0-9a-f]{2}){4}$/i,
  /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i,
];

/** A text that is not the address of one network interface; the message ends a sentence that begins with the text. */
export class NotAMac extends Error {}

/**
 * The address in lower case with colons, from any spelling: colons, dashes, Cisco's dots or bare digits.
 * Throws NotAMac for anything else, and for the zero, broadcast and multicast addresses, which belong to no interface.
 */
export function normaliseMac(text: string): string {
  const trimmed = text.trim();
  if (!SPELLINGS.some((spelling) => spelling.test(trimmed))) throw new NotAMac('is not a MAC address');
  const digits = trimmed.replaceAll(/[^0-9a-f]/gi, '').toLowerCase();
  if (/^0+$/.test(digits)) throw new NotAMac('is all zeros');
  if (/^f+$/.test(digits)) throw new NotAMac('is the broadcast address');
  if (Number.parseInt(digits.slice(0, 2), 16) & 1) throw new NotAMac('is a multicast address');
  return digits.match(/../g)!.join(':');
}
