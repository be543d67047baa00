// Looks at the seals in a snapshot, with the code that verifies the live ones.
import { openPool, openPrisma } from './client.ts';
import type { Examine } from './embedded/trial.ts';
import type { Retention } from './types.ts';
import { GENESIS } from './seals.ts';
import { verify, type Link } from './verify.ts';

/** Changes that are looked at in each snapshot; the next one goes on after them. */
const MOST = 20_000;

/** Takes a trim of any age as right: changes may have been kept for less when it was made, and no snapshot is damaged by that. */
const ANY_AGE: Retention = { audit: -Infinity, history: -Infinity, watch: -Infinity };

/** Each snapshot is looked at from where the one before was found whole. */
export function examineSeals(): Examine {
  let from: Link | undefined;
  return async (target) => {
    const onLost = () => {};
    const pool = openPool({ target, size: 1, onLost });
    const prisma = openPrisma(pool, onLost, false);
    try {
      const found = await verify({ prisma, retention: ANY_AGE }, { from, most: MOST });
      // Trimmed past where the last one ended: the next begins at the beginning.
      const trimmed = found.problem?.fault === 'ANCHOR_TRIMMED';
      // Before the first seal there is nothing to go on from.
      from = trimmed || found.problem !== null || found.last.rev === GENESIS.rev ? undefined : found.last;
      return trimmed || found.problem === null
        ? undefined
        : `the change log is not as it was sealed: ${found.problem.message}`;
    } finally {
      await prisma.$disconnect();
      await pool.end();
    }
  };
}
