// The chain that makes tampering with the change log evident: each seal is the hash over some changes and over the seal
// before. Made in batches behind the log, so that no write waits for it.
import { createHash } from 'node:crypto';
import { changesAfter, head, type Reader } from './changes.ts';
import type { Change, Seal } from './generated/client.ts';
import type { Database } from './types.ts';

/** Changes under one seal at most. */
const AT_ONCE = 1_000;
/** A refusal is counted on for a minute after it was made, and sealed when that is safely over, milliseconds. */
const UNSETTLED = 120_000;
/** How often there is a look for what to seal, milliseconds. */
const EVERY = 1_000;

/** What the first seal is chained to. */
export const GENESIS = '0'.repeat(64);

/** JSON that says the same whatever order a database keeps an object's keys in. */
function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}

/** Every column of a change, in this order for good. */
const columns = (change: Change): unknown[] => [
  String(change.rev),
  change.txId,
  change.n,
  change.kind,
  change.objectId,
  change.name,
  change.cloud,
  change.environment,
  change.operation,
  change.action,
  change.outcome,
  change.before,
  change.after,
  change.shape,
  change.actor,
  change.requestId,
  change.address,
  change.count,
  change.at.toISOString(),
];

/** The hash that seals some changes: SHA-256 over the seal before and each change, hexadecimal. */
export function sealOf(previous: string, changes: readonly Change[]): string {
  const hash = createHash('sha256').update(previous);
  for (const change of changes) hash.update(`\n${canonical(columns(change))}`);
  return hash.digest('hex');
}

/** The latest seal; where there is none, what the first one is chained to. */
async function latest(client: Reader & Pick<Database['prisma'], 'seal'>): Promise<Pick<Seal, 'upTo' | 'hash'>> {
  const last = await client.seal.findFirst({ orderBy: { upTo: 'desc' } });
  return last ?? { upTo: (await head(client)).compacted, hash: GENESIS };
}

/**
 * Seals the changes that follow the latest seal, at most a thousand. Returns whether there were any. Of several labds
 * one seals; the others find its seal. Throws ChangeLogGap when a change is missing.
 */
export async function sealNext(db: Database, now = Date.now()): Promise<boolean> {
  const { upTo: after, hash: previous } = await latest(db.prisma);
  const { changes } = await changesAfter(db.prisma, after, AT_ONCE);
  const open = changes.findIndex(({ outcome, at }) => outcome === 'REFUSED' && now - at.getTime() < UNSETTLED);
  const settled = open < 0 ? changes : changes.slice(0, open);
  const last = settled.at(-1);
  if (!last) return false;
  const seal = { after, upTo: last.rev, hash: sealOf(previous, settled) };
  // Whoever comes second has the same seal to write, or a shorter one.
  await db.prisma.seal.createMany({ data: [seal], skipDuplicates: true });
  return true;
}

/** Seals what is written, as long as labd runs. */
export class Sealer {
  readonly #db: Database;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | undefined;
  #failed = false;

  constructor(db: Database) {
    this.#db = db;
    this.#timer = setInterval(() => this.look(), EVERY).unref();
  }

  /** Seals all that can be sealed now. */
  look(): void {
    this.#running ??= this.#work().finally(() => (this.#running = undefined));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #work(): Promise<void> {
    try {
      while (await sealNext(this.#db));
      this.#failed = false;
    } catch (error) {
      // Said once: the database is away, or a change is missing, which `lab audit verify` tells.
      if (!this.#failed) this.#db.logger.error({ reason: (error as Error).message }, 'The change log cannot be sealed');
      this.#failed = true;
    }
  }
}
