// The spool on a real disk: what it took is there, whatever happened since.
import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UplinkBodyInput, UplinkItemInput } from '../../../bastion/generated/documents.ts';
import { Spool, SpoolFull } from '../../../bastion/state/spool.ts';
import { macOf, temporary } from '../support.ts';

let dir: string;
let remove: () => Promise<void>;
let open: Spool[] = [];
const warnings: string[] = [];

beforeEach(async () => void ({ dir, remove } = await temporary()));
afterEach(async () => {
  await Promise.all(open.map((spool) => spool.close()));
  open = [];
  warnings.length = 0;
  await remove();
});

const folder = () => join(dir, 'spool');
async function start({ limit = 1e9, segmentBytes = 1_000, endless = false } = {}): Promise<Spool> {
  const spool = await Spool.open({
    folder: folder(),
    limit,
    segmentBytes,
    endless,
    now: () => 0,
    newId: randomUUID,
    warn: (message) => void warnings.push(message),
  });
  open.push(spool);
  return spool;
}
async function reopen(spool: Spool, options?: Parameters<typeof start>[0]): Promise<Spool> {
  await spool.close();
  open = open.filter((one) => one !== spool);
  return start(options);
}
const report = (n: number): UplinkBodyInput => ({ report: { mac: macOf(n) } });
const fill = async (spool: Spool, from: number, to: number) => {
  for (let n = from; n <= to; n += 1) await spool.append([report(n)]);
};
const all = async (spool: Spool, after = 0) => {
  const items: UplinkItemInput[] = [];
  for await (const item of spool.all(after)) items.push(item);
  return items;
};
const macs = (items: UplinkItemInput[]) => items.map(({ body }) => body.report?.mac);
const files = async () => (await readdir(folder())).sort();
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe('a spool', () => {
  test('numbers what it takes from 1 on without gaps, also when many add at once', async () => {
    const spool = await start();
    const items = (await Promise.all(range(1, 300).map((n) => spool.append([report(n)])))).flat();
    expect(items.map(({ sequence }) => sequence)).toEqual(range(1, 300));
    expect(macs(await all(spool))).toEqual(range(1, 300).map(macOf));
  });

  test('has all of it after it is opened again, and numbers on', async () => {
    let spool = await start();
    await fill(spool, 1, 30);
    spool = await reopen(spool);
    expect([spool.oldest, spool.newest]).toEqual([1, 30]);
    expect((await spool.append([report(31)]))[0]?.sequence).toBe(31);
    expect(macs(await all(spool))).toEqual(range(1, 31).map(macOf));
  });

  test('reads batches that fit', async () => {
    const spool = await start({ segmentBytes: 1e6 });
    await fill(spool, 1, 10);
    const read = async (after: number, items: number, most: number) =>
      (await spool.read(after, { items, bytes: most })).items;
    expect((await read(0, 3, 1e6)).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(await read(3, 3, 1)).toHaveLength(1);
    expect(await read(10, 3, 1e6)).toEqual([]);
    const bytes = JSON.stringify(await read(0, 10, 300)).length;
    expect(bytes).toBeLessThanOrEqual(301);
  });

  test('deletes what is acknowledged, and never uses a number twice', async () => {
    let spool = await start();
    await fill(spool, 1, 60);
    const before = await files();
    spool.acknowledge(60);
    await spool.trim(60);
    expect((await files()).length).toBeLessThan(before.length);
    spool = await reopen(spool);
    expect([spool.newest, spool.acknowledged]).toEqual([60, 60]);
    expect((await spool.append([report(61)]))[0]?.sequence).toBe(61);
  });

  test('without labd lets what is oldest go for what comes, once it is somewhere else', async () => {
    const spool = await start({ limit: 8_000, endless: true });
    await expect(fill(spool, 1, 300)).rejects.toThrow(SpoolFull);
    for (let n = spool.newest + 1; n <= 300; n += 1) {
      await spool.trim(n - 1);
      await fill(spool, n, n);
    }
    expect(spool.newest).toBe(300);
    expect(spool.bytes).toBeLessThanOrEqual(8_000);
    expect(spool.oldest).toBe(spool.acknowledged + 1);
    const kept = macs(await all(spool));
    expect(kept).toEqual(range(spool.oldest, 300).map(macOf));
  });

  test('without labd lets what is oldest go also after a start with a spool that is full', async () => {
    let spool = await start({ limit: 8_000, endless: true });
    await expect(fill(spool, 1, 300)).rejects.toThrow(SpoolFull);
    const full = spool.newest;
    spool = await reopen(spool, { limit: 8_000, endless: true });
    spool.keptElsewhere(full);
    await fill(spool, full + 1, full + 20);
    const gone = warnings.map((warning) => Number(/its oldest (\d+) items are deleted/.exec(warning)?.[1]));
    expect(gone.reduce((sum, count) => sum + count, 0)).toBe(spool.acknowledged);
    expect(spool.newest).toBe(full + 20);
    expect(spool.bytes).toBeLessThanOrEqual(8_000);
  });

  test('keeps what is acknowledged but not yet anywhere else', async () => {
    const spool = await start();
    await fill(spool, 1, 60);
    spool.acknowledge(60);
    await spool.trim(0);
    expect(spool.oldest).toBe(1);
  });

  test.each([
    ['half a line', (line: string) => line.slice(0, line.length / 2)],
    ['a line without its end', (line: string) => line.slice(0, -1)],
    ['a line with a wrong checksum', (line: string) => line.replace(/^./, (first) => (first === '0' ? '1' : '0'))],
    ['zeros', (line: string) => '\0'.repeat(line.length)],
  ])('cuts off %s at its end', async (_what, torn) => {
    let spool = await start();
    await fill(spool, 1, 3);
    await spool.close();
    open = [];
    const [file] = await files();
    const line = (await readFile(join(folder(), file!), 'utf8')).split('\n')[0]!;
    await appendFile(join(folder(), file!), torn(`${line}\n`));
    spool = await start();
    expect(warnings).toEqual([]);
    expect((await spool.append([report(4)]))[0]?.sequence).toBe(4);
    spool = await reopen(spool);
    expect(macs(await all(spool))).toEqual(range(1, 4).map(macOf));
  });

  test('keeps what is readable when something in its middle is not, and says how many are missing', async () => {
    let spool = await start();
    await fill(spool, 1, 60);
    await spool.close();
    open = [];
    const [, second] = await files();
    const path = join(folder(), second!);
    const lines = (await readFile(path, 'utf8')).split('\n');
    const lost = Number(/"sequence":(\d+)/.exec(lines[3]!)![1]);
    lines[3] = lines[3]!.replace('report', 'retort');
    await writeFile(path, lines.join('\n'));
    spool = await start();
    expect(warnings).toEqual([expect.stringMatching(/^1 reports .* cannot be read in .*spool any more \(damaged: /)]);
    const left = range(1, 60).filter((n) => n !== lost);
    expect((await all(spool)).map(({ sequence }) => sequence)).toEqual(left);
    const next = await spool.read(lost - 1, { items: 3, bytes: 1e6 });
    expect(next.items.map(({ sequence }) => sequence)).toEqual(range(lost + 1, lost + 3));
    expect(spool.whyLost(lost)).toContain('damaged');
    expect((await spool.append([report(99)]))[0]?.sequence).toBe(61);
  });

  test('keeps the rest when a whole file of it is gone', async () => {
    let spool = await start();
    await fill(spool, 1, 60);
    await spool.close();
    open = [];
    const [, second, third] = await files();
    await rm(join(folder(), second!));
    spool = await start();
    const gone = range(Number(second!.slice(0, 16)), Number(third!.slice(0, 16)) - 1);
    expect(warnings[0]).toContain(`${gone.length} reports`);
    expect(macs(await all(spool))).toEqual(
      range(1, 60)
        .filter((n) => !gone.includes(n))
        .map(macOf),
    );
  });

  test('numbers anew, after what labd has, what labd may not have', async () => {
    let spool = await start();
    await fill(spool, 1, 60);
    spool.acknowledge(50);
    spool.drop(55, 'labd refused it');
    await spool.renumber(1_000, 'f'.repeat(32));
    expect(macs(await all(spool))).toEqual([51, 52, 53, 54, 56, 57, 58, 59, 60].map(macOf));
    expect([spool.oldest, spool.newest, spool.acknowledged]).toEqual([1_001, 1_010, 1_000]);
    expect(await spool.continues(1_000, 'f'.repeat(32))).toBe(true);
    spool = await reopen(spool);
    expect(await spool.continues(1_000, 'f'.repeat(32))).toBe(true);
    expect((await spool.append([report(61)]))[0]?.sequence).toBe(1_011);
  });

  test.each([
    ['before the new files were complete', 'spool.new', true],
    ['before the new files were in place', 'spool', false],
  ])('survives a crash of that %s', async (_when, name, keepsOld) => {
    let spool = await start();
    await fill(spool, 1, 5);
    await spool.close();
    open = [];
    const { cp, rename } = await import('node:fs/promises');
    if (keepsOld) {
      await cp(folder(), join(dir, name), { recursive: true });
      await appendFile(join(dir, name, (await files())[0]!), 'half');
    } else {
      await cp(folder(), `${folder()}.new`, { recursive: true });
      await rename(folder(), `${folder()}.old`);
    }
    spool = await start();
    expect(macs(await all(spool))).toEqual(range(1, 5).map(macOf));
    expect((await readdir(dir)).filter((one) => one.startsWith('spool'))).toEqual(['spool', 'spool.marks']);
  });

  test.each([
    ['is empty', ''],
    ['has half a line', 'ffffffff {"mac'],
  ])('keeps what it takes where a start went no further than a file that %s', async (_what, left) => {
    await mkdir(folder());
    await writeFile(join(folder(), `${'1'.padStart(16, '0')}.jsonl`), left);
    let spool = await start();
    await fill(spool, 1, 3);
    await spool.trim(0);
    expect((await files()).length).toBe(1);
    spool = await reopen(spool);
    expect(macs(await all(spool))).toEqual(range(1, 3).map(macOf));
    expect(warnings).toEqual([]);
  });

  test('refuses what goes beyond its limit, and takes on when there is room', async () => {
    const spool = await start({ limit: 3_000 });
    const taken = (
      await Promise.all(range(1, 100).map((n) => spool.append([report(n)]).catch((error: unknown) => error)))
    ).filter((one) => Array.isArray(one));
    expect(spool.bytes).toBeLessThanOrEqual(3_000);
    expect(spool.newest).toBe(taken.length);
    await expect(spool.append([report(101)])).rejects.toThrow(SpoolFull);
    spool.acknowledge(spool.newest);
    await spool.trim(spool.newest);
    expect((await spool.append([report(102)]))[0]?.sequence).toBe(taken.length + 1);
  });

  test('asks a late answer only after everything before it is on the disk', async () => {
    const spool = await start();
    const seen: number[] = [];
    const added = [
      spool.append([report(1)]),
      spool.append(() => (seen.push(spool.newest), [report(2)])),
      spool.append([report(3)]),
    ];
    expect((await Promise.all(added)).flat().map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(seen).toEqual([1]);
  });
});
