// Transactions: `write`, which appends its changes to the change log, and `read`, which sees one moment.
import { setTimeout as sleep } from 'node:timers/promises';
import { append, type Outcome } from './append.ts';
import { DatabaseUnavailable } from './errors.ts';
import { isAmbiguous, isConflict, isExpired, isUnavailable, named, namedEmbedded, tooMuch } from './faults.ts';
import type { Prisma } from './generated/client.ts';
import type { Release } from './mutex.ts';
import { toRow } from './row.ts';
import type { Database, Origin, Recorded, WriteOptions, Writer, Written } from './types.ts';

const TRIES = 12;
/** Milliseconds: to get a connection, and to be done. */
const LIMITS = { maxWait: 5_000, timeout: 15_000 };
/** The longest pause between two tries, milliseconds. */
const PAUSE = 1_000;
/** After so many milliseconds no try is followed by another: whoever waits learns that the database is away. */
const PATIENCE = 30_000;

const namedFor = (db: Database) => (db.engine === 'embedded' ? namedEmbedded : named);

/** What an error of a write means: one that was given long is too much when that does not do. */
function meaning(db: Database, { timeout }: WriteOptions, error: unknown): unknown {
  return timeout !== undefined && isExpired(error) ? tooMuch(timeout, error) : namedFor(db)(error);
}

/**
 * Runs `work` in a transaction and appends what it records to the change log, all or nothing.
 *
 * `work` may run up to twelve times (whenever another transaction was quicker), so it must do nothing but use
 * `tx.client` and `tx.record`. Isolation is READ COMMITTED (SERIALIZABLE on CockroachDB): every update carries its
 * own guard, a version in WHERE or a unique key. Do not nest.
 * Throws DatabaseUnavailable when the database cannot be reached, and whatever `work` throws.
 */
export function write<T>(
  db: Database,
  origin: Origin,
  work: (tx: Writer) => Promise<T>,
  options: WriteOptions = {},
): Promise<Written<T>> {
  return commit(db, origin, 'DONE', work, options);
}

/** The same, with the outcome that its changes carry: for the store's own use. */
export async function commit<T>(
  db: Database,
  origin: Origin,
  outcome: Outcome,
  work: (tx: Writer) => Promise<T>,
  options: WriteOptions = {},
): Promise<Written<T>> {
  // Made once for all tries: an answer lost at COMMIT is found again by it.
  const txId = db.system.uuid();
  const begun = db.system.elapsed();
  const means = (error: unknown) => meaning(db, options, error);
  for (let attempt = 1; ; attempt++) {
    const progress: Progress<T> = { appended: null, announced: false };
    try {
      const written = await attemptCommit(db, { txId, origin, outcome, work, options, progress });
      if (written.revision !== null || progress.announced) db.internal.announce(written.revision);
      return written;
    } catch (error) {
      if (progress.appended !== null && isAmbiguous(error) && !isConflict(error)) {
        if (await committed(db, txId, error)) {
          db.internal.announce(progress.appended.revision ?? 0n);
          return progress.appended;
        }
      } else if (!isConflict(error)) throw means(error);
      if (attempt === TRIES || db.system.elapsed() - begun > PATIENCE) throw means(error);
      await sleep(db.system.random() * Math.min(PAUSE, 10 * 2 ** attempt));
    }
  }
}

/** What a try would have returned, from the moment that only COMMIT was missing. */
interface Progress<T> {
  appended: Written<T> | null;
  /** Whether there is news besides changes */
  announced: boolean;
}

interface Attempt<T> {
  txId: string;
  origin: Origin;
  outcome: Outcome;
  work: (tx: Writer) => Promise<T>;
  options: WriteOptions;
  progress: Progress<T>;
}

async function attemptCommit<T>(
  db: Database,
  { txId, origin, outcome, work, options, progress }: Attempt<T>,
): Promise<Written<T>> {
  const { gate, line, mutex, oneByOne, secrets } = db.internal;
  const turns: Promise<Release>[] = [];
  const take = (turn: Promise<Release>) => {
    turns.push(turn);
    return turn;
  };
  try {
    // Alone where transactions run one by one (PGlite: one that is open and waits for the mutex would starve the one
    // that has it and waits to begin), where all is serializable (waiting inside only makes conflicts), and when the
    // head comes first: others take rows and then the head, which the database cannot see as a deadlock while they
    // wait for our mutex.
    const alone = oneByOne || options.lockHead === true;
    if (alone && options.ahead !== true) await take(line.acquire());
    await take(alone ? gate.alone() : gate.shared());
    options.goOn?.();
    return await db.prisma.$transaction(
      async (client) => {
        if (options.lockHead === true) await client.$queryRaw`SELECT rev FROM head WHERE id = 1 FOR UPDATE`;
        const changes: Recorded[] = [];
        const value = await work({
          client,
          system: db.system,
          record: (change) => {
            const row = (one: object | null) => (one === null ? null : toRow(one, secrets(change.kind)));
            changes.push({ ...change, before: row(change.before), after: row(change.after) });
          },
          announce: () => void (progress.announced = true),
        });
        if (changes.length === 0) return { value, revision: null };
        await take(mutex.acquire());
        // The last moment: after this, whoever caused it hears that it was written.
        options.goOn?.();
        const revision = await append(client, txId, origin, outcome, changes);
        progress.appended = { value, revision };
        return progress.appended;
      },
      { ...LIMITS, timeout: options.timeout ?? LIMITS.timeout },
    );
  } finally {
    // A transaction that ran out of time may end before its turn comes; the turn is passed on all the same.
    for (const turn of turns) void turn.then((release) => release());
  }
}

/**
 * Whether a transaction whose COMMIT got no answer happened. The server may still be at it: it holds the head until
 * it is done, so asking for the head first waits for the outcome.
 */
async function committed(db: Database, txId: string, error: unknown): Promise<boolean> {
  const deadline = db.system.elapsed() + LIMITS.timeout;
  for (let pause = 50; ; pause = Math.min(pause * 2, PAUSE)) {
    try {
      return await db.prisma.$transaction(async (client) => {
        await client.$queryRaw`SELECT rev FROM head WHERE id = 1 FOR UPDATE`;
        const rows = await client.$queryRaw<unknown[]>`SELECT rev FROM change WHERE tx_id = ${txId}::uuid LIMIT 1`;
        return rows.length > 0;
      }, LIMITS);
    } catch (again) {
      if (!isUnavailable(again) && !isConflict(again)) throw again;
      if (db.system.elapsed() > deadline) {
        throw new DatabaseUnavailable(
          'The database was lost while it committed, and whether it did could not be found out',
          { cause: error, ambiguous: true },
        );
      }
      await sleep(pause);
    }
  }
}

/**
 * Runs `work` on one moment of the database, and cannot write: what it reads agrees with the head's revision there.
 * Throws DatabaseUnavailable when the database cannot be reached, and whatever `work` throws.
 */
export async function read<T>(db: Database, work: (client: Prisma.TransactionClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      // An isolation level makes it READ ONLY too: see openPrisma.
      return await db.prisma.$transaction(work, { ...LIMITS, isolationLevel: 'RepeatableRead' });
    } catch (error) {
      if (!isConflict(error) || attempt === TRIES) throw namedFor(db)(error);
      await sleep(db.system.random() * Math.min(PAUSE, 10 * 2 ** attempt));
    }
  }
}
