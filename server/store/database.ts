// Opens labd's database, whichever of the three engines it is, migrated and ready.
import type { Pool, PoolClient } from 'pg';
import { examineSeals } from './chain.ts';
import { openPool, openPrisma, type ClientClass } from './client.ts';
import { startEmbedded, type Embedded } from './embedded/engine.ts';
import { EmbeddedDamaged, EmbeddedUnavailable } from './embedded/errors.ts';
import { DatabaseFault, DatabaseUnavailable } from './errors.ts';
import { named } from './faults.ts';
import { destroy, startHints, type Hints } from './hints.ts';
import type { StoreLogger } from '../../common/logger.ts';
import type { System } from '../../common/system.ts';
import { loadMigrations, migrate, type EngineName } from './migrate.ts';
import { createGate, createMutex } from './mutex.ts';
import { read, write } from './transaction.ts';
import { KEEP_ALL } from './retention.ts';
import type { Database, Retention } from './types.ts';

export interface DatabaseOptions {
  /** PostgreSQL or CockroachDB; without it the database is embedded, in `data`. */
  url?: string | undefined;
  data?: string | undefined;
  /** The folder of migrations. */
  migrations: string;
  /** A packed directory that a first embedded start begins from. */
  seed?: string | null;
  logger: StoreLogger;
  system: System;
  /** Connections at most. Default 10. */
  poolSize?: number;
  /**
   * Milliseconds after which a server stops a statement. Default 0: never. The embedded engine, which has one thread,
   * cannot; migrations may take as long as they need.
   */
  statementTimeout?: number;
  /** Called with each statement sent. */
  onStatement?: ((sql: string) => void) | undefined;
  /** A replacement for pg's Client. */
  Client?: ClientClass | undefined;
  /** Milliseconds between snapshots of an embedded database; 0 for none. Default two minutes. */
  snapshotEvery?: number;
  /** An embedded engine that runs already, instead of one in `data`. It goes on when this database is closed. */
  embedded?: Embedded | undefined;
  /** For how long changes are kept. Default: for ever. */
  retention?: Retention | undefined;
  /** Columns of a kind that never enter the change log, besides those that hold hashes of secrets. */
  secrets?: (kind: string) => readonly string[];
}

/**
 * Opens, migrates, and makes the head of the change log where there is none.
 * Throws DatabaseInUse, DatabaseDamaged, DatabaseUnavailable or MigrationRefused.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, logger, system } = options;
  const migrations = await loadMigrations(options.migrations);
  const embedded = url === undefined ? await embeddedOf(options) : null;
  const onLost = (error: Error) => logger.warn({ reason: error.message }, 'A database connection was lost');
  const open = (statementTimeout: number) =>
    openPool({
      target: embedded === null ? { url: url! } : { host: embedded.host, port: embedded.port },
      size: options.poolSize ?? 10,
      statementTimeout,
      onStatement: options.onStatement,
      Client: options.Client,
      onLost,
    });
  const { statementTimeout = 0 } = options;
  let pool = open(0);
  try {
    const version = await ask(pool, 'SELECT version() AS version');
    const engine: EngineName = embedded !== null ? 'embedded' : /CockroachDB/i.test(version) ? 'cockroach' : 'postgres';
    const serializable = /serializable/i.test(await ask(pool, 'SHOW default_transaction_isolation'));
    await migrate(pool, engine, migrations, logger, system.uuid);
    await pool.query(
      'INSERT INTO head (id, log_id, rev, compacted, at) VALUES (1, $1, 0, 0, clock_timestamp()) ON CONFLICT (id) DO NOTHING',
      [system.uuid()],
    );
    if (embedded === null && statementTimeout > 0) {
      await pool.end();
      pool = open(statementTimeout);
    }
    return assemble(options, pool, embedded, engine, version, embedded !== null || serializable);
  } catch (error) {
    await pool.end();
    await embedded?.close();
    throw named(error);
  }
}

/** The engine that runs already, with an end that leaves it running; or one that is started for this database alone. */
async function embeddedOf({
  embedded,
  data,
  logger,
  system,
  seed = null,
  snapshotEvery,
}: DatabaseOptions): Promise<Embedded> {
  if (embedded !== undefined) return { ...embedded, close: () => Promise.resolve() };
  if (data === undefined) throw new TypeError('openDatabase needs a url or a data directory');
  const often = snapshotEvery === undefined ? {} : { snapshotEvery };
  return startEmbedded({ data, logger, system, seed, examine: examineSeals(), ...often }).catch(unavailable);
}

