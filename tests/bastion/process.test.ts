// The executable itself: what it says, how it ends, and that kill -9 and full disks lose nothing that was accepted.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { simulate } from '../../bastion/simulate/index.ts';
import { startFakeLabd } from '../support/fake-labd.ts';
import {
  buildProgram,
  getJson,
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

/** Half a dozen programs start in it, on whatever machine. */
const PATIENT = { timeout: 120_000 };

let program: string;
let dir: string;
let remove: () => Promise<void>;
let running: Program[] = [];

beforeAll(async () => void (program = await buildProgram('lab-bastion-test')));
afterAll(() => rm(program));
beforeEach(async () => void ({ dir, remove } = await temporary()));
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.map(({ exited }) => exited));
  running = [];
  await remove();
});

function start(args: string[] = [], env: Record<string, string> = {}): Program {
  const started = run(
    process.execPath,
    [program, '--dir', dir, '--host', '127.0.0.1', '--port', '0', '--labd', NOWHERE, ...args],
    env,
  );
  running.push(started);
  return started;
}
const machines = async () => (await machinesIn(dir)).map(({ mac }) => mac);

describe('lab-bastion', () => {
  test('says what it is and how to use it', async () => {
    const [help, version] = [run(process.execPath, [program, '--help']), run(process.execPath, [program, '--version'])];
    expect((await help.exited).code).toBe(0);
    expect(help.output()).toMatch(/Usage: lab-bastion \[flags\][^]*--dir DIR[^]*BASTION_DIR/);
    expect((await version.exited).code).toBe(0);
    expect(version.output()).toMatch(/^lab-bastion \d+\.\d+\.\d+\n$/);
  });

  test.each([
    [['--nonsense'], "'--nonsense'"],
    [['--port', 'http'], '--port is "http"'],
    [['--name', 'Rack 7'], 'Try "rack-7"'],
    [['--labd', 'labd:4000'], '--labd is "labd:4000"'],
    [['stray'], "'stray'"],
  ])('ends with 2 and a hint on %j', async (args, hint) => {
    const { exited, output } = run(process.execPath, [program, ...args]);
    expect((await exited).code).toBe(2);
    expect(output().trim().split('\n')).toHaveLength(1);
    expect(output()).toContain(hint);
  });

  test('takes the directory from BASTION_DIR, and otherwise from XDG_DATA_HOME', async () => {
    const common = { BASTION_PORT: '0', BASTION_HOST: '127.0.0.1', LAB_URL: NOWHERE, BASTION_NAME: 'site-1' };
    const set = run(process.execPath, [program], {
      ...common,
      BASTION_DIR: join(dir, 'set'),
      XDG_DATA_HOME: join(dir, 'data'),
    });
    const unset = run(process.execPath, [program], { ...common, XDG_DATA_HOME: join(dir, 'data') });
    running.push(set, unset);
    expect(await getJson(await urlOf(set), '/healthz')).toMatchObject({ name: 'site-1' });
    await urlOf(unset);
    expect(await readFile(join(dir, 'set', 'instance'), 'utf8')).not.toBe(
      await readFile(join(dir, 'data', 'lab', 'bastion', 'instance'), 'utf8'),
    );
  });

  test('says in one line which port is taken and how to change it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const { exited, output } = start(['--port', String(port)]);
    expect((await exited).code).toBe(1);
    expect(output()).toBe(
      `lab-bastion: Port ${port} on 127.0.0.1 is in use by another program. Stop that one, or choose another port: --port PORT or BASTION_PORT\n`,
    );
    await new Promise((resolve) => other.close(resolve));
  });

  test('says in one line who has the directory and how to change it', async () => {
    const first = start();
    await urlOf(first);
    const second = start();
    expect((await second.exited).code).toBe(1);
    expect(second.output()).toBe(
      `lab-bastion: The directory ${dir} is in use by another bastion (process ${first.child.pid}). Stop that one, or choose another directory: --dir DIR or BASTION_DIR\n`,
    );
  });

  test('says in one line why it cannot use a directory', async () => {
    await writeFile(join(dir, 'file'), '');
    const { exited, output } = start(['--dir', join(dir, 'file')]);
    expect((await exited).code).toBe(1);
    expect(output()).toMatch(/^lab-bastion: The directory .*\/file cannot be used: E.*--dir DIR or BASTION_DIR\n$/);
  });

  test('lets one of many that start at once have a directory that a dead one had', PATIENT, async () => {
    const dead = start();
    await urlOf(dead);
    dead.child.kill('SIGKILL');
    await dead.exited;
    const many = Array.from({ length: 6 }, () => start());
    await until(() => many.filter(({ child }) => child.exitCode === null).length === 1);
    const [winner] = many.filter(({ child }) => child.exitCode === null);
    expect(await getJson(await urlOf(winner!), '/healthz')).toMatchObject({ status: 'ok' });
  });

  test('does not take the number of its predecessor, which another process has now, for the holder', async () => {
    await writeFile(
      join(dir, 'lock'),
      JSON.stringify({
        token: 'x',
        pid: process.pid,
        startTime: '1',
        bootId: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
      }),
    );
    await urlOf(start());
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s, and gives the directory back', async (signal) => {
    const { child, exited } = start();
    const url = await urlOf(running[0]!);
    await post(url, '/api/discover', { mac: macOf(1) });
    child.kill(signal);
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(JSON.parse(await readFile(join(dir, 'machines.json'), 'utf8'))).toMatchObject({ through: 1 });
    await expect(readFile(join(dir, 'lock'))).rejects.toThrow('ENOENT');
  });

  test('ends when its parent does', async () => {
    const { child, exited } = start([], { LAB_EXIT_WITH_PARENT: '1' });
    await urlOf(running[0]!);
    child.stdin!.end();
    expect(await exited).toEqual({ code: 0, signal: null });
  });

  test('has everything it accepted after kill -9 at any moment, and labd gets all of it', PATIENT, async () => {
    const first = start();
    const { port } = new URL(await urlOf(first));
    const again = () => start(['--port', port]);
    const simulation = simulate({
      bastion: `http://127.0.0.1:${port}`,
      servers: 1_500,
      seed: 3,
      states: true,
      duplicates: 0.1,
      rate: 1_500,
    });
    let last = first;
    for (let kill = 0; kill < 4; kill += 1) {
      await sleep(150 + kill * 37);
      last.child.kill('SIGKILL');
      await last.exited;
      last = again();
      await urlOf(last);
    }
    const { accepted, refused } = await simulation;
    expect(refused).toEqual([]);
    expect(accepted).toHaveLength(1_500);
    expect(new Set(await machines())).toEqual(new Set(accepted));
    last.child.kill('SIGKILL');
    await last.exited;

    const labd = await startFakeLabd();
    const sending = start(['--labd', labd.url]);
    const url = await urlOf(sending);
    await until(async () => (await getJson(url, '/healthz'))['waiting'] === 0);
    expect(new Set(labd.macs())).toEqual(new Set(accepted));
    expect(labd.items.map(({ sequence }) => sequence)).toEqual(labd.items.map((_, at) => at + 1));
    expect(labd.losses).toEqual([]);
    await labd.stop();
  });

  test('refuses with 507 when the disk takes no more, keeps what it accepted, and goes on when there is room', async () => {
    // A limit on the size of files stands for the end of the disk: writing fails in the middle of a line.
    const limited = run('bash', [
      '-c',
      `ulimit -f 16 && exec "$0" "$@"`,
      process.execPath,
      program,
      '--dir',
      dir,
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--labd',
      NOWHERE,
    ]);
    running.push(limited);
    const url = await urlOf(limited);
    const taken: string[] = [];
    let refusal: Awaited<ReturnType<typeof post>> | undefined;
    for (let n = 1; refusal === undefined; n += 1) {
      const answer = await post(url, '/api/discover', { mac: macOf(n), product: 'p'.repeat(200) });
      if (answer.status === 202) taken.push(macOf(n));
      else refusal = answer;
    }
    expect(refusal.status).toBe(507);
    expect(refusal.body['error']).toContain('disk is full');
    expect((await post(url, '/api/discover', { mac: macOf(0x1000), product: 'p'.repeat(200) })).status).toBe(507);
    limited.child.kill('SIGKILL');
    await limited.exited;
    const roomy = await urlOf(start());
    expect(await machines()).toEqual(taken);
    expect((await post(roomy, '/api/discover', { mac: macOf(0x1000) })).status).toBe(202);
  });

  test('begins without a machine file that is unreadable, from its spool', async () => {
    const first = start();
    const url = await urlOf(first);
    await post(url, '/api/discover', { mac: macOf(1) });
    first.child.kill('SIGTERM');
    await first.exited;
    await writeFile(join(dir, 'machines.json'), '{"half');
    const second = start();
    await urlOf(second);
    expect(await machines()).toEqual([macOf(1)]);
    expect(second.output()).toContain('machines.json is damaged');
  });
});
