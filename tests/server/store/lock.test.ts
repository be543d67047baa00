// One process at a time, also when twenty start at once over the lock of one that crashed.
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Holder } from '../../../common/holder.mjs';
import { acquireLock } from '../../../server/store/embedded/lock.ts';
import { DatabaseInUse } from '../../../server/store/embedded/errors.ts';

describe('the lock of a data directory', () => {
  let folder: string;
  let path: string;
  let starter: string;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-lock-'));
    starter = join(folder, 'starter.mjs');
    const code = `import { acquireLock } from ${JSON.stringify(join(process.cwd(), 'server/store/embedded/lock.ts'))};
      process.once('message', async ([path, folder]) => {
        try { await acquireLock(path, folder); process.send({ won: process.pid }); setInterval(() => {}, 1000); }
        catch (error) { process.send({ lost: error.name, pid: error.pid }); process.disconnect(); }
      });
      process.send('up');`;
    await build({
      stdin: { contents: code, resolveDir: process.cwd() },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: starter,
    });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    path = join(await mkdtemp(join(folder, 'd-')), 'db.lock');
    return () => {
      for (const child of children.splice(0)) child.kill('SIGKILL');
    };
  });
  const acquire = () => acquireLock(path, join(path, '..'));
  const stale = (changes: Partial<Holder>): Promise<void> =>
    writeFile(
      path,
      JSON.stringify({
        token: 'old',
        pid: process.pid,
        startTime: '1',
        bootId: 'another',
        door: '/nowhere',
        ...changes,
      }),
    );

  it('names who has it, also within one process', async () => {
    const lock = await acquire();
    await expect(acquire()).rejects.toThrow(DatabaseInUse);
    await expect(acquire()).rejects.toMatchObject({ pid: process.pid });
    await expect(acquire()).rejects.toThrow(`process ${process.pid}`);
    await lock.release();
    await (await acquire()).release();
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  it.each([
    ['of another boot', {}],
    ['of a process that is gone', { pid: 2 ** 22 - 3 }],
    ['that names ourselves from an earlier life', {}],
  ])('%s is taken over', async (what, changes) => {
    const mine = await acquire();
    const { bootId, startTime } = mine.holder;
    await mine.release();
    await stale(
      what === 'of another boot' ? {} : { bootId, ...(what.includes('ourselves') ? { startTime } : {}), ...changes },
    );
    const lock = await acquire();
    expect(lock.abandoned).toMatchObject({ token: 'old' });
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(lock.holder);
    await lock.release();
  });

  it('that is unreadable is taken over', async () => {
    await writeFile(path, '');
    await (await acquire()).release();
  });

  it('of a pid that belongs to another process by now is taken over', async () => {
    const mine = await acquire();
    await mine.release();
    await stale({ bootId: mine.holder.bootId, pid: process.ppid, startTime: '1' });
    await (await acquire()).release();
  });

  it('is won by exactly one of twenty who start at once, and the others name it', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 2; round++) {
      if (round === 0) await stale({});
      children.push(...Array.from({ length: 20 }, () => fork(starter, { execArgv: [] })));
      await Promise.all(children.map((child) => new Promise((up) => child.once('message', up))));
      const answers = await Promise.all(
        children.map((child) => {
          const answer = new Promise<{ won?: number; lost?: string; pid?: number }>((resolve) =>
            child.once('message', (message) => resolve(message as object)),
          );
          child.send([path, join(path, '..')]);
          return answer;
        }),
      );
      const winners = answers.flatMap(({ won }) => won ?? []);
      expect(winners).toHaveLength(1);
      for (const { lost, pid } of answers.filter(({ won }) => won === undefined))
        expect([lost, pid]).toEqual(['DatabaseInUse', winners[0]]);
      // Killed without a word: the second round finds a crash of this boot.
      await Promise.all(
        children.splice(0).map(
          (child) =>
            new Promise<void>((gone) => {
              if (child.exitCode !== null) return gone();
              child.once('exit', () => gone());
              child.kill('SIGKILL');
            }),
        ),
      );
    }
  });
});
