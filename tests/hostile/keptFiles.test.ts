// Every file that labd and a bastion keep, found by running both: each is in a table with the test that flips its bits.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { joinToken, readToken } from '../../bastion/enrolment/token.ts';
import { randomFrom } from '../../bastion/simulate/random.ts';
import { hashIn } from '../../server/domain/access/tokenFile.ts';
import { mint } from '../../server/domain/access/secrets.ts';
import { loadKeyring } from '../../server/domain/secrets/loadKeyring.ts';
import { noteFile } from '../../server/store/embedded/note.ts';
import { findChangedStatus, noteStatuses } from '../../server/store/embedded/statuses.ts';
import { changedFiles, noteSums } from '../../server/store/embedded/sums.ts';
import { KeyUnusable, type Keyring } from '../../server/domain/secrets/keyring.ts';
import { bastionIn, getJson, macOf, post, temporary, until } from '../bastion/support.ts';
import { endLabd, startLabdProcess, temporaryDirectory } from '../server/http/process.ts';
import { keepingLogger } from '../support/database.ts';
import { startFakeLabd } from '../support/fake-labd.ts';

const FLIPS = 200;
const SEED = Number(process.env['LAB_SEED'] ?? Date.now() % 1_000_000);
const { whole } = randomFrom(SEED);

const HERE = 'tests/hostile/keptFiles.test.ts';
const FLIPPED = 'tests/server/store/flips.db.test.ts';
const ROT = 'tests/bastion/state/rot.test.ts';
/** It goes with the process. */
const SOCKET = 'a socket has no bits';

type Table = readonly (readonly [files: RegExp, where: string])[];

