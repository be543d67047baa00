// The hash chain over the change log. Each seal is a hash over the changes up to a revision and over the seal before:
// whoever changes what is sealed has to write every later seal anew, and then none of them is what was noted elsewhere.
import { createHash, type Hash } from 'node:crypto';
import { canonical, canonicalChange } from './canonical.ts';
import { named } from './faults.ts';
import type { Change, Seal } from './generated/client.ts';
import type { Reader } from './changes.ts';
import type { Database } from './types.ts';

/** Changes that one seal covers at most. */
const MOST = 1_000;
/** Changes that are read at once. */
const AT_ONCE = 250;

/** What a seal goes on from: a revision, and the hash of all that led to it. */
export interface Link {
  readonly rev: bigint;
  readonly hash: string;
  /** The latest time among its changes. Seals of earlier releases have none, nor has a link as it is noted down. */
  readonly newest?: Date | null;
}

/** What the first seal of all goes on from. */
export const GENESIS: Link = { rev: 0n, hash: '0'.repeat(64) };

/**
 * The hash of a seal while it is made: of where it begins, of each change in order, and of where it ends. It covers the
 * newest time of the seal before, so that the last seal that a trim leaves still tells how old what went was.
 */
export class SealHash {
  readonly #hash: Hash = createHash('sha256');

  constructor(previous: Link) {
    this.#hash.update(`${canonical(withNewest([previous.hash, previous.rev], previous.newest))}\n`);
  }

  add(change: Change): void {
    this.#hash.update(`${canonicalChange(change)}\n`);
  }

  /** Ends it. */
  end({ upTo, sealedAt, newest }: Pick<Seal, 'upTo' | 'sealedAt' | 'newest'>): string {
    return this.#hash.update(canonical(withNewest([upTo, sealedAt], newest))).digest('hex');
  }
}

const withNewest = (values: readonly unknown[], newest: Date | null | undefined): unknown[] =>
  newest ? [...values, newest] : [...values];

/** What the seal after this one goes on from. */
export const linkOf = ({ upTo, hash, newest }: Seal): Link => ({ rev: upTo, hash, newest });

/** Changes after one revision, up to another or to the end, in order, a part at a time. `before` is called for each part. */
export async function* changesBetween(
  client: Reader,
  after: bigint,
  upTo: bigint | undefined,
  before: () => void = () => {},
): AsyncGenerator<Change, void> {
  for (let rev = after; ;) {
    before();
    const range = upTo === undefined ? { gt: rev } : { gt: rev, lte: upTo };
    const part = await client.change.findMany({ where: { rev: range }, orderBy: { rev: 'asc' }, take: AT_ONCE });
    yield* part;
    const last = part.at(-1);
    if (last === undefined || part.length < AT_ONCE) return;
    rev = last.rev;
  }
}

/** The moment by the database's clock, which is the one that changes carry. */
export async function databaseNow(client: Reader): Promise<Date> {
  const [row] = await client.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
  return row!.now;
}

async function lastLink({ prisma }: Database): Promise<Link> {
  const last = await prisma.seal.findFirst({ orderBy: { upTo: 'desc' } });
  return last === null ? GENESIS : linkOf(last);
}

/**
 * Closes the refusals after one revision, up to another. A refusal is counted up when it repeats; the database lets
 * either a count or this be first, and nothing is counted after it.
 */
async function closeRefusals({ prisma }: Database, after: bigint, upTo: bigint): Promise<void> {
  const rev = { gt: after, lte: upTo };
  const open = await prisma.change.findFirst({ where: { rev, outcome: 'REFUSED', closed: false } });
  if (open === null) return;
  await prisma.$executeRaw`
    UPDATE change SET closed = true WHERE rev >= ${open.rev} AND rev <= ${upTo} AND outcome = 'REFUSED' AND NOT closed`;
}

/** The next seal, not yet in the database; null when there is nothing that may be sealed. */
async function nextSeal(db: Database, previous: Link): Promise<Seal | null> {
  const hash = new SealHash(previous);
  let last: Change | undefined;
  let newest = 0;
  let count = 0;
  for await (const change of changesBetween(db.prisma, previous.rev, undefined)) {
    if (count === MOST || (change.outcome === 'REFUSED' && !change.closed)) break;
    hash.add(change);
    newest = Math.max(newest, change.at.getTime());
    last = change;
    count += 1;
  }
  if (last === undefined) return null;
  const seal = { upTo: last.rev, after: previous.rev, sealedAt: new Date(db.system.now()), newest: new Date(newest) };
  return { ...seal, hash: hash.end(seal) };
}

/**
 * Seals all that may be sealed now: refusals up to a revision are closed first, and what comes after one that is open
 * waits for it, so that what is sealed never changes again. No clock has a say in it. Of several labds that do so, one makes each link: the column `after` is unique, and
 * the others go on from what that one made. Takes neither the head nor a lock. Returns how many seals it made.
 */
export async function seal(db: Database, settled = 0n): Promise<number> {
  try {
    let made = 0;
    let last = await lastLink(db);
    if (settled > last.rev) await closeRefusals(db, last.rev, settled);
    for (;;) {
      const next = await nextSeal(db, last);
      if (next === null) return made;
      const { upTo, after, hash, sealedAt, newest } = next;
      made += await db.prisma.$executeRaw`
        INSERT INTO seal (up_to, after, hash, sealed_at, newest) VALUES (${upTo}, ${after}, ${hash}, ${sealedAt}, ${newest})
        ON CONFLICT DO NOTHING`;
      last = await lastLink(db);
      if (last.rev === after) throw new Error(`The seals do not go on after revision ${after}: see lab audit verify`);
    }
  } catch (error) {
    throw named(error);
  }
}
