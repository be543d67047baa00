// The block of addresses that one customer of a network has: what is counted together, since whoever has one address of
// a /64 has all of them.
import { isIPv6 } from 'node:net';
import { canonicalAddress } from '../../../common/address.ts';

/** An IPv4 address as it is, also when it is written as IPv6; of an IPv6 address its /64. */
export function blockOf(address: string): string {
  // What follows % says which interface of this machine it came over.
  const plain = canonicalAddress(address.split('%', 1)[0]!);
  if (!isIPv6(plain)) return plain;
  const [left = [], right = []] = plain.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
