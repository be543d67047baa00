// The embedded database comes back from whatever happens to it, and says what it lost.
import { appendFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { head } from '../../../server/store/changes.ts';
import { openDatabase, type DatabaseOptions } from '../../../server/store/database.ts';
import { DatabaseDamaged, DatabaseInUse } from '../../../server/store/embedded/errors.ts';
import { goBack } from '../../../server/store/embedded/goBack.ts';
import { putBack, setAside } from '../../../server/store/embedded/open.ts';
import type { Database } from '../../../server/store/types.ts';
import { MIGRATIONS, keepingLogger, tester } from '../../support/database.ts';
import { buildWriter } from '../../support/killedWriter.ts';
import { realSystem } from '../../../common/system.ts';

const { seed } = inject('labDatabase');

describe('the embedded database', () => {
  let folder: string;
  let data: string;
  let logger: ReturnType<typeof keepingLogger>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-embedded-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    data = await mkdtemp(join(folder, 'd-'));
    logger = keepingLogger();
  });
  const open = async (options: Partial<DatabaseOptions> = {}): Promise<Database> => {
    const db = await openDatabase({ data, seed, logger, system: realSystem, migrations: MIGRATIONS, ...options });
    onTestFinished(() => db.close());
    return db;
  };
  const add = (db: Database, name: string) =>
    db.write(tester, async (tx) => {
      const after = await tx.client.cluster.create({ data: { name } });
      tx.record({
        kind: 'Cluster',
        id: after.id,
        name,
        cloud: 'default',
        environment: 'default',
        operation: 'CREATE',
        before: null,
        after,
      });
    });
  /** A database with a snapshot that holds the one, and closed once it had the other too */
  const leave = async (inSnapshot: string, later: string) => {
    const db = await open({ snapshotEvery: 0 });
    await add(db, inSnapshot);
    await db.snapshot();
    await add(db, later);
    await db.close();
  };
  const names = async (db: Database) =>
    (await db.prisma.cluster.findMany({ orderBy: { name: 'asc' } })).map(({ name }) => name);
  /** What a power cut may leave. */
  const spoil = async (file: string) =>
    writeFile(join(data, 'db', file), Buffer.alloc((await stat(join(data, 'db', file))).size, 0x5a));

  it('starts from nothing, private to its user, in byte order', async () => {
    const db = await open({ seed: null });
    expect(db.engine).toBe('embedded');
    for (const name of ['.', 'db', 'run', 'snapshots'])
      expect((await stat(join(data, name))).mode & 0o007, name).toBe(0);
    await db.prisma.cluster.createMany({ data: ['b', 'B', 'a', 'A'].map((name) => ({ name })) });
    expect(await names(db)).toEqual(['A', 'B', 'a', 'b']);
    expect((await db.pool.query('SHOW fsync')).rows).toHaveLength(1);
  });

  it('gives each that starts from the seed a log of its own', async () => {
    const one = await open();
    const { logId } = await head(one.prisma);
    await one.close();
    expect((await head((await open()).prisma)).logId).toBe(logId);
    data = await mkdtemp(join(folder, 'd-'));
    expect((await head((await open()).prisma)).logId).not.toBe(logId);
  });

  it('is opened by one at a time', async () => {
    await open();
    await expect(open()).rejects.toThrow(DatabaseInUse);
  });

  it('has a socket also where the path is too long for one', async () => {
    data = join(data, 'a'.repeat(60), 'b'.repeat(60));
    await (await open()).ping();
  });

  it('makes no snapshot when nothing changed, and one at its end', async () => {
    const db = await open();
    expect(await db.snapshot()).toBe(true);
    expect(await db.snapshot()).toBe(false);
    await add(db, 'last');
    const before = await readdir(join(data, 'snapshots'));
    await db.close();
    expect(await readdir(join(data, 'snapshots'))).toHaveLength(before.length + 1);
  });

  it('makes a snapshot while others write, and it holds what was committed before', async () => {
    const db = await open({ snapshotEvery: 0 });
    await add(db, 'before');
    const writing = Promise.all(Array.from({ length: 20 }, (_, i) => add(db, `w${i}`)));
    expect(await db.snapshot()).toBe(true);
    await writing;
    await db.close();
    await rm(join(data, 'db'), { recursive: true });
    expect(await names(await open())).toContain('before');
  });

  it.each([
    ['its control file is garbage', 'global/pg_control', false],
    ['its version is gone', 'PG_VERSION', true],
  ])('comes back with the newest snapshot when %s, saying so', async (_, file, remove) => {
    const db = await open({ snapshotEvery: 0 });
    await add(db, 'kept');
    await db.snapshot();
    const { logId } = await head(db.prisma);
    await add(db, 'lost');
    await db.close();
    if (remove) await rm(join(data, 'db', file));
    else await spoil(file);
    const again = await open();
    expect(await names(again)).toEqual(['kept']);
    expect((await head(again.prisma)).logId).not.toBe(logId);
    expect(logger.lines.map(({ message }) => message).join('\n')).toMatch(
      /damaged; it is kept aside[\s\S]*restored from a snapshot/,
    );
    expect((await readdir(data)).filter((name) => name.startsWith('db.damaged-'))).toHaveLength(1);
  });

  it('takes the snapshot before when the newest is bad too', async () => {
    const db = await open({ snapshotEvery: 0 });
    await add(db, 'older');
    await db.snapshot();
    await db.close();
    await writeFile(join(data, 'snapshots', '99990101T000000000Z-r99-999999.tar.gz'), 'no tar');
    await spoil('global/pg_control');
    expect(await names(await open())).toEqual(['older']);
    expect(logger.lines.map(({ message }) => message)).toContainEqual(expect.stringMatching(/snapshot does not open/));
  });

  it('reads everything after a power cut, and so finds a torn page of a table', async () => {
    const db = await open({ snapshotEvery: 0 });
    for (let i = 0; i < 3; i++) await add(db, `kept${i}`);
    await db.snapshot();
    const { rows } = await db.pool.query<{ path: string }>(`SELECT pg_relation_filepath('cluster') AS path`);
    await db.pool.query('CHECKPOINT');
    await db.close();
    await spoil(rows[0]!.path);
    await writeFile(
      join(data, 'db.lock'),
      JSON.stringify({ token: 't', pid: 1, startTime: '1', bootId: 'the boot before', door: '/nowhere' }),
    );
    expect(await names(await open())).toEqual(['kept0', 'kept1', 'kept2']);
    expect(logger.lines.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/restored from a snapshot/),
    );
  });

  it('refuses to begin anew over a damaged directory without a snapshot', async () => {
    const db = await open({ snapshotEvery: 0 });
    await db.close();
    await spoil('global/pg_control');
    await expect(open()).rejects.toThrow(DatabaseDamaged);
    await expect(stat(join(data, 'db', 'base'))).resolves.toBeTruthy();
    await expect(stat(join(data, 'db.lock'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('begins again where a first start was killed', async () => {
    await mkdir(join(data, 'db'), { recursive: true });
    await appendFile(join(data, 'db', 'PG_VERSION'), '18\n');
    await writeFile(join(data, 'db.unfinished'), 'create');
    expect(await names(await open())).toEqual([]);
  });

  it.each([
    ['was flipped', 'restnre'],
    ['is empty', ''],
    ['is that of a first start', 'create'],
  ])(
    'begins with the newest snapshot, never anew, where the mark of one that is being unpacked %s',
    async (_, mark) => {
      const db = await open({ snapshotEvery: 0 });
      await add(db, 'kept');
      await db.snapshot();
      await db.close();
      await writeFile(join(data, 'db.unfinished'), mark);
      const again = await open();
      expect(await names(again)).toEqual(['kept']);
      expect(logger.lines.map(({ message }) => message)).toContainEqual(
        expect.stringMatching(/restored from a snapshot/),
      );
      expect(await readdir(data)).not.toContain('db.unfinished');
    },
  );

  it('stays as it is when nothing comes of the snapshot that somebody goes back to', async () => {
    await leave('older', 'newest');
    const bad = '20200101T000000000Z-r1-000000.tar.gz';
    await writeFile(join(data, 'snapshots', bad), 'no tar');
    await expect(goBack({ data, wanted: bad, logger, system: realSystem })).rejects.toThrow(
      /^The snapshot 2020\S+ of .* does not open, and the database stays as it is: labd restore --list/,
    );
    expect((await readdir(data)).filter((name) => /^db\./.test(name))).toEqual([]);
    expect(await names(await open())).toEqual(['newest', 'older']);
  });

  it('is kept beside the snapshot that takes its place, whenever that is broken off', async () => {
    await leave('kept', 'aside');
    // A kill right after it was moved: nothing says so but that it is missing.
    const directory = join(data, 'db');
    const aside = await setAside({ directory, system: realSystem }, 'replaced');
    expect((await readdir(data)).filter((name) => /^db\./.test(name))).toEqual([basename(aside)]);
    const again = await open();
    expect(await names(again)).toEqual(['kept']);
    await again.close();
    await rm(directory, { recursive: true });
    await writeFile(join(data, 'db.unfinished'), 'restore');
    await putBack(directory, aside);
    expect(await names(await open())).toEqual(['aside', 'kept']);
  });

  it('loses nothing acknowledged when its process is killed in mid-write', { timeout: 120_000 }, async () => {
    const writer = await buildWriter(seed);
    onTestFinished(() => writer.remove());
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round++)
      acknowledged.push(...(await writer.write(data, `r${round}`, 15 + round * 11)));
    const db = await open();
    expect((await names(db)).filter((name) => acknowledged.includes(name))).toHaveLength(acknowledged.length);
    expect(acknowledged.length).toBeGreaterThan(100);
    const { rev } = await head(db.prisma);
    expect(await db.prisma.change.count()).toBe(Number(rev));
    expect(await db.prisma.cluster.count()).toBe(Number(rev));
    expect(logger.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });
});
