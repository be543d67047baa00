// Prepares, once per run, what every test's database is copied from. The project says on which engine: embedded,
// postgres, cockroachlike (PostgreSQL through a client that behaves like CockroachDB) or cockroach (COCKROACH_URL).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { realSystem } from '../../common/system.ts';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../server/store/database.ts';
import { buildSeed } from '../../server/store/seed.ts';
import { engines, type Engine, type Project } from '../engines.ts';
import { startCluster } from './postgres.ts';

/** What the setup tells the tests. */
export interface Prepared {
  engine: Engine;
  /** Where what the tests make lies, removed after the run. */
  folder: string;
  /** Embedded: a packed, migrated directory, and labd's data directory as it is when one was opened from it and closed. */
  seed: string;
  data: string;
  /** The server to create databases on; empty when embedded. */
  url: string;
  /** The database there that is already migrated. */
  template: string;
  /** What the names of the run's databases there begin with. */
  prefix: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    labDatabase: Prepared;
  }
}

export const MIGRATIONS = 'prisma/migrations';

const quiet = { info() {}, warn() {}, error: (fields: object, message: string) => console.error(message, fields) };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engine = engines[project.name as Project] ?? 'embedded';
  const folder = await mkdtemp(join(tmpdir(), 'lab-db-'));
  const { remove, ...prepared } = engine === 'embedded' ? await prepareEmbedded(folder) : await prepareServer(engine);
  project.provide('labDatabase', { engine, folder, ...prepared });
  return async () => {
    await remove();
    await rm(folder, { recursive: true, force: true });
  };
}

type Preparation = Pick<Prepared, 'seed' | 'data' | 'url' | 'template' | 'prefix'> & { remove(): Promise<void> };

async function prepareEmbedded(folder: string): Promise<Preparation> {
  const seed = join(folder, 'seed.tar.gz');
  const data = join(folder, 'data');
  await buildSeed(seed, MIGRATIONS, quiet);
  const first = await openDatabase({
    data,
    seed,
    migrations: MIGRATIONS,
    logger: quiet,
    system: realSystem,
    snapshotEvery: 0,
  });
  // Each copy makes a head of its own.
  await first.pool.query('DELETE FROM head');
  await first.close();
  return { seed, data, url: '', template: '', prefix: '', remove: () => Promise.resolve() };
}

async function prepareServer(engine: Exclude<Engine, 'embedded'>): Promise<Preparation> {
  const prefix = `lab_${process.pid}_${engine}_`;
  const given = { seed: '', data: '', prefix };
  if (engine === 'cockroach')
    return { ...given, url: needed('COCKROACH_URL'), template: '', remove: () => Promise.resolve() };
  const named = process.env['LAB_TEST_POSTGRES'];
  const cluster = named === undefined ? await startCluster() : null;
  const url = named ?? cluster!.url;
  const template = `${prefix}template`;
  await onServer(url, `CREATE DATABASE ${template} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`);
  const migrated = await openDatabase({
    url: withDatabase(url, template),
    migrations: MIGRATIONS,
    logger: quiet,
    system: realSystem,
  });
  await migrated.pool.query('DELETE FROM head');
  await migrated.close();
  const remove = () => cluster?.stop() ?? dropAll(url, prefix);
  return { ...given, url, template, remove };
}

/** What this run made on a server that goes on. */
async function dropAll(url: string, prefix: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)',
      [prefix],
    );
    for (const { name } of rows) await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  } finally {
    await client.end();
  }
}

/** Runs one statement on a server's administrative database. */
export async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** The same server, another database. */
export function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`The tests on CockroachDB need ${name}`);
  return value;
}
