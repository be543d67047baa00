// The time limit on a real labd whose database is held up: what runs there is stopped too. Only a server stops statements.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tables } from '../../../server/store/generated/columns.ts';
import { startLabd } from '../../../server/labd.ts';
import { makePlace, MIGRATIONS, openTestDatabase } from '../../support/database.ts';
import { post } from '../http/toy.ts';
import { realSystem } from '../../../common/system.ts';

/** How each engine is held up, and says how long a statement has been waiting for that, in seconds. CockroachDB locks no tables, and lets readers wait for rows. */
const HOLDING = {
  postgres: {
    readers: 'LOCK TABLE cluster IN ACCESS EXCLUSIVE MODE',
    waiting: `SELECT extract(epoch FROM max(clock_timestamp() - query_start))::float8 AS seconds FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  },
  cockroach: {
    readers: `INSERT INTO cluster (id, name) VALUES (gen_random_uuid(), 'held')`,
    waiting: `SELECT extract(epoch FROM max(clock_timestamp() - start::timestamptz))::float8 AS seconds
                FROM crdb_internal.cluster_queries WHERE query NOT LIKE '%cluster_queries%'`,
  },
} as const;

/** Takes the next revision, so that whoever appends a change waits to hear whether it is free. */
const HOLD_WRITERS = (() => {
  const columns = Object.values(tables.Change.columns).map(({ name }) => `"${name}"`);
  const other: Readonly<Record<string, string>> = {
    '"rev"': '(SELECT rev + 1 FROM head)',
    '"tx_id"': 'gen_random_uuid()',
  };
  const values = columns.map((name) => other[name] ?? name);
  return `INSERT INTO change (${columns.join(', ')}) SELECT ${values.join(', ')} FROM change ORDER BY rev LIMIT 1`;
})();

/** labd with a limit of a second on a server, and a client that gets in its way. */
async function openHeldUp({ statementTimeout }: { statementTimeout?: number } = {}) {
  const place = await makePlace({ calm: true });
  const folder = await mkdtemp(join(tmpdir(), 'lab-limits-'));
  const labd = await startLabd({
    host: '127.0.0.1',
    port: 0,
    allowedHosts: [],
    allowedOrigins: [],
    graphiql: undefined,
    system: realSystem,
    log: pino({ level: 'silent' }),
    data: '',
    databaseUrl: place.options.url,
    migrations: place.options.migrations,
    seed: null,
    adminToken: join(folder, 'admin-token'),
    limits: { timeLimit: 1000 },
    database: { ...place.options, ...(statementTimeout === undefined ? {} : { statementTimeout }) },
  });
  // The one that looks is another: a transaction sees the statistics as they were when it first looked.
  const [other, looking] = [1, 2].map(() => new pg.Client({ connectionString: place.options.url })) as [
    pg.Client,
    pg.Client,
  ];
  await other.connect();
  await looking.connect();
  // What the client in the way talks to, whatever labd takes it for.
  const [{ version }] = (await other.query<{ version: string }>('SELECT version()')).rows as [{ version: string }];
  const holding = HOLDING[version.includes('CockroachDB') ? 'cockroach' : 'postgres'];
  onTestFinished(async () => {
    await other.end();
    await looking.end();
    await labd.stop();
    await place.remove();
    await rm(folder, { recursive: true });
  });
  const headers = { authorization: `Bearer ${(await readFile(join(folder, 'admin-token'), 'utf8')).trim()}` };
  const ask = (query: string) => post(labd.url, query, { headers });
  /** How long the statement that waits for our lock has been running, seconds; null when there is none. */
  const waiting = async () => {
    const { rows } = await looking.query<{ seconds: number | null }>(holding.waiting);
    return rows[0]!.seconds;
  };
  return { ask, other, waiting, holding };
}

describe('On a server', () => {
  test('a query that waits for the database is answered in time, and its statement does not go on', async () => {
    const { ask, other, waiting, holding } = await openHeldUp();
    await other.query('BEGIN');
    await other.query(holding.readers);
    const asked = ask('{ clusters { nodes { name } } }');
    await expect.poll(waiting).not.toBeNull();
    const { status, body } = await asked;
    expect([status, body.errors![0]!.extensions]).toEqual([504, { code: 'TIMEOUT' }]);
    expect((await ask('{ about { engine } }')).body.errors).toBeUndefined();
    await expect.poll(waiting, { timeout: 10_000 }).toBeNull();
    await other.query('ROLLBACK');
    expect((await ask('{ clusters { nodes { name } } }')).body.data).toEqual({ clusters: { nodes: [] } });
  });

  const create = 'mutation { createCluster(input: { name: "late" }) { __typename ... on Cluster { name } } }';
  const names = async (ask: (query: string) => ReturnType<typeof post>) =>
    (await ask('{ clusters { nodes { name } } }')).body.data;

  test('a mutation whose transaction the database stops is undone', async () => {
    const { ask, other, waiting } = await openHeldUp();
    await other.query('BEGIN');
    await other.query('SELECT * FROM head FOR UPDATE');
    const { body } = await ask(create);
    expect(body.errors).toMatchObject([{ path: ['createCluster'], extensions: { code: 'TIMEOUT' } }]);
    expect(await waiting()).toBeNull();
    await other.query('ROLLBACK');
    expect(await names(ask)).toEqual({ clusters: { nodes: [] } });
  });

  test('a mutation that commits after the limit is answered', async () => {
    const { ask, other, waiting } = await openHeldUp({ statementTimeout: 0 });
    await other.query('BEGIN');
    // What it waits for is the statement that ends it.
    await other.query(HOLD_WRITERS);
    const asked = ask(create);
    await expect.poll(async () => (await waiting()) ?? 0, { timeout: 10_000 }).toBeGreaterThan(1.5);
    await other.query('ROLLBACK');
    expect((await asked).body).toEqual({ data: { createCluster: { __typename: 'Cluster', name: 'late' } } });
    expect(await names(ask)).toEqual({ clusters: { nodes: [{ name: 'late' }] } });
  });

  test('statements have so long, and migrations as long as they take', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lab-migrations-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await cp(MIGRATIONS, folder, { recursive: true });
    await mkdir(join(folder, '99999999999999_slow'));
    await writeFile(join(folder, '99999999999999_slow', 'migration.sql'), 'SELECT pg_sleep(0.5);\n');
    const db = await openTestDatabase({ forThisTest: true, calm: true, statementTimeout: 200, migrations: folder });
    await expect(db.prisma.$queryRaw`SELECT pg_sleep(20)`).rejects.toThrow('statement timeout');
  });
});
