// Normalises IP addresses to the spelling that databases return, so that an unchanged address compares as equal.
import { isIP, isIPv6 } from 'node:net';

const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/** An address that is valid, in its canonical spelling; IPv4 written as IPv6 becomes IPv4. */
export function canonicalAddress(address: string): string {
  if (!isIPv6(address)) return address;
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = MAPPED.exec(short);
  if (!mapped) return short;
  const [high, low] = [mapped[1]!, mapped[2]!].map((half) => Number.parseInt(half, 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** A host's address in its canonical spelling, without the length of a prefix or a zone; undefined for what is none. */
export function hostAddress(text: string): string | undefined {
  const bare = text.replace(/[/%].*$/, '').toLowerCase();
  return isIP(bare) === 0 ? undefined : canonicalAddress(bare);
}
