// Addresses of labd as people write them.
import { CliError } from '../terminal/errors.ts';

export const fallback = 'http://127.0.0.1:4000/graphql';

/** An address without what may be a secret in it. */
export const withoutSecret = (url: string): string => url.replace(/\/\/[^/@]*@/, '//');

/**
 * An address, when it can be labd's, with the path that labd answers on when it has none. Throws a usage error that says
 * where it was given.
 */
export function addressOf(url: string, from: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    throw new CliError(
      'usage',
      `"${withoutSecret(url)}" (${from}) is not the address of a labd.`,
      `Write one such as ${fallback}.`,
    );
  if (parsed.username || parsed.password)
    throw new CliError(
      'usage',
      `"${withoutSecret(url)}" (${from}) has a name or a password before its host, which labd does not take, and others could read.`,
      (lab) => `Leave that out, and sign in with: ${lab} login`,
    );
  if (parsed.search || parsed.hash) return url;
  const bare = url.replace(/\/+$/, '');
  return parsed.pathname === '/' ? `${bare}/graphql` : bare;
}
