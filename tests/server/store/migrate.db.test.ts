// Migrations: once each, whole or not at all, however many start at once, and never over a history that differs.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import { openPool } from '../../../server/store/client.ts';
import { MigrationRefused } from '../../../server/store/errors.ts';
import { loadMigrations, migrate, type EngineName, type Migration } from '../../../server/store/migrate.ts';
import { MIGRATIONS, keepingLogger, openTestDatabase, type TestDatabase } from '../../support/database.ts';
import { realSystem } from '../../../common/system.ts';

const migration = (name: string, sql: string): Migration => ({
  name,
  sql,
  checksum: createHash('sha256').update(sql).digest('hex'),
});

describe('migrating', () => {
  let db: TestDatabase;
  const logger = keepingLogger();
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db?.drop());
  beforeEach(async () => {
    // CockroachDB does not drop the schema public.
    const { rows } = await db.pool.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
    );
    if (rows.length > 0) await db.pool.query(`DROP TABLE ${rows.map(({ name }) => `"${name}"`).join(', ')} CASCADE`);
  });
  const run = (migrations: Migration[], engine: EngineName = db.engine, pool = db.pool) =>
    migrate(pool, engine, migrations, logger, realSystem.uuid);
  const applied = async () =>
    (
      await db.pool.query<{ name: string; steps: number; finished: boolean }>(
        'SELECT migration_name AS name, applied_steps_count AS steps, finished_at IS NOT NULL AS finished FROM _prisma_migrations ORDER BY 1',
      )
    ).rows;
  const a = migration('1_a', 'CREATE TABLE a (id INT4); CREATE TABLE b (id INT4)');
  const c = migration('2_c', "INSERT INTO a VALUES (1);\nINSERT INTO b VALUES (length('x;y'));");

  it('applies all of ours, once', async () => {
    const ours = await loadMigrations(MIGRATIONS);
    expect(await run(ours)).toEqual(ours.map(({ name }) => name));
    expect(await run(ours)).toEqual([]);
    expect(await db.prisma.server.count()).toBe(0);
    expect((await db.pool.query('SELECT * FROM migration_lease')).rows).toEqual([]);
  });

  it('takes one statement when there is nothing to do', async () => {
    await run([a]);
    db.clear();
    await run([a]);
    expect(db.statements).toHaveLength(1);
  });

  it('happens once when two labd start at once', async () => {
    const ours = await loadMigrations(MIGRATIONS);
    const target =
      db.options.url === undefined
        ? { host: db.pool.options.host!, port: db.pool.options.port! }
        : { url: db.options.url };
    const other = openPool({ target, size: 3, onLost: () => {}, Client: db.options.Client });
    const results = await Promise.all([run(ours), run(ours, db.engine, other), run(ours)]);
    await other.end();
    expect(results.flat().sort()).toEqual(ours.map(({ name }) => name));
    expect(await applied()).toHaveLength(ours.length);
  });

  it('goes on from where an older labd was', async () => {
    await run([a]);
    expect(await run([a, c])).toEqual(['2_c']);
    expect((await db.pool.query('SELECT id FROM b')).rows).toEqual([{ id: 3 }]);
  });

  it('refuses an edited migration, and a database that is ahead', async () => {
    await run([a, c]);
    await expect(run([migration('1_a', 'SELECT 1'), c])).rejects.toThrow(MigrationRefused);
    await expect(run([migration('1_a', 'SELECT 1'), c])).rejects.toThrow(/1_a was changed/);
    await expect(run([a])).rejects.toThrow(/2_c, which this labd does not know/);
  });

  it('leaves nothing of a migration that fails', async () => {
    await expect(run([a, migration('2_bad', 'CREATE TABLE d (id INT4); SELECT 1/0')])).rejects.toThrow(/division/);
    expect(await applied()).toMatchObject([{ name: '1_a' }]);
    expect((await db.pool.query("SELECT to_regclass('d') AS d")).rows).toEqual([{ d: null }]);
    expect(await run([a, c])).toEqual(['2_c']);
  });

  it('waits for the one who holds the lease, and takes over when it has expired', async () => {
    await run([a]);
    await db.pool.query(
      "INSERT INTO migration_lease VALUES (1, 'another', clock_timestamp() + INTERVAL '600 milliseconds')",
    );
    const begun = Date.now();
    expect(await run([a, c])).toEqual(['2_c']);
    expect(Date.now() - begun).toBeGreaterThan(500);
  });

  it('is one transaction on CockroachDB too: nothing of one that fails stays', async () => {
    await expect(run([a, migration('2_bad', 'CREATE TABLE d (id INT4); SELECT 1/0')], 'cockroach')).rejects.toThrow(
      /division/,
    );
    expect(await applied()).toMatchObject([{ name: '1_a' }]);
    expect((await db.pool.query("SELECT to_regclass('d') AS d")).rows).toEqual([{ d: null }]);
    expect(await run([a, c], 'cockroach')).toEqual(['2_c']);
  });

  it('goes statement by statement where CockroachDB refuses one in a transaction', async () => {
    // PostgreSQL has such statements too, and says so by another state.
    const refused = migration('1_refused', 'CREATE TABLE a (id INT4); CREATE INDEX CONCURRENTLY a_id ON a (id)');
    if (db.engine !== 'postgres') return;
    await expect(run([refused])).rejects.toMatchObject({ code: '25001' });
    expect(await applied()).toEqual([]);
    expect(await run([refused], 'cockroach')).toEqual(['1_refused']);
    expect(await applied()).toEqual([{ name: '1_refused', steps: 2, finished: true }]);
  });

  it('statement by statement goes on where a predecessor was killed', async () => {
    await run([a], 'cockroach');
    expect(await applied()).toEqual([{ name: '1_a', steps: 2, finished: true }]);
    // Killed between the second statement and its being counted.
    await db.pool.query('UPDATE _prisma_migrations SET applied_steps_count = 1, finished_at = NULL');
    expect(await run([a, c], 'cockroach')).toEqual(['1_a', '2_c']);
    expect(await applied()).toEqual([
      { name: '1_a', steps: 2, finished: true },
      { name: '2_c', steps: 2, finished: true },
    ]);
  });
});
