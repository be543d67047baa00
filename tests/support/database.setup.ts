// Prepares, once per run, what every test's database is copied from: LAB_TEST_ENGINE = embedded (the default),
// postgres, cockroachlike (PostgreSQL through a client that behaves like CockroachDB) or cockroach (COCKROACH_URL).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../server/store/database.ts';
import { buildSeed } from '../../server/store/seed.ts';
import { startCluster, type Cluster } from './postgres.ts';
import { realSystem } from '../../common/system.ts';

/** What the setup tells the tests. */
export interface Prepared {
  engine: 'embedded' | 'postgres' | 'cockroachlike' | 'cockroach';
  /** A packed, migrated directory, and labd's data directory as it is when one was opened from it and closed. */
  seed: string;
  data: string;
  /** The server to create databases on; empty when embedded. */
  url: string;
  /** The database there that is already migrated. */
  template: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    labDatabase: Prepared;
  }
}

const quiet = { info() {}, warn() {}, error: (fields: object, message: string) => console.error(message, fields) };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engine = (process.env['LAB_TEST_ENGINE'] ?? 'embedded') as Prepared['engine'];
  const folder = await mkdtemp(join(tmpdir(), 'lab-tests-'));
  const seed = join(folder, 'seed.tar.gz');
  const data = join(folder, 'data');
  await buildSeed(seed, 'prisma/migrations', quiet);
  const first = await openDatabase({
    data,
    seed,
    migrations: 'prisma/migrations',
    logger: quiet,
    system: realSystem,
    snapshotEvery: 0,
  });
  await first.pool.query('DELETE FROM head');
  await first.close();
  let cluster: Cluster | null = null;
  let url = '';
  const template = `lab_template_${process.pid}`;
  if (engine === 'cockroach') url = needed('COCKROACH_URL');
  else if (engine !== 'embedded') url = process.env['LAB_TEST_POSTGRES'] ?? (cluster = await startCluster()).url;
  if (engine === 'postgres' || engine === 'cockroachlike') {
    await onServer(url, `CREATE DATABASE ${template} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`);
    const migrated = await openDatabase({
      url: withDatabase(url, template),
      migrations: 'prisma/migrations',
      logger: quiet,
      system: realSystem,
    });
    // Each copy makes a head of its own.
    await migrated.pool.query('DELETE FROM head');
    await migrated.close();
  }
  project.provide('labDatabase', { engine, seed, data, url, template });
  return async () => {
    if (cluster !== null) await cluster.stop();
    else if (engine === 'postgres' || engine === 'cockroachlike')
      await onServer(url, `DROP DATABASE IF EXISTS ${template}`);
    await rm(folder, { recursive: true, force: true });
  };
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
  if (value === undefined || value === '') throw new Error(`LAB_TEST_ENGINE=cockroach needs ${name}`);
  return value;
}
