// Directories that were copied or put back, disks that rot, and labd put back: whatever was answered 202 arrives, or is
// told as lost, by count.
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bastion } from '../../../bastion/bastion.ts';
import { startFakeLabd, type FakeLabd } from '../../support/fake-labd.ts';
import { bastionIn, getJson, macOf, NOWHERE, post, temporary, until } from '../support.ts';

let root: string;
let remove: () => Promise<void>;
let labd: FakeLabd;
let running: Bastion[] = [];

beforeEach(async () => {
  ({ dir: root, remove } = await temporary());
  labd = await startFakeLabd();
});
afterEach(async () => {
  await Promise.all(running.map((bastion) => bastion.stop()));
  running = [];
  await labd.stop();
  await remove();
});

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
const dirOf = (name: string) => join(root, name);
async function start(name: string, more: Parameters<typeof bastionIn>[1] = {}): Promise<Bastion> {
  const bastion = await bastionIn(dirOf(name), { labd: labd.url, timings: { refused: 20 }, ...more });
  running.push(bastion);
  return bastion;
}
const stop = async (bastion: Bastion) => {
  running = running.filter((one) => one !== bastion);
  await bastion.stop();
};
/** Starts one, has it take reports and, unless labd is away from it, send them; stops it. */
async function turn(name: string, machines: readonly number[], { away = false } = {}): Promise<void> {
  const bastion = await start(name, away ? { labd: NOWHERE } : {});
  for (const n of machines) expect((await post(bastion.url, '/api/discover', { mac: macOf(n) })).status).toBe(202);
  if (!away) await sent(bastion);
  await stop(bastion);
}
const sent = (bastion: Bastion) =>
  until(async () => {
    const { uplink, waiting } = await getJson(bastion.url, '/healthz');
    return uplink === 'open' && waiting === 0 && !labd.snapshotWanted;
  });
const copy = (from: string, to: string) => cp(dirOf(from), dirOf(to), { recursive: true });
const reported = () => new Set(labd.items.flatMap(({ body }) => (body.report ? [body.report.mac] : [])));
const expectReported = (machines: readonly number[]) =>
  expect([...reported()].sort()).toEqual(machines.map(macOf).sort());
const segments = async (name: string) =>
  (await readdir(join(dirOf(name), 'spool'))).sort().map((file) => join(dirOf(name), 'spool', file));

describe('two bastions on copies of one directory', () => {
  test('in turn lose nothing, whatever each had not sent when the other one ran', async () => {
    await turn('a', range(1, 10));
    await copy('a', 'b');
    await turn('a', range(11, 15));
    // As many as labd has, and more: the numbers are the same, and the reports are others.
    await turn('b', range(21, 25), { away: true });
    await turn('b', range(26, 28));
    await turn('a', range(31, 40), { away: true });
    await turn('b', range(41, 42));
    await turn('a', range(43, 44));
    expectReported([...range(1, 15), ...range(21, 28), ...range(31, 44)]);
    expect(labd.losses).toEqual([]);
  });

  test('at the same time lose nothing', async () => {
    await turn('a', range(1, 5));
    await copy('a', 'b');
    const both = [await start('a'), await start('b')];
    labd.onPush = undefined;
    for (const round of range(1, 10))
      for (const [at, bastion] of both.entries())
        expect((await post(bastion.url, '/api/discover', { mac: macOf(1_000 * (at + 1) + round) })).status).toBe(202);
    await until(() => reported().size === 25);
    expectReported([...range(1, 5), ...range(1_001, 1_010), ...range(2_001, 2_010)]);
    expect(labd.losses).toEqual([]);
  });

  test('that wrote the same reports at the same time wrote different items', async () => {
    await turn('a', range(1, 3));
    await copy('a', 'b');
    const clock = { now: () => 1_700_000_000_000 };
    for (const name of ['a', 'b']) {
      const bastion = await start(name, { labd: NOWHERE, clock });
      await post(bastion.url, '/api/discover', { mac: macOf(77) });
      await stop(bastion);
    }
    await turn('a', []);
    await turn('b', []);
    expect(labd.items.filter(({ body }) => body.report?.mac === macOf(77))).toHaveLength(2);
  });
});

test('a directory that was put back from a backup goes on after what labd has, with all it takes', async () => {
  await turn('a', range(1, 10));
  await copy('a', 'backup');
  await turn('a', range(11, 20));
  await rm(dirOf('a'), { recursive: true });
  await copy('backup', 'a');
  await turn('a', range(21, 40));
  expectReported(range(1, 40));
  expect(labd.losses).toEqual([]);
  expect(labd.items.some(({ body }) => body.snapshotEnd)).toBe(true);
});

