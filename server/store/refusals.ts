// Refusals in the change log: every one counted, and no flood of them takes the head from those who may write.
import { named } from './faults.ts';
import { commit } from './transaction.ts';
import type { Database, Origin, Recorded, Refusal } from './types.ts';

/** What was refused. Names and places as far as they are known. */
export interface Refused {
  kind: string;
  /** A uuid; null when nothing was found, or was to be made. */
  id: string | null;
  name: string;
  cloud?: string;
  environment?: string;
  operation?: Recorded['operation'];
}

/** Stands for no object, where the column wants a uuid. */
export const NO_OBJECT = '00000000-0000-0000-0000-000000000000';
/** Rows that one caller may add in a minute; what it tries beyond them is counted in one row named `*`. */
const ROWS_A_MINUTE = 20;

/**
 * Records that a caller was refused, durably by the time it resolves. The same refusal again within a minute adds to
 * the first one's count, without the head; so does, in one row, whatever else a caller tries after twenty different.
 * `now` is in milliseconds of this process's own clock, which nobody sets.
 * Throws DatabaseUnavailable when the database cannot be reached.
 */
export async function recordRefusal(
  db: Database,
  origin: Origin,
  refused: Refused,
  now = db.system.elapsed(),
): Promise<void> {
  const { refusals } = db.internal;
  const minute = Math.floor(now / 60_000);
  for (const [key, refusal] of refusals) if (refusal.minute !== minute) refusals.delete(key);
  const caller = JSON.stringify([origin.actor, origin.address]);
  const exact = caller + JSON.stringify([origin.action, refused.kind, refused.id, refused.name]);
  const again = async (key: string) => {
    const refusal = refusals.get(key)!;
    if (await countAgain(db, refusal)) return;
    if (refusals.get(key) === refusal) refusals.delete(key);
    await recordRefusal(db, origin, refused);
  };
  if (refusals.has(exact)) return again(exact);
  const rows = [...refusals.keys()].filter((key) => key.startsWith(caller)).length;
  if (rows < ROWS_A_MINUTE) return add(db, exact, minute, origin, refused);
  const rest = `${caller}*`;
  if (refusals.has(rest)) return again(rest);
  return add(db, rest, minute, origin, { kind: refused.kind, id: null, name: '*' });
}

async function add(db: Database, key: string, minute: number, origin: Origin, refused: Refused): Promise<void> {
  const { kind, id, name, cloud = '', environment = '', operation = 'UPDATE' } = refused;
  const change: Recorded = {
    kind,
    id: id ?? NO_OBJECT,
    name,
    cloud,
    environment,
    operation,
    before: null,
    after: null,
  };
  const row = commit(db, origin, 'REFUSED', (tx) => Promise.resolve(tx.record(change)));
  const rev = row.then(({ revision }) => revision!);
  // Whoever waits for it hears of the failure; without a waiter nobody need.
  rev.catch(() => {});
  const refusal: Refusal = { minute, row: rev, pending: 0, running: row, next: null };
  db.internal.refusals.set(key, refusal);
  try {
    await row;
  } catch (error) {
    db.internal.refusals.delete(key);
    throw error;
  }
}

/** One update at a time; all who come while it runs share the next. False when it came too late to count. */
function countAgain(db: Database, refusal: Refusal): Promise<boolean> {
  refusal.pending += 1;
  refusal.next ??= refusal.running
    .catch(() => {})
    .then(() => {
      const more = refusal.pending;
      refusal.pending = 0;
      refusal.next = null;
      const update = addToCount(db, refusal, more);
      refusal.running = update;
      return update;
    });
  return refusal.next;
}

/** Not once the row is closed, after which it may be sealed (see seals.ts), however long this had to wait. */
async function addToCount(db: Database, refusal: Refusal, more: number): Promise<boolean> {
  const rev = await refusal.row;
  try {
    const counted = await db.prisma.$executeRaw`
      UPDATE change SET count = count + ${more} WHERE rev = ${rev} AND NOT closed`;
    return counted > 0;
  } catch (error) {
    throw named(error);
  }
}
