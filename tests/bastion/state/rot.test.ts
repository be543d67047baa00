// Disks that rot: one random bit flipped in each file that a bastion keeps, two hundred times. What was taken is there or
// counted, and what is damaged is told by its name.
import { randomBytes, randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UplinkBodyInput } from '../../../bastion/generated/documents.ts';
import { loadEnrolment, loadPending, saveEnrolment, savePending } from '../../../bastion/enrolment/kept.ts';
import { noteSite } from '../../../bastion/dhcp/notes.ts';
import type { LabdSite } from '../../../bastion/dhcp/selection.ts';
import { Files } from '../../../bastion/files/files.ts';
import { Attempts } from '../../../bastion/install/attempts.ts';
import { LogFiles } from '../../../bastion/logs/logFiles.ts';
import { Refused } from '../../../bastion/enrolment/refused.ts';
import { randomFrom } from '../../../bastion/simulate/random.ts';
import { Cache } from '../../../bastion/state/cache.ts';
import { instanceOf } from '../../../bastion/state/instance.ts';
import { lockDirectory } from '../../../bastion/state/lock.ts';
import { checkRefused, keepRefused } from '../../../bastion/state/refusedItems.ts';
import { Spool } from '../../../bastion/state/spool.ts';
import { macOf, temporary } from '../support.ts';

