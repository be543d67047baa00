// Addresses of network interfaces: normalised once, in lower case with colons, wherever they enter. Most are MAC addresses,
// of 6 octets; FireWire and some radios have EUI-64, of 8, as InfiniBand's GUIDs are, and its interfaces have 20.

const ETHERNET = 6;

/** How addresses of so many octets are spelt: without anything between, with colons or hyphens, in groups of four digits. */
const spellings = (octets: number): RegExp[] => [
  new RegExp(`^[0-9a-f]{${octets * 2}}$`, 'i'),
  new RegExp(`^[0-9a-f]{2}([:-])[0-9a-f]{2}(\\1[0-9a-f]{2}){${octets - 2}}$`, 'i'),
  // With colons between them the six octets of Ethernet are no address that anything prints.
  new RegExp(
    `^[0-9a-f]{4}(${octets === ETHERNET ? '\\.' : '[.:]'})[0-9a-f]{4}(\\1[0-9a-f]{4}){${octets / 2 - 2}}$`,
    'i',
  ),
];

const INFINIBAND = 20;
const byOctets: ReadonlyMap<number, readonly RegExp[]> = new Map(
  [ETHERNET, 8, INFINIBAND].map((octets) => [octets, spellings(octets)]),
);

const isSpelt = (text: string, octets: number): boolean => byOctets.get(octets)!.some((one) => one.test(text));

/** Whether a text is written as an address is, be there such an interface or not. Many digits alone may well be a name. */
export const isWrittenAsMac = (text: string): boolean =>
  isSpelt(text, ETHERNET) || (/[:.-]/.test(text) && [...byOctets.keys()].some((octets) => isSpelt(text, octets)));

type Parsed = { mac: string } | { problem: string };

function parse(text: string, sizes: readonly number[]): Parsed {
  const trimmed = text.trim();
  const octets = sizes.find((size) => isSpelt(trimmed, size));
  if (octets === undefined) return { problem: 'is not a MAC address' };
  const digits = trimmed.replaceAll(/[^0-9a-f]/gi, '').toLowerCase();
  if (/^0+$/.test(digits)) return { problem: 'is all zeros' };
  if (/^f+$/.test(digits)) return { problem: 'is the broadcast address' };
  // The first of InfiniBand's are flags.
  if (octets !== INFINIBAND && (firstOctet(digits) & 1) === 1) return { problem: 'is a multicast address' };
  return { mac: digits.match(/../g)!.join(':') };
}

/** Why a text cannot be the address of one network interface, or the address in lower case with colons. */
export const parseHardwareAddress = (text: string): Parsed => parse(text, [...byOctets.keys()]);

/** The address in lower case with colons; null for what is none, and for zero, broadcast and multicast. */
export function normaliseHardwareAddress(text: string): string | null {
  const parsed = parseHardwareAddress(text);
  return 'mac' in parsed ? parsed.mac : null;
}

/** The same of Ethernet alone: null for long addresses too. */
export function normaliseMac(text: string): string | null {
  const parsed = parse(text, [ETHERNET]);
  return 'mac' in parsed ? parsed.mac : null;
}

/** A normalised address without its colons. */
export const macDigits = (mac: string): string => mac.replaceAll(':', '');

/**
 * Whether a normalised address was made up by software (bridges, containers), so that several machines may well have
 * it. QEMU's are made up too, but each is one machine's; long ones are not made up.
 */
export const isMadeUp = (mac: string): boolean =>
  macDigits(mac).length === ETHERNET * 2 && (firstOctet(mac) & 2) === 2 && !mac.startsWith('52:54:00');

const firstOctet = (mac: string) => Number.parseInt(mac.slice(0, 2), 16);
