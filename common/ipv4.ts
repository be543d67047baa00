// IPv4 addresses as numbers: subnets, and ranges of addresses in them.
import { isIPv4 } from 'node:net';

/** An address as a number; undefined for what is none. */
export const parseIpv4 = (text: string): number | undefined =>
  isIPv4(text) ? text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0) : undefined;

export const ipv4Text = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** The mask of a prefix of so many bits. */
export const maskOf = (bits: number): number => 2 ** 32 - 2 ** (32 - bits);

/** Addresses from one to another, both included. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

export interface Subnet extends AddressRange {
  readonly mask: number;
}

/** A range such as 192.168.8.0/24; undefined for what is none, also with host bits. */
export function parseSubnet(cidr: string): Subnet | undefined {
  const [, text, bits] = /^([\d.]+)\/(\d|[12]\d|3[0-2])$/.exec(cidr) ?? [];
  const first = parseIpv4(text ?? '');
  if (first === undefined) return undefined;
  const mask = maskOf(Number(bits));
  const size = 2 ** 32 - mask;
  return first % size === 0 ? { first, last: first + size - 1, mask } : undefined;
}

/** A range such as 192.168.8.100-192.168.8.199; undefined for what is none. */
export function parseRange(text: string): AddressRange | undefined {
  const [first, last, ...more] = text.split('-').map((end) => parseIpv4(end.trim()));
  return first === undefined || last === undefined || more.length > 0 || first > last ? undefined : { first, last };
}

export const isWithin = (address: number, { first, last }: AddressRange): boolean =>
  address >= first && address <= last;

/** The addresses that hosts may have: all but that of the subnet and that of its broadcasts, which tiny ones lack. */
export const hostsOf = ({ first, last }: Subnet): AddressRange =>
  last - first < 3 ? { first, last } : { first: first + 1, last: last - 1 };
