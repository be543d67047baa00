// Addresses of hosts: whether one is of this host alone, and which of several an interface goes by.
import { isIP } from 'node:net';

/** Whether a text is an address with the length of its prefix, such as 192.168.8.20/24. */
export function isPrefixed(text: string): boolean {
  const [, bare = '', length = ''] = /^([^/%]+)(?:%[^/]*)?\/(\d{1,3})$/.exec(text) ?? [];
  return isIP(bare) !== 0 && Number(length) <= (isIP(bare) === 4 ? 32 : 128);
}

/** Whether an address is of this host alone. */
export const isLocal = (address: string): boolean => /^(::ffff:)?127\.|^::1$/.test(address);

/** How far an address reaches, farthest first: RFC 4291 and 3927 for link-local, RFC 4193 for unique-local ones. */
const scopes: readonly RegExp[] = [/^fe[89ab][0-9a-f]:|^169\.254\./i, /^f[cd][0-9a-f]{2}:/i];

const reach = (address: string): number => scopes.findIndex((scope) => scope.test(address));

/** The one by which others reach it best: global before unique-local before link-local, in the order given; undefined for none. */
export function primaryOf(addresses: readonly string[]): string | undefined {
  const bare = addresses.filter(isPrefixed).map((text) => text.replace(/[/%].*$/, '').toLowerCase());
  const wanted = [-1, 1, 0];
  return wanted.flatMap((scope) => bare.filter((one) => reach(one) === scope))[0];
}
