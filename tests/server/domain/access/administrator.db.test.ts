// The first administrator: whoever starts labd can sign in, however many start at once and wherever one is killed.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished, describe, expect, test } from 'vitest';
import { ensureAdministrator } from '../../../../server/domain/access/administrator.ts';
import { ensureRoles } from '../../../../server/domain/access/roles.ts';
import { mint, parseSecret } from '../../../../server/domain/access/secrets.ts';
import { openDatabase } from '../../../../server/store/database.ts';
import type { Database } from '../../../../server/store/types.ts';
import { keepingLogger, openTestDatabase, type TestDatabase } from '../../../support/database.ts';

const STARTERS = 8;
const MADE = 'The administrator "admin" was made: its token is in the file';

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'lab-admin-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

type Logged = ReturnType<typeof keepingLogger>;

/** Several labd on one database, each with a log of its own. On the embedded engine they share the one process. */
async function starters(db: TestDatabase): Promise<{ db: Database; log: Logged }[]> {
  return Promise.all(
    Array.from({ length: STARTERS }, async () => {
      const log = keepingLogger();
      if (inject('labDatabase').engine === 'embedded') return { db: { ...db, logger: log }, log };
      const own = await openDatabase({ ...db.options, poolSize: 2, logger: log });
      onTestFinished(() => own.close());
      return { db: own, log };
    }),
  );
}

async function open(): Promise<TestDatabase & { log: Logged }> {
  const log = keepingLogger();
  const db = await openTestDatabase({ forThisTest: true, logger: log });
  await ensureRoles(db);
  return Object.assign(db, { log });
}

const hashOf = async (file: string) => parseSecret((await readFile(file, 'utf8')).trim())!.hash;
/** What is in a folder; nothing where nobody made it, such as a labd that found the administrator there already. */
const filesIn = (dir: string): Promise<string[]> =>
  readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
const tokens = (db: Database) => db.prisma.token.findMany({ select: { tokenHash: true } });
const messages = ({ lines }: Logged) => lines.map(({ message }) => message);

describe('several labd that start at once on an empty database', () => {
  test('with one file leave a token in it that is good, and no other', async () => {
    const db = await open();
    const dir = await folder();
    const file = join(dir, 'admin-token');
    const racing = await starters(db);
    const made = await Promise.all(racing.map((one) => ensureAdministrator(one.db, { file, host: 'lab-1' })));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await tokens(db)).toEqual([{ tokenHash: await hashOf(file) }]);
    expect(await readdir(dir)).toEqual(['admin-token']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await db.prisma.user.count()).toBe(1);
    const others = racing.filter((_, i) => !made[i]);
    for (const { log } of others)
      expect(messages(log).filter((one) => one.startsWith('There is an administrator already'))).toHaveLength(1);
  });

  test('with files of their own leave one, and the others say who has it', async () => {
    const db = await open();
    const dir = await folder();
    const racing = await starters(db);
    const files = racing.map((_, i) => join(dir, `labd-${i}`, 'admin-token'));
    const made = await Promise.all(
      racing.map((one, i) => ensureAdministrator(one.db, { file: files[i]!, host: `lab-${i}.example` })),
    );
    const winner = made.indexOf(true);
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await tokens(db)).toEqual([{ tokenHash: await hashOf(files[winner]!) }]);
    for (const [i, { log }] of racing.entries()) {
      expect(await filesIn(join(dir, `labd-${i}`))).toEqual(i === winner ? ['admin-token'] : []);
      expect(log.lines.map(({ message, fields }) => [message, fields['host']])).toEqual([
        i === winner
          ? [MADE, undefined]
          : [
              `There is an administrator already: the labd on lab-${winner}.example left its token in the file that LABD_ADMIN_TOKEN names there. If that is lost, make another with labd --new-admin-token`,
              `lab-${winner}.example`,
            ],
      ]);
    }
  });
});

