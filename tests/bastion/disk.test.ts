// Disks that are full or read-only under the executable: it starts, sends what it has, tells what to mend, and goes on.
import { spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startFakeLabd, type FakeLabd } from '../support/fake-labd.ts';
import {
  buildProgram,
  machinesIn,
  macOf,
  NOWHERE,
  post,
  run,
  temporary,
  until,
  urlOf,
  type Program,
} from './support.ts';

// Each starts several programs, on whatever machine.
vi.setConfig({ testTimeout: 120_000 });

let program: string;
let root: string;
let remove: () => Promise<void>;
let running: Program[] = [];
let labd: FakeLabd;

beforeAll(async () => void (program = await buildProgram('lab-bastion-disk')));
afterAll(() => rm(program));
beforeEach(async () => {
  ({ dir: root, remove } = await temporary());
  labd = await startFakeLabd();
});
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.map(({ exited }) => exited));
  running = [];
  await labd.stop();
  spawnSync('umount', [join(root, 'disk')]);
  await remove();
});

/** Kilobytes that a file may have, for a process: at none the disk takes nothing, for whoever may not mount one. */
function start(dir: string, { to = NOWHERE, fileLimit }: { to?: string; fileLimit?: number } = {}): Program {
  const args = [program, '--dir', dir, '--host', '127.0.0.1', '--port', '0', '--labd', to];
  const limit = fileLimit === undefined ? '' : `ulimit -f ${fileLimit} && `;
  const started = run('bash', ['-c', `${limit}exec "$0" "$@"`, process.execPath, ...args]);
  running.push(started);
  return started;
}
async function kill({ child, exited }: Program): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}
const discover = (url: string, n: number) => post(url, '/api/discover', { mac: macOf(n), product: 'p'.repeat(200) });
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
const macs = () => new Set(labd.items.flatMap(({ body }) => (body.report ? [body.report.mac] : [])));

interface Disk {
  dir: string;
  /** What a bastion is started with while the disk takes nothing */
  bad: { fileLimit?: number };
  /** Whether it can change while a bastion runs */
  mounted: boolean;
  fill(): Promise<void>;
  empty(): Promise<void>;
  mount(how: 'ro' | 'rw'): void;
}

/** A small file system of its own where this process may mount one; else limits on files stand for its end. */
async function smallDisk(kilobytes: number): Promise<Disk> {
  const disk = join(root, 'disk');
  await mkdir(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', disk]).status === 0;
  const ballast = join(disk, 'ballast');
  return {
    dir: join(disk, 'bastion'),
    bad: mounted ? {} : { fileLimit: 0 },
    mounted,
    // It writes as much as there is room for, and fails then.
    fill: async () => (mounted ? writeFile(ballast, Buffer.alloc(kilobytes * 1024)).catch(() => {}) : undefined),
    empty: () => rm(ballast, { force: true }),
    mount: (how) => void (mounted && spawnSync('mount', ['-o', `remount,${how}`, disk])),
  };
}

/** A bastion that has taken twenty reports, and was killed. */
async function killed(dir: string): Promise<void> {
  const first = start(dir);
  const url = await urlOf(first);
  for (const n of range(1, 20)) expect((await discover(url, n)).status).toBe(202);
  await kill(first);
}

function expectRefusal({ status, headers, body }: Awaited<ReturnType<typeof discover>>): void {
  expect([status, headers.get('retry-after')]).toEqual([507, '30']);
  expect(JSON.stringify(body)).not.toContain(root);
  expect(body['remedy']).toContain('Nothing was taken');
}
const expectRefused = async (url: string) => expectRefusal(await discover(url, 99));

describe('a bastion that was killed', () => {
  test('starts where no file may be written, and sends what it has', async () => {
    const dir = join(root, 'd');
    await killed(dir);
    const program = start(dir, { to: labd.url, fileLimit: 0 });
    const url = await urlOf(program);
    await expectRefused(url);
    await until(() => labd.items.length === 20);
    expect(macs()).toEqual(new Set(range(1, 20).map(macOf)));
    expect(program.output()).toContain('ulimit -f unlimited');
    expect(program.output()).not.toMatch(/"level":"fatal"|unhandled/i);
    await kill(program);
    const again = await urlOf(start(dir, { to: labd.url }));
    expect((await discover(again, 21)).status).toBe(202);
    await until(() => macs().has(macOf(21)));
    expect(labd.losses).toEqual([]);
  });

  test('on a full disk starts, sends what it has, and takes more when that has made room', async () => {
    const disk = await smallDisk(256);
    await killed(disk.dir);
    await disk.fill();
    const program = start(disk.dir, { ...disk.bad });
    const url = await urlOf(program);
    await expectRefused(url);
    await kill(program);
    const sending = start(disk.dir, { to: labd.url, ...disk.bad });
    const at = await urlOf(sending);
    await until(() => labd.items.length >= 20);
    expect(macs()).toEqual(new Set(range(1, 20).map(macOf)));
    expect(sending.output()).toMatch(/its disk is full|for it the disk is full/);
    // What labd has goes, and its room is enough for what follows.
    if (disk.mounted) await until(async () => (await discover(at, 21)).status === 202);
    expect(labd.losses).toEqual([]);
  });

  test('on a disk that became read-only starts, sends what it has, and takes more once that is mended', async () => {
    const disk = await smallDisk(1_024);
    await killed(disk.dir);
    disk.mount('ro');
    const program = start(disk.dir, { to: labd.url, ...disk.bad });
    const url = await urlOf(program);
    await expectRefused(url);
    await until(() => labd.items.length === 20);
    expect(program.output()).toMatch(/remount,rw|ulimit -f unlimited/);
    disk.mount('rw');
    if (disk.mounted) await until(async () => (await discover(url, 21)).status === 202);
    await kill(program);
    await urlOf(start(disk.dir, { to: labd.url }));
    await until(async () => (await machinesIn(disk.dir)).length >= 20);
    expect(labd.losses).toEqual([]);
  });
});

test('a disk that is full of what labd has takes reports again', async () => {
  const disk = await smallDisk(128);
  const program = start(disk.dir, disk.mounted ? { to: labd.url } : { to: labd.url, fileLimit: 16 });
  const url = await urlOf(program);
  let hold = true;
  labd.onPush = async () => {
    while (hold) await new Promise((resolve) => setTimeout(resolve, 20));
    return undefined;
  };
  let n = 1;
  let answer = await discover(url, n);
  while (answer.status === 202) answer = await discover(url, ++n);
  // A write that fails leaves its room, and the next report may fit in it: what met the full disk tells of it.
  expectRefusal(answer);
  hold = false;
  await until(() => labd.items.length >= n - 1);
  await until(async () => (await discover(url, 10_000)).status === 202);
  expect(labd.losses).toEqual([]);
});

test('a new directory where no file may be written takes nothing, says why, and is well once it may', async () => {
  const dir = join(root, 'new');
  const program = start(dir, { to: labd.url, fileLimit: 0 });
  await expectRefused(await urlOf(program));
  expect(program.output()).toContain('ulimit -f unlimited');
  await kill(program);
  expect((await discover(await urlOf(start(dir)), 1)).status).toBe(202);
});

test.each([0, 1])(
  'who may write files of %i kilobytes does not take a directory from a living bastion',
  async (fileLimit) => {
    const dir = join(root, 'd');
    const first = start(dir);
    await urlOf(first);
    const second = start(dir, { fileLimit });
    expect((await second.exited).code).toBe(1);
    expect(second.output()).toMatch(/^lab-bastion: The directory .* is in use by another bastion \(process \d+\)/);
  },
);
