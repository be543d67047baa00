// The lock between processes: one holder at a time, and a dead one's lock is taken over.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'lab-lock-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script that has the lock module as `lock` and its file as `file`. */
function start(script: string) {
  const text = `import * as lock from './scripts/lock.mjs'; import { appendFileSync } from 'node:fs'; const file = process.argv[1]; ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text, join(folder, 'a.lock')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => void (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => void (output += data.toString()));
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(output)));
  const said = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  return { child, ended, said };
}

describe('a lock between processes', () => {
  test('lets one process in at a time', async () => {
    const log = join(folder, 'log');
    const script = `await lock.withLock(file, 'testing', async () => {
      appendFileSync('${log}', 'in\\n'); await new Promise((go) => setTimeout(go, 30)); appendFileSync('${log}', 'out\\n'); });`;
    await Promise.all(Array.from({ length: 6 }, () => start(script).ended));
    expect(readFileSync(log, 'utf8')).toBe('in\nout\n'.repeat(6));
  });

  test('names its holder to whoever asks', async () => {
    const holder = start(`await lock.tryLock(file); console.log('held'); setInterval(() => {}, 1000);`);
    await holder.said;
    const asked = await start(`console.log(JSON.stringify(await lock.tryLock(file)));`).ended;
    holder.child.kill('SIGKILL');
    expect(JSON.parse(asked)).toEqual({ holder: holder.child.pid });
  });

  test('is taken over from a holder that was killed', async () => {
    const holder = start(`await lock.tryLock(file); console.log('held'); setInterval(() => {}, 1000);`);
    await holder.said;
    holder.child.kill('SIGKILL');
    await holder.ended;
    expect(await start(`console.log('release' in (await lock.tryLock(file)));`).ended).toBe('true\n');
  });

  test('is taken over when another process has got the number of its holder', async () => {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const holder = { token: 'another', pid: process.pid, startTime: '1', bootId, door: null };
    writeFileSync(join(folder, 'a.lock'), JSON.stringify(holder));
    expect(await start(`console.log('release' in (await lock.tryLock(file)));`).ended).toBe('true\n');
  });

  test.each(['null', '', '{"pid":', '[]', '5'])('is taken over when its file was spoilt to %j', async (text) => {
    writeFileSync(join(folder, 'a.lock'), text);
    expect(await start(`console.log('release' in (await lock.tryLock(file)));`).ended).toBe('true\n');
  });
});