describe('a labd that was killed', () => {
  test('before the commit leaves a draft that the next start removes', async () => {
    const db = await open();
    const dir = await folder();
    const file = join(dir, 'admin-token');
    const draft = `${file}.${db.system.uuid()}.draft`;
    await writeFile(draft, `${mint('lab_pat').text}\n`);
    expect(await ensureAdministrator(db, { file, host: 'a' })).toBe(true);
    expect(await ensureAdministrator(db, { file, host: 'a' })).toBe(false);
    expect(await readdir(dir)).toEqual(['admin-token']);
    expect(messages(db.log).at(-1)).toBe('There is an administrator already: its token is in the file');
  });

  test('between the commit and the file leaves a draft that the next start makes the file', async () => {
    const db = await open();
    const dir = await folder();
    const file = join(dir, 'admin-token');
    // A directory in its place is as good as a kill: the transaction is over, and the file does not appear.
    await mkdir(join(file, 'x'), { recursive: true });
    await expect(ensureAdministrator(db, { file, host: 'a' })).rejects.toThrow(
      new RegExp(
        `^${file}, which is to hold the administrator's token, cannot be written \\(EISDIR\\): the token is in `,
      ),
    );
    await rm(file, { recursive: true });
    expect(await readdir(dir)).toEqual([expect.stringMatching(/^admin-token\.[\w-]+\.draft$/)]);
    expect(await ensureAdministrator(db, { file, host: 'a' })).toBe(false);
    expect(await tokens(db)).toEqual([{ tokenHash: await hashOf(file) }]);
    expect(await readdir(dir)).toEqual(['admin-token']);
  });
});

describe('the file', () => {
  test('of another database is told, and left as it is', async () => {
    const db = await open();
    const file = join(await folder(), 'admin-token');
    await ensureAdministrator(db, { file: join(await folder(), 'admin-token'), host: 'a' });
    const strange = `${mint('lab_pat').text}\n`;
    await writeFile(file, strange);
    expect(await ensureAdministrator(db, { file, host: 'b' })).toBe(false);
    expect(db.log.lines.at(-1)).toMatchObject({
      level: 'warn',
      message:
        'What is in the file is no token of this database: remove the file, and make one with labd --new-admin-token',
    });
    expect(await readFile(file, 'utf8')).toBe(strange);
  });

  test('that cannot be written stops the start before anybody is made', async () => {
    const db = await open();
    const dir = await folder();
    await writeFile(join(dir, 'flat'), '');
    await expect(ensureAdministrator(db, { file: join(dir, 'flat', 'admin-token'), host: 'a' })).rejects.toThrow(
      /cannot be written \((EEXIST|ENOTDIR)\): make room or set its permissions right, or name another file in LABD_ADMIN_TOKEN$/,
    );
    expect(await db.prisma.user.count()).toBe(0);
  });

  test('is written anew when somebody lost it, and both tokens are good', async () => {
    const db = await open();
    const file = join(await folder(), 'admin-token');
    await ensureAdministrator(db, { file, host: 'a' });
    const first = await hashOf(file);
    await chmod(file, 0o400);
    await Promise.all([1, 2, 3].map(() => ensureAdministrator(db, { file, host: 'a', anew: true })));
    const hashes = (await tokens(db)).map(({ tokenHash }) => tokenHash);
    expect(hashes).toHaveLength(4);
    expect(hashes).toContain(first);
    expect(hashes).toContain(await hashOf(file));
    expect(await hashOf(file)).not.toBe(first);
  });

  test('of nobody in particular: a host whose name is no label is written so that it is one', async () => {
    const db = await open();
    const file = join(await folder(), 'admin-token');
    await ensureAdministrator(db, { file, host: '-läb 1.example-' });
    expect(await db.prisma.token.findFirstOrThrow()).toMatchObject({ labels: { 'left-on': 'l-b-1.example' } });
  });
});
