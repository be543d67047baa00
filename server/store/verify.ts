// Verifies that the change log is as it was sealed: computes the hash of every seal anew, from the first that is kept.
import type { Seal } from './generated/client.ts';
import { allowedAge, isTrimmed } from './retention.ts';
import { changesBetween, GENESIS, type Link, linkOf, SealHash } from './seals.ts';
import { InOrder, Wrong, type Problem } from './sequence.ts';
import type { Database, Retention } from './types.ts';

export type { Link } from './seals.ts';

export interface Verification {
  /** Null when all is as it was */
  readonly problem: Problem | null;
  /** What was looked at: changes after this revision … */
  readonly from: bigint;
  /** … up to this one, as far as they are sealed */
  readonly to: bigint;
  /** Links that are whole */
  readonly seals: number;
  /** Changes after the last seal, which are there and in order; no more can be said of them */
  readonly unsealed: number;
  /** The last link that is whole: to be noted elsewhere, and given as the anchor of a later verification */
  readonly last: Link;
  /** Whether there is more, to be verified from `last` on */
  readonly more: boolean;
}

export interface VerifyOptions {
  /** A link that was noted earlier: it must be in the chain */
  readonly anchor?: Link | undefined;
  /** The seal up to which changes are known to have been trimmed rightly, whatever retention says now */
  readonly beginning?: Link | undefined;
  /** How long changes are to be there; default: the database's */
  readonly retention?: Retention;
  /** Where an earlier verification, which was not done, ended; that it got so far is taken on trust */
  readonly from?: Link | undefined;
  /** Stop after the link that reaches so many changes; default: never */
  readonly most?: number;
  /** Called before each read; what it throws ends the verification */
  readonly goOn?: (() => void) | undefined;
}

/** Seals that are read at once. */
const AT_ONCE = 500;

const LINK = /^(?:rev:)?(\d{1,18}):([0-9a-f]{64})$/;

/** A link as it is noted down: its revision and its hash. */
export const formatLink = ({ rev, hash }: Link): string => `${rev}:${hash}`;

/** Null for what is no link. */
export function parseLink(text: string): Link | null {
  const found = LINK.exec(text.trim().toLowerCase());
  return found === null ? null : { rev: BigInt(found[1]!), hash: found[2]! };
}

/** What has a log; a snapshot that is being tried is no whole Database. */
type Sealed = Pick<Database, 'prisma' | 'retention'>;

/** Where the log begins and ends, and how far it is sealed, at one moment. */
interface Bounds {
  readonly floor: bigint;
  readonly head: bigint;
  readonly sealed: bigint | null;
  /** The moment, by the database's clock */
  readonly now: Date;
}

async function boundsOf({ prisma }: Sealed): Promise<Bounds> {
  const [row] = await prisma.$queryRaw<[Bounds]>`
    SELECT compacted AS floor, rev AS head, (SELECT max(up_to) FROM seal) AS sealed, clock_timestamp() AS now
      FROM head WHERE id = 1`;
  return row;
}

/**
 * Verifies the log as it is when this is called. Memory does not grow with it, and what is trimmed meanwhile is not
 * taken for missing. Throws whatever the database or `goOn` throws.
 */
export async function verify(db: Sealed, options: VerifyOptions = {}): Promise<Verification> {
  for (;;) {
    const bounds = await boundsOf(db);
    const found = await verifyWithin(db, bounds, options);
    if (found.problem === null || (await boundsOf(db)).floor === bounds.floor) return found;
  }
}

/** Goes through seals and changes side by side. */
async function verifyWithin(
  { prisma, retention: set }: Sealed,
  bounds: Bounds,
  { anchor, beginning, from, retention = set, most = Number.POSITIVE_INFINITY, goOn = () => {} }: VerifyOptions,
): Promise<Verification> {
  const { floor, head } = bounds;
  let last: Link = GENESIS;
  let seals = 0;
  let more = false;
  const result = (problem: Problem | null, unsealed: number): Verification => {
    const { rev, hash } = last;
    return { problem, from: from?.rev ?? floor, to: rev, seals, unsealed, last: { rev, hash }, more };
  };
  try {
    last = await beginningOf(prisma, bounds, retention, beginning);
    await checkOutside(prisma, bounds);
    if (from !== undefined) last = await checkNoted(prisma, from, floor, 'where to continue');
    const start = last.rev;
    const changes = new InOrder(changesBetween(prisma, start, head, goOn), start);
    for await (const seal of sealsBetween(prisma, start, head, goOn)) {
      more = Number(last.rev - start) >= most;
      if (more) break;
      last = await checkSeal(prisma, changes, last, seal);
      seals += 1;
    }
    let unsealed = 0;
    while (!more && (await changes.next(head))) unsealed += 1;
    changes.check();
    if (anchor !== undefined) await checkNoted(prisma, anchor, floor, 'the anchor');
    return result(null, unsealed);
  } catch (error) {
    if (error instanceof Wrong) return result(error.problem, 0);
    throw error;
  }
}

type Client = Database['prisma'];

/**
 * What the first seal that is kept goes on from: a trim leaves the seal that it ended with, and is in the log itself.
 * Whoever can write to the database can write both: so it must also be a trim that labd was set to make by now, or one
 * that somebody noted.
 */
