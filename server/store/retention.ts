// How long changes are kept: by policy, never by accident. Rows go only when every policy lets them.
import { head, trim } from './changes.ts';
import { NO_OBJECT } from './refusals.ts';
import type { Database } from './types.ts';

/** For how long changes are kept for each of the readings of the log, milliseconds; null for ever. */
export interface Retention {
  readonly audit: number | null;
  readonly history: number | null;
  readonly watch: number | null;
}

/** What is kept when nobody says otherwise. */
export const FOR_EVER: Retention = { audit: null, history: null, watch: null };

/** How often there is a look for what may go, milliseconds. */
const EVERY = 3_600_000;

/**
 * Forgets what every policy lets go: whole seals only, and the last of them stays as the beginning of the chain. That it
 * did is a change of its own. Returns up to which revision; null when nothing went.
 */
export async function forget(
  db: Database,
  { audit, history, watch }: Retention,
  now = Date.now(),
): Promise<bigint | null> {
  if (audit === null || history === null || watch === null) return null;
  const before = new Date(now - Math.max(audit, history, watch));
  const [last] = await db.prisma.$queryRaw<{ upTo: bigint }[]>`
    SELECT s.up_to AS "upTo" FROM seal s JOIN change c ON c.rev = s.up_to
     WHERE c.at < ${before} ORDER BY s.up_to DESC LIMIT 1`;
  const { compacted } = await head(db.prisma);
  if (last === undefined || last.upTo <= compacted) return null;
  const { upTo } = last;
  const place = { name: 'changes', cloud: '', environment: '' };
  const gone = { kind: 'ChangeLog', id: NO_OBJECT, ...place, operation: 'UPDATE' as const };
  // Said before it is done: what is missing afterwards was meant to be.
  await db.write({ actor: 'labd', action: 'forgetChanges', requestId: '', address: '' }, (tx) =>
    Promise.resolve(tx.record({ ...gone, before: { from: compacted }, after: { from: upTo } })),
  );
  const rows = await trim(db, upTo);
  await db.prisma.seal.deleteMany({ where: { upTo: { lt: upTo } } });
  db.logger.info(
    { upTo: String(upTo), rows, olderThan: before.toISOString() },
    'Changes were forgotten, as configured',
  );
  return upTo;
}

/** Forgets what may go, at once and every hour, until it is closed. */
export class Retainer {
  readonly #db: Database;
  readonly #retention: Retention;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<unknown> | undefined;

  constructor(db: Database, retention: Retention) {
    this.#db = db;
    this.#retention = retention;
    this.#timer = setInterval(() => this.#look(), EVERY).unref();
    this.#look();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  #look(): void {
    this.#running ??= forget(this.#db, this.#retention)
      .catch((error: unknown) =>
        this.#db.logger.warn({ reason: (error as Error).message }, 'Changes cannot be forgotten now'),
      )
      .finally(() => (this.#running = undefined));
  }
}