test('a directory whose spool alone was put back goes on too', async () => {
  await turn('a', range(1, 10));
  await copy('a', 'backup');
  await turn('a', range(11, 20));
  for (const name of ['spool', 'spool.marks']) {
    await rm(join(dirOf('a'), name), { recursive: true });
    await cp(join(dirOf('backup'), name), join(dirOf('a'), name), { recursive: true });
  }
  await turn('a', range(21, 25), { away: true });
  await turn('a', range(26, 35));
  expectReported(range(1, 35));
});

test('labd put back to an earlier state gets again what is there, and is told how many are not', async () => {
  const bastion = await start('a', { segmentBytes: 500 });
  for (const n of range(1, 20)) await post(bastion.url, '/api/discover', { mac: macOf(n) });
  await sent(bastion);
  await until(async () => (await getJson<{ spoolBytes: number }>(bastion.url, '/healthz')).spoolBytes < 1_000);
  await stop(bastion);
  labd.acknowledged = 5;
  labd.items.length = 0;
  await turn('a', [21]);
  const [loss] = labd.losses;
  expect(labd.losses).toHaveLength(1);
  expect(loss!.reason).toContain('labd had acknowledged it and was put back');
  // Each of the sixteen numbers is a report that came, or one that is counted.
  expect(loss!.count + labd.items.filter(({ body }) => body.report).length).toBe(16);
});

test.each([
  ['an hour ahead', 3_600_000],
  ['an hour back', -3_600_000],
  ['a year ahead', 31_536_000_000],
  ['a year back', -31_536_000_000],
])('a clock that is set %s in the middle loses nothing, and labd gets the snapshot it wants', async (_name, by) => {
  let offset = 0;
  const clock = { now: () => Date.now() + offset };
  const bastion = await start('a', { clock });
  const report = async (machines: readonly number[]) => {
    for (const n of machines) expect((await post(bastion.url, '/api/discover', { mac: macOf(n) })).status).toBe(202);
  };
  labd.snapshotWanted = true;
  await report(range(1, 5));
  await sent(bastion);
  offset = by;
  labd.snapshotWanted = true;
  await report(range(6, 10));
  await sent(bastion);
  await stop(bastion);
  offset = 0;
  await turn('a', range(11, 15));
  expectReported(range(1, 15));
  expect(labd.losses).toEqual([]);
});

describe('what rots in a spool that waits', () => {
  const wait = () => turn('a', range(1, 20), { away: true });

  test.each([
    ['the last line with one bit flipped', (text: Buffer) => flip(text, text.length - 20), 1],
    ['a line in the middle with one bit flipped', (text: Buffer) => flip(text, Math.floor(text.length / 2)), 1],
    ['a tail of zeros', (text: Buffer) => text.fill(0, text.length - 500), 4],
    ['a tail that is gone', (text: Buffer) => text.subarray(0, text.length - 500), 4],
    ['nothing in it', () => Buffer.alloc(0), 20],
  ])('%s is told by count, and the rest arrives', async (_name, spoil, most) => {
    await wait();
    const [file] = await segments('a');
    await writeFile(file!, spoil(await readFile(file!)));
    await turn('a', [21]);
    const lost = labd.losses.reduce((sum, { count }) => sum + count, 0);
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThanOrEqual(most);
    expect(reported().size).toBe(21 - lost);
    expect(labd.losses.every(({ reason }) => reason.includes('damaged'))).toBe(true);
    expect(labd.acknowledged).toBeGreaterThanOrEqual(21);
  });

  test('a file that is gone is told by count', async () => {
    const bastion = await start('a', { labd: NOWHERE, segmentBytes: 500 });
    for (const n of range(1, 20)) await post(bastion.url, '/api/discover', { mac: macOf(n) });
    await stop(bastion);
    const files = await segments('a');
    await rm(files[2]!);
    const first = (file: string) => Number(file.slice(-22, -6));
    await turn('a', []);
    expect(labd.losses.map(({ count }) => count)).toEqual([first(files[3]!) - first(files[2]!)]);
    expect(reported().size).toBe(20 - labd.losses[0]!.count);
  });

  test('two files that changed places are read as if they had not', async () => {
    const bastion = await start('a', { labd: NOWHERE, segmentBytes: 500 });
    for (const n of range(1, 20)) await post(bastion.url, '/api/discover', { mac: macOf(n) });
    await stop(bastion);
    const [one, two] = await segments('a');
    const [first, second] = [await readFile(one!), await readFile(two!)];
    await writeFile(one!, second);
    await writeFile(two!, first);
    await turn('a', []);
    expectReported(range(1, 20));
    expect(labd.losses).toEqual([]);
  });
});

function flip(content: Buffer, at: number): Buffer {
  const flipped = Buffer.from(content);
  flipped[at]! ^= 4;
  return flipped;
}
