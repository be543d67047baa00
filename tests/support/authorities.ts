// A line of authorities for tests, each of which took the place of the one before it.
import {
  type Authority,
  authorityOf,
  type AuthoritySettings,
  type Earlier,
} from '../../server/domain/access/authority.ts';
import {
  type AuthorityKeys,
  crossSign,
  makeAuthority,
  type Outside,
} from '../../server/domain/access/authorityKeys.ts';
import { realSystem } from '../../common/system.ts';

export interface Line {
  readonly keys: AuthorityKeys;
  /** The newest first */
  readonly earlier: readonly Earlier[];
}

const HOUR = 3_600_000;

/** The first of a line. */
export const firstOf = async (system: Outside = realSystem): Promise<Line> => ({
  keys: await makeAuthority(system),
  earlier: [],
});

/** The next of a line; the one before it is good for `overlap` milliseconds. */
export async function nextOf(
  { keys: old, earlier }: Line,
  overlap = HOUR,
  system: Outside = realSystem,
): Promise<Line> {
  const endsAt = new Date(system.now() + overlap);
  const keys = await makeAuthority(system, old);
  const vouches = await crossSign(old, keys, endsAt, system);
  return { keys, earlier: [{ certificate: old.certificate, vouches, endsAt }, ...earlier] };
}

/** The authority that a line ends with. */
export const authorityAt = (line: Line, settings: Partial<AuthoritySettings> = {}): Promise<Authority> =>
  authorityOf(line.keys, realSystem, settings, line.earlier);
