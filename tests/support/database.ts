// A fresh, migrated database for a test, on the engine that the run is for.
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { inject, onTestFinished } from 'vitest';
import { openDatabase, type DatabaseOptions } from '../../server/store/database.ts';
import { startEmbedded } from '../../server/store/embedded/engine.ts';
import type { StoreLogger } from '../../common/logger.ts';
import type { Database, Origin } from '../../server/store/types.ts';
import { realSystem } from '../../common/system.ts';
import { cockroachLike } from './cockroachlike.ts';
import { MIGRATIONS, onServer, withDatabase } from './database.setup.ts';
import { copyData, createLender, type Lendable } from './engines.ts';

export { MIGRATIONS };

export interface TestDatabase extends Database {
  /** Each statement sent since the last call of clear(), transaction control included. */
  readonly statements: readonly string[];
  /** Those of them that read or write. Throws for a database that is not calm: what is tried again counts twice there. */
  queries(): readonly string[];
  clear(): void;
  /** What opens the same database again, for labd itself or for a second replica (not when embedded: one at a time). */
  readonly options: DatabaseOptions;
  /** Closes it and removes what it was kept in. */
  drop(): Promise<void>;
}

interface Place {
  options: DatabaseOptions;
  env: Record<string, string>;
  remove(): Promise<void>;
}

const logger: StoreLogger = { info() {}, warn() {}, error() {} };

let lend: (() => Promise<Lendable>) | undefined;

/** A database that this process lends from test to test. */
async function borrowPlace({ calm }: { calm: boolean }): Promise<Place> {
  const { options, remove } = await (lend ??= createLender(makeLendable))();
  return {
    options: { ...options, logger, system: realSystem, migrations: MIGRATIONS, ...clientOf(calm) },
    env: {},
    remove,
  };
}

async function makeLendable(): Promise<Lendable> {
  const { engine, folder, data } = inject('labDatabase');
  if (engine !== 'embedded') return createOnServer();
  const own = await copyData(data, folder);
  const embedded = await startEmbedded({ data: own, logger, system: realSystem, snapshotEvery: 0 });
  return { options: { embedded }, remove: () => embedded.close() };
}

async function createOnServer(): Promise<{ options: { url: string }; remove(): Promise<void> }> {
  const { engine, url, template, prefix } = inject('labDatabase');
  const name = `${prefix}${randomUUID().replaceAll('-', '')}`;
  const copied = engine === 'cockroach' ? '' : ` TEMPLATE ${template}`;
  await onServer(url, `CREATE DATABASE ${name}${copied}`);
  const remove = () => onServer(url, `DROP DATABASE ${name} ${engine === 'cockroach' ? 'CASCADE' : 'WITH (FORCE)'}`);
  return { options: { url: withDatabase(url, name) }, remove };
}

const clientOf = (calm: boolean) =>
  inject('labDatabase').engine === 'cockroachlike'
    ? { Client: cockroachLike(calm ? { statements: 0, commits: 0 } : {}) }
    : {};

/** A logger that keeps what was said. */
export function keepingLogger(): StoreLogger & {
  lines: { level: string; fields: Record<string, unknown>; message: string }[];
} {
  const lines: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields: fields as Record<string, unknown>, message });
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}

/** Who writes in tests. */
export const tester: Origin = { actor: 'tester', action: 'test', requestId: 'r1', address: '127.0.0.1' };

/**
 * Opens a database of its own. Call drop() when done with it, or pass
 * `{ forThisTest: true }` inside a test, which does so at its end. On the client that behaves like CockroachDB,
 * transactions fail now and then, which write() and read() mend; a test that counts statements, or prepares its data
 * with transactions of Prisma's own (nested creates are such), asks for `{ calm: true }`.
 */
export async function openTestDatabase(
  given: Partial<DatabaseOptions> & { forThisTest?: boolean; calm?: boolean } = {},
): Promise<TestDatabase> {
  const { forThisTest = false, calm = false, ...overrides } = given;
  // CockroachDB lacks what emptying takes.
  const place = await (inject('labDatabase').engine === 'cockroach' ? makePlace({ calm }) : borrowPlace({ calm }));
  const statements: string[] = [];
  const options: DatabaseOptions = { ...place.options, ...overrides };
  const db = await openDatabase({
    ...options,
    onStatement(sql) {
      statements.push(sql);
      overrides.onStatement?.(sql);
    },
  });
  let dropped: Promise<void> | undefined;
  const drop = () =>
    (dropped ??= (async () => {
      await db.close();
      await place.remove();
    })());
  if (forThisTest) onTestFinished(drop);
  const queries = () => {
    if (!calm) throw new Error('Where transactions fail now and then, statements cannot be counted: ask for `calm`.');
    return statements.filter((sql) => !/^(BEGIN|COMMIT|ROLLBACK|SET|SELECT 1)/.test(sql));
  };
  return Object.assign(db, { statements, queries, options, drop, clear: () => void statements.splice(0) });
}

/**
 * Where a test database lies, for a test that opens it itself, such as one that starts labd. `env` is what a labd
 * child process needs to find it.
 */
export async function makePlace({ calm = false } = {}): Promise<Place> {
  const { engine, folder, seed, data: packed } = inject('labDatabase');
  if (engine === 'embedded') {
    const data = await copyData(packed, folder);
    return {
      options: { data, seed, logger, system: realSystem, migrations: MIGRATIONS, snapshotEvery: 0 },
      env: { LABD_DATA: data },
      remove: () => rm(data, { recursive: true, force: true }),
    };
  }
  const { options, remove } = await createOnServer();
  return {
    options: { ...options, logger, system: realSystem, migrations: MIGRATIONS, ...clientOf(calm) },
    env: { DATABASE_URL: options.url },
    remove,
  };
}
