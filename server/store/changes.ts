// Reads the change log: where its head is, what came after a revision, what happened to one object; and trims it.
import { ChangeLogGap } from './errors.ts';
import { type Prisma, type Change } from './generated/client.ts';
import type { Cursor } from './cursor.ts';
import type { Database } from './types.ts';

/** What reading needs of a client: Prisma's own, or a transaction's. */
export type Reader = Pick<Prisma.TransactionClient, '$queryRaw' | 'change' | 'head'>;

export interface Head {
  logId: string;
  /** The newest revision; 0 before the first change. */
  rev: bigint;
  /** The floor: changes up to here may be gone. */
  compacted: bigint;
  /** When the last change was written. Once the clock was set back by more than a minute, it is before earlier ones. */
  at: Date;
}

export interface Changes {
  head: Head;
  /** In order of revision, without gaps, refusals included. Empty when `gone`. */
  changes: Change[];
  /** The revision asked for is below the floor or above the head: whoever asked must list again. */
  gone: boolean;
}

/** The head of the log. In a transaction of `read` it is the revision that everything read there agrees with. */
export async function head(client: Reader): Promise<Head> {
  return client.head.findUniqueOrThrow({
    where: { id: 1 },
    omit: { id: true, trimmable: true, trimmableSince: true },
  });
}

/** Whether changes after a cursor can still be told: same log, not below the floor, not above the head. */
export function isKept(cursor: Cursor, { logId, rev, compacted }: Head): boolean {
  return (cursor.logId === null || cursor.logId === logId) && cursor.rev >= compacted && cursor.rev <= rev;
}

type Row = { [K in keyof Change]: Change[K] | null } & {
  headLogId: string;
  headRev: bigint;
  headCompacted: bigint;
  headAt: Date;
};

/**
 * Head, floor and at most `limit` changes after `rev`, all of one moment, in one statement.
 * Throws ChangeLogGap when a revision that must be there is not.
 */
export async function changesAfter(client: Reader, rev: bigint, limit: number): Promise<Changes> {
  const rows = await client.$queryRaw<Row[]>`
    SELECT h.log_id AS "headLogId", h.rev AS "headRev", h.compacted AS "headCompacted", h.at AS "headAt",
           c.rev, c.tx_id AS "txId", c.n, c.kind, c.object_id AS "objectId", c.name, c.cloud, c.environment, c.operation,
           c.action, c.outcome, c.before, c.after, c.shape, c.actor, c.request_id AS "requestId", c.address, c.count, c.closed, c.at
      FROM head h LEFT JOIN (SELECT * FROM change WHERE rev > ${rev} ORDER BY rev LIMIT ${limit}) c ON true
     WHERE h.id = 1 ORDER BY c.rev`;
  const [first] = rows;
  if (first === undefined) throw new Error('The head of the change log is missing');
  const now: Head = { logId: first.headLogId, rev: first.headRev, compacted: first.headCompacted, at: first.headAt };
  if (!isKept({ logId: null, rev }, now)) return { head: now, changes: [], gone: true };
  const changes = rows
    .filter((row) => row.rev !== null)
    .map(({ headLogId: _1, headRev: _2, headCompacted: _3, headAt: _4, ...change }) => change as Change);
  let expected = rev + 1n;
  for (const change of changes) {
    if (change.rev !== expected) throw new ChangeLogGap(expected, change.rev);
    expected += 1n;
  }
  if (changes.length < limit && expected <= now.rev) throw new ChangeLogGap(expected, null);
  return { head: now, changes, gone: false };
}

export interface HistoryRange {
  /** Only changes after this revision. */
  after?: bigint;
  /** Only changes before this revision. */
  before?: bigint;
  limit: number;
  /** Default false: oldest first. */
  newestFirst?: boolean;
}

/** What happened to one object, as far as the log goes back; refusals included. */
export async function history(
  client: Reader,
  object: { kind: string; id: string },
  range: HistoryRange,
): Promise<Change[]> {
  const { after, before, limit, newestFirst = false } = range;
  const rev = { ...(after === undefined ? {} : { gt: after }), ...(before === undefined ? {} : { lt: before }) };
  return client.change.findMany({
    where: { kind: object.kind, objectId: object.id, rev },
    orderBy: { rev: newestFirst ? 'desc' : 'asc' },
    take: limit,
  });
}

/**
 * Forgets changes up to and including a revision (never beyond the head): the floor first, so that no reader takes
 * what is going for a gap, then the rows, a thousand at a time. Returns how many rows went.
 */
export async function trim(db: Database, upTo: bigint, chunk = 1_000): Promise<number> {
  await db.prisma
    .$executeRaw`UPDATE head SET compacted = least(rev, ${upTo}) WHERE id = 1 AND compacted < least(rev, ${upTo})`;
  const { compacted } = await head(db.prisma);
  const last = upTo < compacted ? upTo : compacted;
  for (let total = 0; ;) {
    const deleted = await db.prisma.$executeRaw`
      DELETE FROM change WHERE rev IN (SELECT rev FROM change WHERE rev <= ${last} ORDER BY rev LIMIT ${chunk})`;
    total += deleted;
    if (deleted < chunk) return total;
  }
}
