// The hash chain over the change log. Each seal is a hash over the changes up to a revision and over the seal before:
// whoever changes what is sealed has to write every later seal anew, and then none of them is what was noted elsewhere.
import { createHash, type Hash } from 'node:crypto';
import { canonical, canonicalChange } from './canonical.ts';
import { named } from './faults.ts';
import type { Change, Seal } from './generated/client.ts';
import { repeat, type Repetition } from './repeat.ts';
import type { Reader } from './changes.ts';
import type { Database } from './types.ts';

/** Changes that one seal covers at most. */
const MOST = 1_000;
/** Changes that are read at once. */
const AT_ONCE = 250;
/**
 * Milliseconds. The count of a refusal is raised when it repeats within the minute that it was made in. A refusal that
 * is younger than this is not sealed, nor is what comes after it, so that what is sealed never changes again.
 */
const SETTLED = 120_000;
/** How often labd looks whether there is something to seal, milliseconds; and when it knows of nothing. */
const EVERY = 1_000;
const WITHOUT_NEWS = 10_000;

/** What a seal goes on from: a revision, and the hash of all that led to it. */
export interface Link {
  readonly rev: bigint;
  readonly hash: string;
}

/** What the first seal of all goes on from. */
export const GENESIS: Link = { rev: 0n, hash: '0'.repeat(64) };

/** The hash of a seal while it is made: of where it begins, of each change in order, and of where it ends. */
export class SealHash {
  readonly #hash: Hash = createHash('sha256');

  constructor(previous: Link) {
    this.#hash.update(`${canonical([previous.hash, previous.rev])}\n`);
  }

  add(change: Change): void {
    this.#hash.update(`${canonicalChange(change)}\n`);
  }

  /** Ends it. */
  end(upTo: bigint, sealedAt: Date): string {
    return this.#hash.update(canonical([upTo, sealedAt])).digest('hex');
  }
}

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
  if (last !== null) return { rev: last.upTo, hash: last.hash };
  return GENESIS;
}

/** The next seal, not yet in the database; null when there is nothing that may be sealed. */
async function nextSeal(db: Database, previous: Link, settled: Date): Promise<Seal | null> {
  const hash = new SealHash(previous);
  let upTo = previous.rev;
  let count = 0;
  for await (const change of changesBetween(db.prisma, previous.rev, undefined)) {
    if (count === MOST || (change.outcome === 'REFUSED' && change.at > settled)) break;
    hash.add(change);
    upTo = change.rev;
    count += 1;
  }
  if (count === 0) return null;
  const sealedAt = new Date(db.system.now());
  return { upTo, after: previous.rev, hash: hash.end(upTo, sealedAt), sealedAt };
}

/**
 * Seals all that may be sealed now. Of several labds that do so, one makes each link: the column `after` is unique, and
 * the others go on from what that one made. Takes neither the head nor a lock. Returns how many seals it made.
 */
export async function seal(db: Database, now?: Date): Promise<number> {
  try {
    // Asked for before any change is read, so that none is taken for older than it is.
    const settled = new Date((now ?? (await databaseNow(db.prisma))).getTime() - SETTLED);
    let made = 0;
    for (let last = await lastLink(db); ;) {
      const next = await nextSeal(db, last, settled);
      if (next === null) return made;
      const { upTo, after, hash, sealedAt } = next;
      made += await db.prisma.$executeRaw`
        INSERT INTO seal (up_to, after, hash, sealed_at) VALUES (${upTo}, ${after}, ${hash}, ${sealedAt})
        ON CONFLICT DO NOTHING`;
      last = await lastLink(db);
      if (last.rev === after) throw new Error(`The seals do not go on after revision ${after}: see lab audit verify`);
    }
  } catch (error) {
    throw named(error);
  }
}

/** Seals what is written as long as labd runs. */
export function keepSealing(db: Database): Repetition {
  let news = true;
  let lastLook = 0;
  const unlisten = db.onWrite(() => (news = true));
  const repetition = repeat(EVERY, db.logger, 'The change log cannot be sealed now', async () => {
    // Other labds seal what they write themselves; this is for what one of them left behind, and for refusals.
    if (!news && db.system.now() - lastLook < WITHOUT_NEWS) return;
    news = false;
    lastLook = db.system.now();
    await seal(db);
  });
  return {
    async stop() {
      unlisten();
      await repetition.stop();
    },
  };
}
