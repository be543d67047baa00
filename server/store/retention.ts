// Deletes old changes. The audit trail, the history of objects and the cursors of watches use the same rows, so changes
// are deleted only when the settings of all three allow it.
import { head, type Reader, trim } from './changes.ts';
import { named } from './faults.ts';
import { databaseNow } from './seals.ts';
import { repeat, type Repetition } from './repeat.ts';
import type { Database, Origin, Writer } from './types.ts';

/** How long changes are kept for each of their uses, milliseconds; null is for ever. */
export interface Retention {
  readonly audit: number | null;
  readonly history: number | null;
  readonly watch: number | null;
}

/** Keeps everything. */
export const KEEP_ALL: Retention = { audit: null, history: null, watch: null };

const EVERY = 3_600_000;

/** The kind of a trim's own row in the log. */
const KIND = 'ChangeLog';
const ORIGIN: Origin = { actor: 'labd', action: 'trimChanges', requestId: '', address: '' };

/** The age at which changes may go; null when they never may. */
function allowedAge({ audit, history, watch }: Retention): number | null {
  if (audit === null || history === null || watch === null) return null;
  return Math.max(audit, history, watch);
}

/** The last seal of which all is older than a moment, beyond the floor; null when there is none. */
async function sealBefore(db: Database, moment: Date, floor: bigint): Promise<bigint | null> {
  const young = await db.prisma.change.findFirst({ where: { at: { gte: moment } }, orderBy: { rev: 'asc' } });
  const upTo = young === null ? { gt: floor } : { gt: floor, lt: young.rev };
  const seal = await db.prisma.seal.findFirst({ where: { upTo }, orderBy: { upTo: 'desc' } });
  return seal?.upTo ?? null;
}

/** Raises the floor, which is a change like any other, in one transaction. False when somebody else was quicker. */
async function raiseFloor(db: Database, floor: bigint): Promise<boolean> {
  const work = async (tx: Writer) => {
    const { logId, compacted } = await head(tx.client);
    if (compacted >= floor) return false;
    await tx.client.$executeRaw`UPDATE head SET compacted = ${floor} WHERE id = 1`;
    tx.record({
      kind: KIND,
      id: logId,
      name: 'change-log',
      cloud: '',
      environment: '',
      operation: 'UPDATE',
      before: { floor: compacted },
      after: { floor },
    });
    return true;
  };
  return (await db.write(ORIGIN, work, { lockHead: true })).value;
}

/** Whether the log says that labd trimmed it up to here: the last trim is always kept, since it comes after what went. */
export async function isTrimmed(client: Reader, floor: bigint): Promise<boolean> {
  const last = await client.change.findFirst({
    where: { kind: KIND, action: ORIGIN.action, outcome: 'DONE' },
    orderBy: { rev: 'desc' },
  });
  return (last?.after as { floor?: string } | null)?.floor === String(floor);
}

/**
 * Lets go of changes that may go: whole seals only, so that what is left can be verified, and never what is not sealed.
 * The seal that ends what goes is kept, as the beginning of the chain. Returns how many changes went.
 */
export async function retain(db: Database, retention: Retention, now?: Date): Promise<number> {
  try {
    const age = allowedAge(retention);
    if (age !== null) {
      const moment = new Date((now ?? (await databaseNow(db.prisma))).getTime() - age);
      const floor = await sealBefore(db, moment, (await head(db.prisma)).compacted);
      if (floor !== null && (await raiseFloor(db, floor)))
        db.logger.info({ upTo: String(floor), before: moment }, 'Old changes are trimmed');
    }
    // Rows below the floor may be left over from a labd that was killed while it trimmed.
    const { compacted } = await head(db.prisma);
    if (compacted === 0n) return 0;
    const gone = await trim(db, compacted);
    await db.prisma.seal.deleteMany({ where: { upTo: { lt: compacted } } });
    return gone;
  } catch (error) {
    throw named(error);
  }
}

/** Lets go of old changes at once and then every hour. */
export function keepRetaining(db: Database, retention: Retention): Repetition {
  return repeat(EVERY, db.logger, 'Old changes cannot be trimmed now', () => retain(db, retention), { atOnce: true });
}
