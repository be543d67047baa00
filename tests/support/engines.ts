// Embedded engines that one test after the other uses: starting and ending one takes seconds, emptying it moments.
import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { realSystem } from '../../common/system.ts';
import { startEmbedded, type Embedded } from '../../server/store/embedded/engine.ts';
import type { StoreLogger } from '../../common/logger.ts';

/** An engine with all tables of the migrations and no row in any. */
export interface LentEngine {
  readonly embedded: Embedded;
  giveBack(): Promise<void>;
}

export interface Lender {
  /** An engine that nobody else uses until it is given back: one that was, or a new one. */
  lend(): Promise<LentEngine>;
}

const silent: StoreLogger = { info() {}, warn() {}, error() {} };

/**
 * Lends engines on copies of `data`, a migrated data directory, made below `folder`. They end with this process, and
 * whoever made the folder removes it.
 */
export function createLender(data: string, folder: string): Lender {
  const idle: Embedded[] = [];
  let pristine: string | undefined;
  const start = async () => {
    const own = await copyData(data, folder);
    const embedded = await startEmbedded({ data: own, logger: silent, system: realSystem, snapshotEvery: 0 });
    pristine ??= await onEngine(embedded, shapeOf);
    return embedded;
  };
  return {
    async lend() {
      const embedded = idle.pop() ?? (await start());
      return {
        embedded,
        async giveBack() {
          const whole = await onEngine(embedded, async (client) => {
            // A test that changed more than rows keeps its engine to itself.
            const same = (await shapeOf(client)) === pristine;
            if (same) await empty(client);
            return same;
          });
          if (whole) idle.push(embedded);
          else await embedded.close();
        },
      };
    },
  };
}

/** A copy of a data directory that labd has closed. Quicker than unpacking the seed, and than Node's own cp. */
export async function copyData(data: string, folder: string): Promise<string> {
  const copy = await mkdtemp(join(folder, 'lab-db-'));
  await promisify(execFile)('cp', ['-R', join(data, 'db'), copy]);
  return copy;
}

async function onEngine<T>({ host, port }: Embedded, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ host, port, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Says what there is besides rows: tables, indexes and their columns, and which migrations were applied. */
async function shapeOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ shape: string }>(`
    SELECT md5(string_agg(concat_ws(' ', c.oid, c.relname, a.attnum, a.attname, a.atttypid, a.attnotnull), ','
      ORDER BY c.oid, a.attnum)) || (SELECT md5(string_agg(m::text, ',' ORDER BY m.id)) FROM _prisma_migrations m) AS shape
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace`);
  return rows[0]!.shape;
}

/**
 * Leaves no row and no setting of a session behind: all clients of an engine share one session. Most tests write to a
 * few tables, and TRUNCATE of all would take ten times as long as finding these.
 */
async function empty(client: pg.Client): Promise<void> {
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
