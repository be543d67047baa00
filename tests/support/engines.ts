// Databases that one test after the other uses: making and removing one takes long, emptying it moments.
import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { DatabaseOptions } from '../../server/store/database.ts';

/** A migrated database without rows. */
export interface Lendable {
  /** What openDatabase needs to open it. */
  readonly options: Pick<DatabaseOptions, 'embedded' | 'url'>;
  remove(): Promise<void>;
}

/** Hands out databases that nobody else uses until they are given back: one that was, or one that `make` makes. */
export function createLender(make: () => Promise<Lendable>): () => Promise<Lendable> {
  const idle: Lendable[] = [];
  let pristine: string | undefined;
  const fresh = async () => {
    const made = await make();
    pristine ??= await connected(made, shapeOf);
    return made;
  };
  return async () => {
    const lent = idle.pop() ?? (await fresh());
    const giveBack = async () => {
      const whole = await connected(lent, async (client) => {
        // What a test changed besides rows, no other test is given.
        const same = (await shapeOf(client)) === pristine;
        if (same) await empty(client);
        return same;
      });
      if (whole) idle.push(lent);
      else await lent.remove();
    };
    return { options: lent.options, remove: giveBack };
  };
}

/** A copy of a data directory that labd has closed. Quicker than unpacking the seed, and than Node's own cp. */
export async function copyData(data: string, folder: string): Promise<string> {
  const copy = await mkdtemp(join(folder, 'lab-db-'));
  await promisify(execFile)('cp', ['-R', join(data, 'db'), copy]);
  return copy;
}

async function connected<T>({ options }: Lendable, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { embedded, url } = options;
  const client = new pg.Client(
    embedded === undefined
      ? { connectionString: url }
      : { host: embedded.host, port: embedded.port, user: 'postgres', database: 'postgres' },
  );
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Says what there is besides rows: tables, indexes and their columns, constraints, triggers, and which migrations were applied. */
async function shapeOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ shape: string }>(`
    SELECT md5(string_agg(concat_ws(' ', c.oid, c.relname, a.attnum, a.attname, a.atttypid, a.attnotnull), ','
      ORDER BY c.oid, a.attnum)) || (SELECT md5(string_agg(m::text, ',' ORDER BY m.id)) FROM _prisma_migrations m)
      || (SELECT count(*) FROM pg_constraint) || ' ' || (SELECT count(*) FROM pg_trigger) AS shape
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace`);
  return rows[0]!.shape;
}

/**
 * Leaves no row, nobody who could still write one, and no setting: all clients of an embedded engine share one session.
 * Most tests write to a few tables, and TRUNCATE of all would take ten times as long as finding these.
 */
async function empty(client: pg.Client): Promise<void> {
  await client.query(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`);
  const { rows: tables } = await client.query<{ name: string }>(`
    SELECT format('%I', tablename) AS name FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'`);
  const { rows: used } = await client.query<{ name: string }>(
    tables.map(({ name }) => `SELECT '${name}' AS name WHERE EXISTS (SELECT FROM ${name})`).join(' UNION ALL '),
  );
  if (used.length > 0) {
    // All goes, so what refers to what need not be looked at.
    await client.query('SET session_replication_role = replica');
    await client.query(used.map(({ name }) => `DELETE FROM ${name}`).join('; '));
    await client.query(`VACUUM ${used.map(({ name }) => name).join(', ')}`);
  }
  await client.query('DISCARD ALL');
}