function assemble(
  options: DatabaseOptions,
  pool: Pool,
  embedded: Embedded | null,
  engine: EngineName,
  version: string,
  oneByOne: boolean,
): Database {
  const { logger, system, secrets = () => [] } = options;
  const onLost = (error: Error) => logger.warn({ reason: error.message }, 'A database connection was lost');
  // All connections to the embedded database are one session there: names would clash.
  const prisma = openPrisma(pool, onLost, embedded === null);
  const listeners = new Set<(revision: bigint) => void>();
  const followers = new Set<() => void>();
  const busy = new Set<PoolClient>();
  pool.on('acquire', (client) => busy.add(client)).on('release', (_error, client) => busy.delete(client));
  let hints: Hints | undefined;
  const call = (listener: () => void) => {
    // What is committed is committed, whatever a listener makes of it.
    try {
      listener();
    } catch (error) {
      logger.error({ reason: (error as Error).stack }, 'A listener for writes failed');
    }
  };
  const hinting = () => {
    if (engine === 'embedded') return undefined;
    return startHints({
      url: options.url!,
      engine,
      logger,
      system,
      Client: options.Client,
      onHint: () => followers.forEach(call),
      onHung: () => busy.forEach(destroy),
    });
  };
  let closed: Promise<void> | undefined;
  const db: Database = {
    prisma,
    pool,
    engine,
    version,
    logger,
    system,
    retention: options.retention ?? KEEP_ALL,
    write: (origin, work, how) => write(db, origin, work, how),
    read: (work) => read(db, work),
    onWrite(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onNews(listener) {
      hints ??= hinting();
      followers.add(listener);
      return () => followers.delete(listener);
    },
    async ping() {
      await embedded?.check().catch(unavailable);
      await pool.query('SELECT 1').catch((cause: unknown) => {
        throw new DatabaseUnavailable('The database does not answer', { cause });
      });
    },
    snapshot: async () => (await embedded?.snapshot().catch(unavailable)) ?? false,
    close: () => (closed ??= close()),
    internal: {
      gate: createGate(),
      line: createMutex(),
      mutex: createMutex(),
      oneByOne,
      announce(revision) {
        hints?.tell();
        followers.forEach(call);
        if (revision !== null) for (const listener of listeners) call(() => listener(revision));
      },
      secrets,
      refusals: new Map(),
      problems: new Set([() => embedded?.problems() ?? []]),
    },
  };
  const close = async () => {
    // Writes that have begun are finished; those that come later fail.
    (await db.internal.gate.alone())();
    await hints?.stop();
    await prisma.$disconnect();
    await pool.end();
    await embedded?.close();
  };
  return db;
}

/** The same error; for all engines alike where the embedded one has a name of its own for it. */
function unavailable(error: unknown): never {
  if (error instanceof EmbeddedDamaged)
    throw new DatabaseFault('DATABASE_DAMAGED', error.message, { cause: error, remedy: 'go back to a snapshot' });
  throw error instanceof EmbeddedUnavailable ? new DatabaseUnavailable(error.message, { cause: error.cause }) : error;
}

async function ask(pool: Pool, sql: string): Promise<string> {
  const { rows } = await pool.query({ text: sql, rowMode: 'array' });
  return String((rows[0] as unknown[])[0]);
}
