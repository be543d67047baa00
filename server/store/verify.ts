// Whether the change log is what was written: each seal is computed anew.
import { changesAfter, head } from './changes.ts';
import { ChangeLogGap } from './errors.ts';
import type { Seal } from './generated/client.ts';
import { GENESIS, sealOf } from './seals.ts';
import type { Database } from './types.ts';

/** Seals that are read at once. */
const AT_ONCE = 100;

/** What is wrong first. */
export interface Tampering {
  /** A change that was changed, a row that is missing or was added, a seal that is, or a hash noted earlier that differs */
  readonly kind: 'CHANGED' | 'MISSING' | 'SEAL' | 'ANCHOR';
  /** After this revision … */
  readonly after: bigint;
  /** … and up to this one */
  readonly upTo: bigint;
  /** What was found, in a sentence */
  readonly message: string;
}

export interface Verification {
  /** Undefined when everything is as it was written */
  readonly tampering: Tampering | undefined;
  /** The floor: what came up to here is no longer kept */
  readonly from: bigint;
  /** The newest revision that was looked at */
  readonly upTo: bigint;
  readonly seals: number;
  /** Changes that are not sealed yet */
  readonly unsealed: bigint;
  /** The last good seal as `rev:hash`, to be noted elsewhere and given as an anchor later; null when there is none */
  readonly anchor: string | null;
}

/** A seal that was noted elsewhere. */
export interface Anchor {
  readonly rev: bigint;
  readonly hash: string;
}

/** Reads `rev:hash`; undefined for anything else. */
export function parseAnchor(text: string): Anchor | undefined {
  const [, rev, hash] = /^(\d{1,18}):([0-9a-f]{64})$/.exec(text) ?? [];
  return rev === undefined || hash === undefined ? undefined : { rev: BigInt(rev), hash };
}

/**
 * Recomputes the chain from its first kept seal to its last, a thousand changes at a time, and looks whether the rest of
 * the log has gaps. Who can write to the database can make a whole new chain: only an anchor tells that.
 */
export async function verify(db: Database, anchor?: Anchor): Promise<Verification> {
  const { compacted, rev } = await head(db.prisma);
  const state = { previous: { upTo: compacted, hash: GENESIS }, seals: 0, anchored: false };
  const done = (tampering?: Tampering): Verification => ({
    tampering,
    from: compacted,
    upTo: rev,
    seals: state.seals,
    unsealed: rev - state.previous.upTo,
    anchor: state.previous.hash === GENESIS ? null : `${state.previous.upTo}:${state.previous.hash}`,
  });
  // What was trimmed left the seal at its end behind: the chain goes on from it.
  const first = compacted === 0n ? null : await db.prisma.seal.findUnique({ where: { upTo: compacted } });
  if (first) state.previous = first;
  const wrongAnchor = (seal: Pick<Seal, 'upTo' | 'hash'>): Tampering | undefined => {
    if (!anchor || seal.upTo !== anchor.rev) return undefined;
    state.anchored = true;
    if (seal.hash === anchor.hash) return undefined;
    const message = `The seal at revision ${anchor.rev} is ${seal.hash}, and was noted as ${anchor.hash}.`;
    return { kind: 'ANCHOR', after: state.previous.upTo, upTo: seal.upTo, message };
  };
  if (first) {
    const wrong = wrongAnchor(first);
    if (wrong) return done(wrong);
  }
  for (;;) {
    const { upTo: last } = state.previous;
    const seals = await db.prisma.seal.findMany({
      where: { upTo: { gt: last } },
      orderBy: { upTo: 'asc' },
      take: AT_ONCE,
    });
    for (const seal of seals) {
      const tampering = (await checkSeal(db, state.previous, seal)) ?? wrongAnchor(seal);
      if (tampering) return done(tampering);
      state.previous = seal;
      state.seals += 1;
    }
    if (seals.length < AT_ONCE) break;
  }
  const gap = await findGap(db, state.previous.upTo);
  if (gap) return done(gap);
  if (anchor && !state.anchored) {
    const message =
      anchor.rev < compacted
        ? `The changes up to revision ${anchor.rev} are no longer kept, nor is their seal.`
        : `There is no seal at revision ${anchor.rev}, and there was one.`;
    return done({ kind: 'ANCHOR', after: anchor.rev, upTo: anchor.rev, message });
  }
  return done();
}

async function checkSeal(
  db: Database,
  previous: Pick<Seal, 'upTo' | 'hash'>,
  seal: Seal,
): Promise<Tampering | undefined> {
  const range = { after: previous.upTo, upTo: seal.upTo };
  if (seal.after !== previous.upTo) {
    const message = `A seal is missing between the revisions ${previous.upTo} and ${seal.upTo}.`;
    return { kind: 'SEAL', ...range, message };
  }
  const changes = await db.prisma.change.findMany({
    where: { rev: { gt: seal.after, lte: seal.upTo } },
    orderBy: { rev: 'asc' },
  });
  const missing = changes.findIndex(({ rev }, i) => rev !== seal.after + BigInt(i) + 1n);
  const whole = missing < 0 && BigInt(changes.length) === seal.upTo - seal.after;
  if (!whole) {
    const rev = seal.after + BigInt(missing < 0 ? changes.length : missing) + 1n;
    return { kind: 'MISSING', after: rev - 1n, upTo: rev, message: `Revision ${rev} is missing.` };
  }
  if (sealOf(previous.hash, changes) === seal.hash) return undefined;
  const message = `The revisions after ${seal.after} up to ${seal.upTo}, or their seal, are not what was written.`;
  return { kind: 'CHANGED', ...range, message };
}

/** The first gap after a revision. */
async function findGap(db: Database, after: bigint): Promise<Tampering | undefined> {
  try {
    for (let rev = after; ;) {
      const { changes } = await changesAfter(db.prisma, rev, 1_000);
      const last = changes.at(-1);
      if (!last) return undefined;
      rev = last.rev;
    }
  } catch (error) {
    if (!(error instanceof ChangeLogGap)) throw error;
    const { expected } = error;
    return { kind: 'MISSING', after: expected - 1n, upTo: expected, message: `Revision ${expected} is missing.` };
  }
}
