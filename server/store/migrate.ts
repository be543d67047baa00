// Brings a database to the schema of prisma/migrations, on any of the three engines, however many labd start at once.
//
// The table and the checksums are Prisma's, so its tools can read what was applied; the runner is ours because
// Prisma's needs an engine that it downloads.
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool, PoolClient } from 'pg';
import { MigrationRefused } from './errors.ts';
import { withLease } from './lease.ts';
import type { StoreLogger } from '../../common/logger.ts';
import { splitStatements } from './split.ts';

export type EngineName = 'embedded' | 'postgres' | 'cockroach';

export interface Migration {
  name: string;
  sql: string;
  /** SHA-256 of the script, hexadecimal. */
  checksum: string;
}

interface Applied {
  id: string;
  migration_name: string;
  checksum: string;
  finished: boolean;
  applied_steps_count: number;
}

const TABLES = `
CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum" VARCHAR(64) NOT NULL,
    "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT,
    "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INT4 NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS "migration_lease" (
    "id" INT4 NOT NULL,
    "holder" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "migration_lease_pkey" PRIMARY KEY ("id")
);`;

/** The migrations of a folder, in their order: `<folder>/<name>/migration.sql`. */
export async function loadMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Applies what is missing; returns the names of what it applied. Waits for another starter that is at it.
 * Throws MigrationRefused when an applied migration was edited, or when the database knows one that we do not.
 */
export async function migrate(
  pool: Pool,
  engine: EngineName,
  migrations: Migration[],
  logger: StoreLogger,
  newId: () => string,
): Promise<string[]> {
  if (missing(migrations, await readApplied(pool).catch(ignoreMissingTable)).length === 0) return [];
  for (const statement of splitStatements(TABLES)) await createTogether(pool, statement);
  return withLease(pool, newId(), async (guard) => {
    const applied = await readApplied(pool);
    const wanted = missing(migrations, applied);
    for (const migration of wanted) {
      logger.info({ migration: migration.name }, 'Applying a migration');
      const begun = applied.find(({ migration_name }) => migration_name === migration.name);
      const stepwise = () => applyStepwise(pool, migration, begun, newId, guard);
      // A labd of before, which took every migration in steps, may have been killed in the middle of this one.
      if (begun !== undefined) await stepwise();
      else
        await persistently(() => applyWhole(pool, engine, migration, newId(), guard)).catch(
          unlessRefused(engine, stepwise),
        );
    }
    return wanted.map(({ name }) => name);
  });
}

/** The migrations still to be applied (or to be finished). */
function missing(migrations: Migration[], applied: Applied[]): Migration[] {
  for (const { migration_name: name, checksum } of applied) {
    const known = migrations.find((migration) => migration.name === name);
    if (known === undefined) {
      throw new MigrationRefused(
        `The database has had the migration ${name}, which this labd does not know: it belongs to a newer labd; start that one`,
      );
    }
    if (known.checksum !== checksum) {
      throw new MigrationRefused(
        `The migration ${name} was changed after it was applied: put its old text back and make a new migration for the difference`,
      );
    }
  }
  const done = new Set(applied.filter(({ finished }) => finished).map(({ migration_name }) => migration_name));
  return migrations.filter(({ name }) => !done.has(name));
}

async function readApplied(pool: Pool): Promise<Applied[]> {
  const { rows } = await pool.query<Applied>(
    `SELECT id, migration_name, checksum, finished_at IS NOT NULL AS finished, applied_steps_count
       FROM "_prisma_migrations" WHERE rolled_back_at IS NULL ORDER BY migration_name`,
  );
  return rows;
}

/**
 * What CockroachDB says of what it does not take in one transaction: not supported, not there, lost against others every time, or
 * about a column that is not yet whole.
 */
const NOT_IN_TRANSACTION = new Set(['0A000', '25001', '40001', '42P10']);

const unlessRefused =
  (engine: EngineName, otherwise: () => Promise<void>) =>
  (error: unknown): Promise<void> => {
    if (engine === 'cockroach' && NOT_IN_TRANSACTION.has(sqlState(error))) return otherwise();
    throw error;
  };

/** All or nothing. */
async function applyWhole(
  pool: Pool,
  engine: EngineName,
  migration: Migration,
  id: string,
  guard: (client: PoolClient) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  try {
    // Newer CockroachDBs would commit before each change of the schema; the others do not know the setting.
    if (engine === 'cockroach') await client.query('SET autocommit_before_ddl = off').catch(() => {});
    await client.query('BEGIN');
    await guard(client);
    const statements = splitStatements(migration.sql);
    for (const statement of statements) await client.query(statement);
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count) VALUES ($1, $2, $3, clock_timestamp(), $4)`,
      [id, migration.checksum, migration.name, statements.length],
    );
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    // The connection goes, and the transaction with it.
    client.release(true);
    throw error;
  }
}

/** One statement at a time, where a transaction does not take them; the count of steps done lets a successor go on. */
async function applyStepwise(
  pool: Pool,
  migration: Migration,
  begun: Applied | undefined,
  newId: () => string,
  guard: (client: PoolClient) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  try {
    const id = begun?.id ?? newId();
    if (begun === undefined) {
      await client.query(`INSERT INTO "_prisma_migrations" (id, checksum, migration_name) VALUES ($1, $2, $3)`, [
        id,
        migration.checksum,
        migration.name,
      ]);
    }
    const statements = splitStatements(migration.sql);
    for (let step = begun?.applied_steps_count ?? 0; step < statements.length; step++) {
      await persistently(async () => {
        await guard(client);
        await client.query(statements[step]!).catch((error: unknown) => {
          // Only the step that a predecessor was at can already be there.
          if (step !== begun?.applied_steps_count || !ALREADY_THERE.has(sqlState(error))) throw error;
        });
      });
      await persistently(() =>
        client.query(`UPDATE "_prisma_migrations" SET applied_steps_count = $2 WHERE id = $1`, [id, step + 1]),
      );
    }
    await persistently(() =>
      client.query(`UPDATE "_prisma_migrations" SET finished_at = clock_timestamp() WHERE id = $1`, [id]),
    );
  } finally {
    client.release();
  }
}

/** Relation, column, object, function that exists already. */
const ALREADY_THERE = new Set(['42P07', '42701', '42710', '42723']);
/** Two that create one table at the same moment: the loser meets PostgreSQL's own unique keys, or the table's type. */
const RACED = new Set(['23505', '42P07', '42710', '40001', 'XX000']);

async function createTogether(pool: Pool, statement: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await pool.query(statement);
      return;
    } catch (error) {
      if (attempt === 20 || !RACED.has(sqlState(error))) throw error;
      await new Promise((go) => setTimeout(go, 50));
    }
  }
}

/** Tries again what lost against another. */
async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 20 || sqlState(error) !== '40001') throw error;
      await new Promise((go) => setTimeout(go, 20 * attempt));
    }
  }
}

function ignoreMissingTable(error: unknown): Applied[] {
  if (sqlState(error) === '42P01') return [];
  throw error;
}

const sqlState = (error: unknown) => String((error as { code?: unknown } | null)?.code ?? '');
