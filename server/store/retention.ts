// Deletes old changes. The audit trail, the history of objects and the cursors of watches use the same rows, so changes
// are deleted only when the settings of all three allow it.
import { head, type Reader, trim } from './changes.ts';
import { named } from './faults.ts';
import { databaseNow } from './seals.ts';
import { repeat, type Repetition } from './repeat.ts';
import type { Database, Origin, Retention, Writer } from './types.ts';

/** Keeps everything. */
export const KEEP_ALL: Retention = { audit: null, history: null, watch: null };

const EVERY = 3_600_000;
/**
 * Milliseconds between finding that changes may go and letting them go. A clock that is set ahead by a year makes
 * everything old: by then it will be noticed, and once it is set back what it found is forgotten.
 */
const DAY = 86_400_000;

/** The kind of a trim's own row in the log. */
const KIND = 'ChangeLog';
const ORIGIN: Origin = { actor: 'labd', action: 'trimChanges', requestId: '', address: '' };

/** The age at which changes may go; null when they never may. */
export function allowedAge({ audit, history, watch }: Retention): number | null {
  if (audit === null || history === null || watch === null) return null;
  return Math.max(audit, history, watch);
}

/**
 * The last seal of which all is older than a moment, beyond the floor; null when there is none. A change whose time has
 * not come yet counts as young: somebody's clock is wrong, and keeping too much does no harm.
 */
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
 * Notes up to where changes may go. Returns what was noted a day ago and is still allowed; null when there is nothing.
 * The note lies in the database, so that a labd that is started again, or another one, goes on with it.
 */
async function allowed(db: Database, floor: bigint, now: Date): Promise<bigint | null> {
  const noted = await db.prisma.head.findUniqueOrThrow({ where: { id: 1 } });
  const { trimmable, trimmableSince: since, compacted } = noted;
  const age = since === null ? -1 : now.getTime() - since.getTime();
  if (trimmable !== null && trimmable > compacted && age >= 0 && age < DAY) return null;
  await db.prisma.$executeRaw`UPDATE head SET trimmable = ${floor}, trimmable_since = ${now} WHERE id = 1`;
  if (trimmable === null || trimmable <= compacted || age < 0) return null;
  return trimmable < floor ? trimmable : floor;
}

/**
 * Lets go of changes that may go, a day after that was found: whole seals only, so that what is left can be verified,
 * and never what is not sealed. The seal that ends what goes is kept, as the beginning of the chain. Returns how many
 * changes went.
 */
export async function retain(db: Database, retention = db.retention, at?: Date): Promise<number> {
  try {
    const age = allowedAge(retention);
    if (age !== null) {
      const now = at ?? (await databaseNow(db.prisma));
      const moment = new Date(now.getTime() - age);
      const old = await sealBefore(db, moment, (await head(db.prisma)).compacted);
      const floor = old === null ? null : await allowed(db, old, now);
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

/** Looks for old changes at once and then every hour. */
export function keepRetaining(db: Database): Repetition {
  return repeat(EVERY, db.logger, 'Old changes cannot be trimmed now', () => retain(db), { atOnce: true });
}
