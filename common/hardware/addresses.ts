// Addresses of hosts: whether one is of this host alone, and which of several an interface goes by.
import { isIP } from 'node:net';

/** Whether a text is an address with the length of its prefix, such as 192.168.8.20/24. */
export function isPrefixed(text: string): boolean {
  const [, bare = '', length = ''] = /^([^/%]+)(?:%[^/]*)?\/(\d{1,3})$/.exec(text) ?? [];
  return isIP(bare) !== 0 && Number(length) <= (isIP(bare) === 4 ? 32 : 128);
}

/** Whether an address is of this host alone. */
export const isLocal = (address: string): boolean => /^(::ffff:)?127\.|^::1$/.test(address);

/** How far an address reaches, the farthest last: RFC 1122 and 4291 for a host itself, RFC 4291 and 3927 for its link, RFC 4193 for its site. */
const scopes: readonly RegExp[] = [
  /^127\.|^::1$|^0\.0\.0\.0$|^::$/,
  /^fe[89ab][0-9a-f]:|^169\.254\./i,
  /^f[cd][0-9a-f]{2}:/i,
];

const reach = (address: string): number => {
  const scope = scopes.findIndex((one) => one.test(address));
  return scope === -1 ? scopes.length : scope;
};

/**
 * The one of several addresses by which others reach a host best: global before unique-local before link-local, in the
 * order given; undefined for none. Lengths of prefixes and zones are dropped.
 */
export function primaryOf(addresses: readonly string[]): string | undefined {
  const bare = addresses.map((text) => text.replace(/[/%].*$/, '').toLowerCase()).filter((one) => isIP(one) !== 0);
  return bare.toSorted((a, b) => reach(b) - reach(a))[0];
}
