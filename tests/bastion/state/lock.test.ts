// Who counts as the holder of a bastion's directory, and that there is never more than one.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DirectoryInUse, lockDirectory } from '../../../bastion/state/lock.ts';
import type { Holder } from '../../../common/holder.mjs';
import { temporary, until } from '../support.ts';

let root: string;
let dir: string;
let remove: () => Promise<void>;
const children: ChildProcess[] = [];
beforeEach(async () => {
  ({ dir: root, remove } = await temporary());
  dir = await mkdtemp(join(root, 'd-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await remove();
});

const statOf = (pid: number) => readFile(`/proc/${pid}/stat`, 'utf8').then((line) => line.split(') ')[1]!.split(' '));
const startTimeOf = async (pid: number) => (await statOf(pid))[19]!;
const held = async (changes: Partial<Holder>) =>
  writeFile(
    join(dir, 'lock'),
    JSON.stringify({
      token: 'old',
      pid: process.pid,
      startTime: '1',
      bootId: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
      door: join(dir, 'held-old'),
      ...changes,
    }),
  );

describe('the lock of a directory', () => {
  test('names its holder, also within one process, and leaves nothing behind', async () => {
    const lock = await lockDirectory(dir);
    await expect(lockDirectory(dir)).rejects.toThrow(DirectoryInUse);
    await expect(lockDirectory(dir)).rejects.toMatchObject({ pid: process.pid });
    await lock.release();
    await (await lockDirectory(dir)).release();
    expect(await readdir(dir)).toEqual([]);
  });

  test('of a zombie is taken over: it has ended, though its number is still taken', async () => {
    // The shell becomes a program that never asks what became of its child, and then the child ends.
    const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    children.push(parent);
    const [said] = (await once(parent.stdout!, 'data')) as [Buffer];
    const pid = Number(said.toString());
    await until(async () => (await readFile(`/proc/${parent.pid}/comm`, 'utf8')) === 'sleep\n');
    parent.stdio[3]!.destroy();
    await until(async () => (await statOf(pid))[0] === 'Z');
    await held({ pid, startTime: await startTimeOf(pid) });
    await (await lockDirectory(dir)).release();
  });

  test('that names ourselves from an earlier life is taken over', async () => {
    await held({ startTime: await startTimeOf(process.pid) });
    await (await lockDirectory(dir)).release();
  });

  test('is held by one whose process cannot be seen from here and who answers at its door', async () => {
    const door = join(dir, 'held-old');
    const elsewhere = createServer((socket) => socket.destroy()).listen(door);
    await once(elsewhere, 'listening');
    try {
      for (const changes of [{ pid: 2 ** 22 - 3 }, { startTime: await startTimeOf(process.pid) }]) {
        await held(changes);
        await expect(lockDirectory(dir)).rejects.toThrow(DirectoryInUse);
      }
    } finally {
      elsewhere.close();
    }
    await once(elsewhere, 'close');
    await (await lockDirectory(dir)).release();
  });

  test('holds in a directory whose name is too long for a door', async () => {
    dir = await mkdtemp(join(root, `${'long'.repeat(30)}-`));
    const lock = await lockDirectory(dir);
    await expect(lockDirectory(dir)).rejects.toThrow(DirectoryInUse);
    await lock.release();
    expect(await readdir(dir)).toEqual([]);
  });

  test('of a dead holder is won by exactly one of a dozen, and the others name it', { timeout: 60_000 }, async () => {
    const starter = join(root, 'starter.mjs');
    await build({
      stdin: {
        contents: `import { lockDirectory } from './bastion/state/lock.ts';
          process.once('message', (dir) => lockDirectory(dir).then(
            () => { process.send({ won: process.pid }); setInterval(() => {}, 1000); },
            (error) => { process.send({ lost: error.constructor.name, pid: error.pid }); process.disconnect(); }));
          process.send('up');`,
        resolveDir: process.cwd(),
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: starter,
    });
    await held({});
    children.push(...Array.from({ length: 12 }, () => fork(starter, { execArgv: [] })));
    await Promise.all(children.map((child) => once(child, 'message')));
    const answers = await Promise.all(
      children.map(async (child) => {
        child.send(dir);
        const [answer] = (await once(child, 'message')) as [{ won?: number; lost?: string; pid?: number }];
        return answer;
      }),
    );
    const winners = answers.flatMap(({ won }) => won ?? []);
    expect(winners).toHaveLength(1);
    for (const { lost, pid } of answers.filter(({ won }) => won === undefined))
      expect([lost, pid]).toEqual(['DirectoryInUse', winners[0]]);
  });

  test('that is unreadable is taken over', async () => {
    await writeFile(join(dir, 'lock'), '');
    await (await lockDirectory(dir)).release();
  });
});