/** What is below the data directory of labd. */
const labds: Table = [
  [/^admin-token$/, HERE],
  [/^db\/pg_wal\//, 'tests/server/store/walFlips.db.test.ts'],
  [/^db\/lab\.(?:sums|statuses)$/, HERE],
  [/^db\//, FLIPPED],
  [/^db\.lock$/, FLIPPED],
  [/^snapshots\/[^/]+\.tar\.gz$/, FLIPPED],
  [/^run\//, SOCKET],
];

/** What is below the directory of a bastion. */
const bastions: Table = [
  [/^spool\/\d+\.jsonl$/, ROT],
  [/^spool\.marks$/, ROT],
  [/^machines\.json$/, ROT],
  [/^instance$/, ROT],
  [/^identity\.json$/, ROT],
  [/^enrolling\.json$/, ROT],
  [/^lock$/, ROT],
  [/^attempts\/[0-9a-f]{64}\.json$/, 'tests/bastion/install/attempts.test.ts'],
  [/^refused\.jsonl$/, ROT],
  [/^dhcp\/site\.json$/, ROT],
  [/^files\/trees\.json$/, 'tests/bastion/files/files.test.ts'],
  [/^files\/[0-9a-f]{64}$/, 'tests/bastion/files/scrub.test.ts'],
  [/^api\.token$/, 'who asks reads the same file as the bastion'],
  [/^logs\/[0-9a-f-]{17}\.log$/, ROT],
  [/^(?:api\.sock|held-.+)$/, SOCKET],
];

/** Nobody reads it under that name: it is being written, or left by who was killed then. */
const UNFINISHED = /\.(?:new|part|draft|unfinished|unverified)$|^probe\.\d+$|^(?:db\.)?lock\.[\w-]+$/;

const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { withFileTypes: true, recursive: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((file) => !UNFINISHED.test(file));

const rowOf = (table: Table, file: string) => table.find(([files]) => files.test(file));

/** That each file is in the table. */
function expectKnown(table: Table, files: readonly string[]): void {
  expect(files.filter((file) => rowOf(table, file) === undefined)).toEqual([]);
}

describe('every file', () => {
  test('that labd keeps has a test that flips its bits', { timeout: 120_000 }, async () => {
    const labd = await startLabdProcess(await temporaryDirectory());
    onTestFinished(() => endLabd(labd));
    const running = await filesIn(labd.data);
    labd.child.kill('SIGTERM');
    expect(await labd.ended).toBe(0);
    const files = [...running, ...(await filesIn(labd.data))];
    expectKnown(labds, files);
    expect(labds.filter(([pattern]) => !files.some((file) => pattern.test(file)))).toEqual([]);
  });

  test('that a bastion keeps has a test that flips its bits', async () => {
    const [{ dir, remove }, labd] = [await temporary(), await startFakeLabd()];
    const bastion = await bastionIn(dir, { labd: labd.url, simulateBoot: true });
    onTestFinished(async () => {
      await bastion.stop();
      await labd.stop();
      await remove();
    });
    await post(bastion.url, '/api/discover', { mac: macOf(1) });
    labd.order({ id: 'Order:1', kind: 'INSTALL', macs: [macOf(1)], serverId: 'Server:1', attempt: 1 });
    await until(async () => 'token' in (await getJson(bastion.url, `/api/boot?mac=${macOf(1)}`)));
    await until(async () => (await filesIn(dir)).includes('machines.json'));
    const files = await filesIn(dir);
    expectKnown(bastions, files);
    for (const file of ['instance', 'lock', 'spool.marks']) expect(files).toContain(file);
    expect(files.filter((file) => file.startsWith('attempts/'))).toHaveLength(1);
  });

  test.each([...labds, ...bastions].filter(([, where]) => where.startsWith('tests/')))('%s: %s', (_files, where) => {
    expect(existsSync(where)).toBe(true);
  });
});

/** A file with this text, and a test of it for each of so many random flips. */
async function flipping(text: string, check: (file: string) => Promise<void>): Promise<void> {
  const { dir, remove } = await temporary();
  onTestFinished(remove);
  const file = join(dir, 'kept');
  for (let n = 0; n < FLIPS; n++) {
    const bytes = Buffer.from(text);
    bytes[whole(bytes.length)]! ^= 1 << whole(8);
    await writeFile(file, bytes);
    await check(file);
  }
}

describe(`a bit flipped (LAB_SEED=${SEED})`, () => {
  test("in the administrator's token makes it no token, or leaves it as it is", async () => {
    const { text, hash } = mint('lab_pat');
    await flipping(`${text}\n`, async (file) => {
      const found = await hashIn(file);
      if (found !== null) expect([found, (await readFile(file, 'utf8')).trim()]).toEqual([hash, text]);
    });
  });

  test('in the token of a bastion makes it none, or one that labd and the bastion know to be another', async () => {
    const text = `${mint('lab_join').text}.${randomBytes(32).toString('hex')}`;
    const { hash } = joinToken(text)!;
    await flipping(`${text}\n`, async (tokenFile) => {
      const read = await readToken({ token: undefined, tokenFile });
      expect(joinToken(read)?.hash === hash).toBe(read === text);
    });
  });

  test.each([
    ['base64', 'base64' as const],
    ['hexadecimal', 'hex' as const],
  ])('in a file with a key in %s is refused, gives another key, or leaves it as it is', async (_form, encoding) => {
    const raw = randomBytes(32);
    const text = raw.toString(encoding);
    const known = await loadKey(text);
    await flipping(`${text}\n`, async (file) => {
      const found = await loadKeyring({ file }).catch((error: unknown) => error as Error);
      if (found instanceof Error) {
        expect(found).toBeInstanceOf(KeyUnusable);
        expect(found.message).not.toContain(text.slice(4, 24));
        expect(found.message).toContain('openssl rand -base64 32');
        return;
      }
      // What another key means is said at the start, by the row that shows which one encrypts.
      const same = decode((await readFile(file, 'latin1')).trim(), encoding).equals(raw);
      expect((found as Keyring).keyId === known).toBe(same);
    });
  });
});

test.each([
  ['sums', 'one', noteSums, async (database: string) => (await changedFiles(database))[0]],
  ['statuses', 'pg_xact/0000', (database: string) => noteStatuses(database, 1_000, keepingLogger()), findChangedStatus],
] as const)(
  'a bit flipped in the %s of a database makes them say nothing, and nothing wrong',
  async (what, kept, note, look) => {
    const { dir, remove } = await temporary();
    onTestFinished(remove);
    const database = join(dir, 'db');
    await mkdir(join(database, 'pg_xact'), { recursive: true });
    await writeFile(join(database, kept), randomBytes(8_192));
    for (let n = 0; n < FLIPS; n++) {
      await note(database);
      const bytes = await readFile(noteFile(database, what));
      bytes[whole(bytes.length)]! ^= 1 << whole(8);
      await writeFile(noteFile(database, what), bytes);
      expect(await look(database), `LAB_SEED=${SEED}`).toBeUndefined();
    }
  },
);

async function loadKey(text: string): Promise<string> {
  const { dir, remove } = await temporary();
  onTestFinished(remove);
  await writeFile(join(dir, 'key'), text);
  return ((await loadKeyring({ file: join(dir, 'key') })) as Keyring).keyId;
}

const decode = (text: string, encoding: 'base64' | 'hex') => Buffer.from(text, encoding);