const FLIPS = 200;
const seed = Number(process.env['LAB_ROT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const chance = randomFrom(seed);
const below = (most: number) => chance.whole(most);

let root: string;
let good: string;
let remove: () => Promise<void>;
let hash: string | null;
const warnings: string[] = [];
const warn = (message: string) => void warnings.push(message);

const LAST = 60;
const ACKNOWLEDGED = 20;
const report = (n: number): UplinkBodyInput => ({ report: { mac: macOf(n), product: `ACME ${n}` } });
const openSpool = (dir: string) =>
  Spool.open({ folder: join(dir, 'spool'), limit: 1e9, segmentBytes: 2_000, now: () => 0, newId: randomUUID, warn });
const openCache = (dir: string) =>
  Cache.open({ dir, elapsed: () => 0, onSaved: async () => {}, onError: () => {}, warn });
const openFiles = (dir: string) => Files.open({ dir, now: () => 0, warn });
const openAttempts = (dir: string) => Attempts.open({ dir, bytes: randomBytes, warn });
const readSite = (dir: string) => noteSite(dir, warn);
const openLogs = (dir: string) =>
  new LogFiles({
    folder: join(dir, 'logs'),
    onError: (error) => void warnings.push(String(error)),
    warn,
  });
/** What a machine said, in the file of its log. */
const output = Array.from({ length: 20 }, (_, n) => ({ n, line: `Unpacking "part ${n}" …` }));
const LOG = `logs/${macOf(1).replaceAll(':', '-')}.log`;
const site: LabdSite = {
  tag: 'a',
  networks: [],
  reservations: [{ mac: macOf(1), ip: '10.0.0.9', hostname: 'web' }],
  boots: [],
};
const enrolment = {
  name: 'north',
  key: 'KEY',
  certificate: 'PEM',
  authority: 'CA',
  since: 1_000,
  token: 'f'.repeat(64),
};
const refusals = [1, 2, 3, 4, 5].map((n) => ({ why: `No ${n}.`, item: { sequence: n, body: report(n) } }));
const pending = { key: 'KEY', token: 'e'.repeat(64) };
const instance = randomUUID();

beforeAll(async () => {
  ({ dir: root, remove } = await temporary());
  good = join(root, 'good');
  await mkdir(good);
  const spool = await openSpool(good);
  for (let n = 1; n <= LAST; n += 1) {
    await spool.append([report(n)]);
    if (n === ACKNOWLEDGED) ({ hash } = spool.position);
  }
  spool.acknowledge(ACKNOWLEDGED);
  await spool.trim(ACKNOWLEDGED);
  await spool.close();
  const cache = await openCache(good);
  for (let n = 1; n <= 9; n += 1)
    cache.machines.apply({ sequence: n, at: '2026-01-01T00:00:00.000Z', body: report(n) });
  await cache.save();
  await instanceOf(
    good,
    () => instance,
    () => {},
  );
  for (const refused of refusals) await keepRefused(good, refused);
  await (await readSite(good)).serve(site);
  const logs = openLogs(good);
  logs.append(macOf(1), output);
  await logs.settle();
  await savePending(good, pending);
  await saveEnrolment(good, enrolment);
  await savePending(good, pending);
});
afterAll(() => remove());

/** A copy of the directory. */
async function copied(): Promise<string> {
  const dir = join(root, 'rotten');
  await rm(dir, { recursive: true, force: true });
  await cp(good, dir, { recursive: true });
  warnings.length = 0;
  return dir;
}

/** The same with one bit flipped in one of these files. */
async function rotten(...files: string[]): Promise<string> {
  const dir = await copied();
  const path = join(dir, files[below(files.length)]!);
  const content = await readFile(path);
  content[below(content.length)]! ^= 1 << below(8);
  await writeFile(path, content);
  return dir;
}

/** Sends what a spool has to a labd that has the first twenty; returns what came and what was lost. */
async function drain(dir: string): Promise<{ came: Map<number, unknown>; lost: number[] }> {
  const spool = await openSpool(dir);
  expect(await spool.continues(ACKNOWLEDGED, hash)).toBe(true);
  const came = new Map<number, unknown>();
  const lost: number[] = [];
  for (let cursor = ACKNOWLEDGED; cursor < spool.newest;) {
    const { items } = await spool.read(cursor, { items: 7, bytes: 1e6 });
    for (let gone = cursor + 1; gone < (items[0]?.sequence ?? spool.newest + 1); gone += 1) lost.push(gone);
    for (const { sequence, body } of items) came.set(sequence, body);
    cursor = items.at(-1)?.sequence ?? spool.newest;
  }
  expect((await spool.append([report(99)]))[0]!.sequence).toBe(LAST + 1);
  await spool.close();
  return { came, lost };
}

const times = Array.from({ length: FLIPS });

describe(`a bit flipped (LAB_ROT_SEED=${seed})`, { timeout: 120_000 }, () => {
  test('in a file of the spool loses what its line held, and counts it', async () => {
    const files = (await readdir(join(good, 'spool'))).map((file) => join('spool', file));
    for (const _ of times) {
      const { came, lost } = await drain(await rotten(...files));
      // The end of a line may be what was flipped: then it takes the next one with it.
      expect(lost.length).toBeLessThanOrEqual(2);
      expect(came.size + lost.length).toBe(LAST - ACKNOWLEDGED);
      for (const [sequence, body] of came) expect(body).toEqual(report(sequence));
      expect(warnings.length).toBe(lost.length === 0 ? 0 : 1);
    }
  });

  test('in the marks of the spool loses nothing', async () => {
    for (const _ of times) {
      const { came, lost } = await drain(await rotten('spool.marks'));
      expect([came.size, lost]).toEqual([LAST - ACKNOWLEDGED, []]);
    }
  });

  test('in the saved machines is found, or changes none of them', async () => {
    const { machines } = await openCache(good);
    for (const _ of times) {
      const { machines: read } = await openCache(await rotten('machines.json'));
      if (warnings.length === 0) expect([read.list(), read.through]).toEqual([machines.list(), machines.through]);
      else expect([read.size, warnings[0]]).toEqual([0, expect.stringContaining('machines.json is damaged')]);
    }
  });

  test('in the instance is found, or changes nothing', async () => {
    for (const _ of times) {
      const dir = await rotten('instance');
      const read = await instanceOf(
        dir,
        () => 'another',
        (message) => void warnings.push(message),
      );
      expect([read, warnings.length]).toEqual(read === instance ? [instance, 0] : ['another', 1]);
    }
  });

  test.each([
    ['certificate', 'identity.json', loadEnrolment, enrolment],
    ['key of an enrolment that has begun', 'enrolling.json', loadPending, pending],
  ])('in the %s is found, or changes nothing', async (_what, file, load, kept) => {
    for (const _ of times) {
      const read = await load(await rotten(file)).catch((error: unknown) => error);
      if (read instanceof Refused)
        expect(read.message).toMatch(new RegExp(`${file} is damaged: put it back from a copy`));
      else expect(read).toMatchObject(kept);
    }
  });

  test('in what labd said of the site is told, or changes none of it', async () => {
    for (const _ of times) {
      const read = (await readSite(await rotten('dhcp/site.json'))).site();
      if (read !== undefined) expect([read, warnings]).toEqual([site, []]);
      else expect(warnings).toEqual([expect.stringMatching(/site\.json is damaged: until labd answers, .* no DHCP/)]);
    }
  });

  test('in what labd refused is told, or changes none of it', async () => {
    for (const _ of times) {
      const dir = await rotten('refused.jsonl');
      await checkRefused(dir, (message) => void warnings.push(message));
      if (warnings.length === 0) {
        const items = (await readFile(join(dir, 'refused.jsonl'), 'utf8')).trimEnd().split('\n');
        expect(items.map((line) => JSON.parse(line) as object)).toMatchObject(refusals);
      } else expect(warnings).toEqual([expect.stringMatching(/refused\.jsonl is damaged in [12] of [456] lines/)]);
    }
  });

  test('in the log of a machine loses its line alone, and tells it', async () => {
    for (const _ of times) {
      const read = openLogs(await rotten(LOG)).read(macOf(1));
      // The end of a line may be what was flipped: then it takes the next one with it.
      const lost = output.length - read.length;
      expect(lost).toBeLessThanOrEqual(2);
      for (const entry of read as typeof output) expect(entry).toMatchObject(output[entry.n]!);
      expect(warnings).toEqual(lost === 0 ? [] : [expect.stringMatching(/\.log is damaged in 1 of (19|20) lines/)]);
    }
  });

  test('no flip is told of the file of what labd refused that a full disk left empty', async () => {
    const dir = await copied();
    await writeFile(join(dir, 'refused.jsonl'), '');
    await checkRefused(dir, (message) => void warnings.push(message));
    expect(warnings).toEqual([]);
  });

  test('in the lock of a bastion that died does not keep the next one out', async () => {
    const holder = { pid: 999_999, startTime: '1', bootId: 'b', token: randomUUID(), door: join(good, 'held-1') };
    await writeFile(join(good, 'lock'), JSON.stringify(holder));
    for (const _ of times) await (await lockDirectory(await rotten('lock'))).release();
    await writeFile(join(good, 'lock'), JSON.stringify({ ...holder, token: '../x' }));
    await (await lockDirectory(good)).release();
  });
});

/** What the kernel gives nothing back of, as a disk that fails: nothing is mapped where it begins. */
const UNREADABLE = '/proc/self/mem';

describe('a file that the disk does not give back', () => {
  test.each([
    ['machines.json', async (dir: string) => (await openCache(dir)).machines.size, 0],
    ['dhcp/site.json', async (dir: string) => (await readSite(dir)).site(), undefined],
    ['refused.jsonl', async (dir: string) => checkRefused(dir, (message) => void warnings.push(message)), undefined],
    ['files/trees.json', async (dir: string) => (await openFiles(dir)).buildOf('x') ?? undefined, undefined],
    [`attempts/${'a'.repeat(64)}.json`, async (dir: string) => (await openAttempts(dir)).open(), []],
  ])('%s is told, and keeps no bastion from starting', async (file, open, expected) => {
    const dir = await copied();
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await rm(join(dir, file), { force: true });
    await symlink(UNREADABLE, join(dir, file));
    expect(await open(dir)).toEqual(expected);
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`${file}.* (damaged|unreadable)`))]);
  });

  test.each([
    ['identity.json', loadEnrolment],
    ['enrolling.json', loadPending],
  ])('%s is told, with what to do', async (file, load) => {
    const dir = await copied();
    await rm(join(dir, file), { force: true });
    await symlink(UNREADABLE, join(dir, file));
    await expect(load(dir)).rejects.toThrow(`${file} is damaged: put it back from a copy`);
  });
});