async function beginningOf(
  client: Client,
  { floor, now }: Bounds,
  retention: Retention,
  noted: Link | undefined,
): Promise<Link> {
  if (floor === GENESIS.rev) return GENESIS;
  const seal = await client.seal.findUnique({ where: { upTo: floor } });
  if (seal === null)
    throw new Wrong('LINK_MISSING', 0n, floor, `The log begins after revision ${floor}, and no seal ends there.`);
  if (!(await isTrimmed(client, floor)))
    throw new Wrong(
      'ROW_MISSING',
      0n,
      floor,
      `The log begins after revision ${floor}, and no change says that labd trimmed it.`,
    );
  if (noted?.rev === floor) return checkNoted(client, noted, floor, 'the beginning');
  checkAge(seal, retention, now);
  return linkOf(seal);
}

/** Throws Wrong when the changes that a seal ends are to be there still. The next seal covers how old they are. */
function checkAge({ upTo, hash, newest, sealedAt }: Seal, retention: Retention, now: Date): void {
  const age = allowedAge(retention);
  const last = newest ?? sealedAt;
  if (age !== null && last.getTime() <= now.getTime() - age) return;
  const kept = age === null ? 'for ever' : `for ${Math.ceil(age / 3_600_000)} hours`;
  throw new Wrong(
    'TRIMMED_TOO_EARLY',
    0n,
    upTo,
    `Changes up to revision ${upTo}, the last of them of ${last.toISOString()}, are gone, and labd is set to keep changes ${kept}. If they went while it was set to keep them for less, note ${upTo}:${hash} and give it as the beginning.`,
  );
}

/** Nothing lies beyond the head. Below the floor may be what a trim has not got to yet: a block that ends there. */
async function checkOutside(client: Client, { floor, head, sealed }: Bounds): Promise<void> {
  if (sealed !== null && sealed > head)
    throw new Wrong('ROW_MISSING', head, sealed, `The log ends at ${head}, but is sealed up to ${sealed}.`);
  const [beyond] = await client.$queryRaw<{ head: bigint; rev: bigint }[]>`
    SELECT h.rev AS head, c.rev FROM head h JOIN change c ON c.rev > h.rev WHERE h.id = 1 ORDER BY c.rev LIMIT 1`;
  if (beyond)
    throw new Wrong(
      'ROW_ADDED',
      beyond.head,
      beyond.rev,
      `There is a revision ${beyond.rev}, but the log ends at ${beyond.head}.`,
    );
  const [below] = await client.$queryRaw<{ count: bigint; least: bigint | null }[]>`
    SELECT count(*) AS count, min(rev) AS least FROM change WHERE rev <= ${floor}`;
  const { count, least } = below!;
  if (least !== null && (floor === GENESIS.rev || least !== floor - count + 1n))
    throw new Wrong('ROW_ADDED', least - 1n, least, `There is a revision ${least}, but the log begins after ${floor}.`);
}

/** A link that somebody noted: its seal must be there, and be the same. */
async function checkNoted(client: Client, link: Link, floor: bigint, what: string): Promise<Link> {
  const seal = await client.seal.findUnique({ where: { upTo: link.rev } });
  if (seal?.hash === link.hash) return linkOf(seal);
  const wrong = (fault: Problem['fault'], message: string) => new Wrong(fault, floor, link.rev, message);
  // Of what is trimmed nothing can be said: neither that it was whole nor that it was not.
  if (link.rev < floor)
    throw wrong('ANCHOR_TRIMMED', `Revision ${link.rev}, ${what}, is trimmed: the log begins after ${floor}.`);
  throw wrong(
    'ANCHOR_BROKEN',
    seal === null
      ? `At revision ${link.rev}, ${what}, there is no seal.`
      : `The seal at revision ${link.rev}, ${what}, is not the one that was noted.`,
  );
}

async function* sealsBetween(
  client: Client,
  after: bigint,
  upTo: bigint,
  goOn: () => void,
): AsyncGenerator<Seal, void> {
  for (let rev = after; ;) {
    goOn();
    const where = { upTo: { gt: rev, lte: upTo } };
    const part = await client.seal.findMany({ where, orderBy: { upTo: 'asc' }, take: AT_ONCE });
    yield* part;
    const last = part.at(-1);
    if (last === undefined || part.length < AT_ONCE) return;
    rev = last.upTo;
  }
}

/** Computes a seal anew. */
async function checkSeal(client: Client, changes: InOrder, previous: Link, seal: Seal): Promise<Link> {
  const { upTo, after, newest } = seal;
  if (after !== previous.rev)
    throw new Wrong(
      'LINK_MISSING',
      previous.rev,
      upTo,
      `Revision ${previous.rev} is followed by a seal that goes on from ${after}: one between them is gone, or was changed.`,
    );
  const hash = new SealHash(previous);
  for (let change = await changes.next(upTo); change; change = await changes.next(upTo)) hash.add(change);
  const link = { rev: upTo, hash: hash.end(seal), newest };
  if (link.hash === seal.hash) return link;
  changes.check();
  if (await nextContinuesFrom(client, link))
    throw new Wrong('SEAL_CHANGED', after, upTo, `The seal at revision ${upTo} was changed, and not what it covers.`);
  throw new Wrong(
    'ROW_CHANGED',
    after,
    upTo,
    `A change after revision ${after}, up to ${upTo}, is not what it was when it was sealed, or its seal is not.`,
  );
}

/** Whether the next seal was made from such a link: then it is the seal that was changed, and not what it covers. */
async function nextContinuesFrom(client: Client, link: Link): Promise<boolean> {
  const next = await client.seal.findUnique({ where: { after: link.rev } });
  if (next === null) return false;
  const hash = new SealHash(link);
  for await (const change of changesBetween(client, link.rev, next.upTo)) hash.add(change);
  return hash.end(next) === next.hash;
}
