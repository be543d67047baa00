// `npm start` as a newcomer meets it: the real script, labd and bastion, on ports and in a folder of their own.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'lab-start-'))));
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

function listenSomewhere(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  });
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** Ports that were free a moment ago: labd's, the bastion's, labd's for bastions. */
async function freePorts(): Promise<[number, number, number]> {
  const servers = await Promise.all([listenSomewhere(), listenSomewhere(), listenSomewhere()]);
  const ports = servers.map(portOf) as [number, number, number];
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

function start(ports: [number, number, number], ...more: string[]) {
  const where = [
    '--data',
    folder,
    '--port',
    String(ports[0]),
    '--bastion-port',
    String(ports[1]),
    '--tls-port',
    String(ports[2]),
  ];
  const child = spawn(process.execPath, ['scripts/start/start.mjs', ...where, ...more], {
    env: { ...process.env, LAB_CONFIG: join(folder, 'config.yaml') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => void (output.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => void (output.err += data.toString()));
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, ...output }));
  });
  return { child, output, ended };
}

const answers = (port: number, path: string) =>
  fetch(`http://127.0.0.1:${port}${path}`).then(
    (response) => response.ok,
    () => false,
  );

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((go) => setTimeout(go, 50));
}

/** The names in the table that was printed. */
const namesIn = (out: string) =>
  out
    .split('\n')
    .filter((line) => line.startsWith('m-'))
    .map((line) => line.split(' ')[0]);

describe('npm start', () => {
  test('prints a dozen machines and ends, and finds the same ones again', { timeout: 300_000 }, async () => {
    const ports = await freePorts();
    const first = await start(ports, '--once').ended;
    expect(first).toMatchObject({ code: 0 });
    expect(new Set(namesIn(first.out)).size).toBe(12);
    const second = await start(ports, '--once').ended;
    expect(namesIn(second.out).sort()).toEqual(namesIn(first.out).sort());
    const config = join(folder, 'config.yaml');
    expect(await readFile(config, 'utf8')).toContain(`http://127.0.0.1:${ports[0]}`);
    expect((await stat(config)).mode & 0o777).toBe(0o600);
  });

  test(
    'says where GraphiQL is, and takes labd and the bastion along when it is killed',
    { timeout: 120_000 },
    async () => {
      const ports = await freePorts();
      const { child, output, ended } = start(ports);
      await until(() => output.out.includes('Ctrl-C') || child.exitCode !== null);
      expect(output.out).toMatch(new RegExp(`http://127.0.0.1:${ports[0]}/sign-in#lab_link_\\w{38}\\n`));
      expect([await answers(ports[0], '/healthz'), await answers(ports[1], '/healthz')]).toEqual([true, true]);
      child.kill('SIGKILL');
      await ended;
      await until(async () => !(await answers(ports[0], '/healthz')) && !(await answers(ports[1], '/healthz')));
    },
  );

  test('has its data directory for itself, and ends with 0 when it is interrupted', { timeout: 120_000 }, async () => {
    const ports = await freePorts();
    const { child, output, ended } = start(ports);
    await until(() => output.out.includes('Ctrl-C') || child.exitCode !== null);
    const second = await start(await freePorts(), '--once').ended;
    expect(second.code).toBe(1);
    expect(second.err).toContain(`${folder} is in use by another npm start (process ${child.pid})`);
    expect(second.err).toContain('--data ');
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
    expect(await answers(ports[0], '/healthz')).toBe(false);
  });

  test('says which port is taken, and how to choose another', { timeout: 60_000 }, async () => {
    const [free, , tls] = await freePorts();
    const taken = await listenSomewhere();
    const port = portOf(taken);
    try {
      const labd = await start([port, free, tls], '--once').ended;
      expect(labd.code).toBe(1);
      expect(labd.err).toContain(`Port ${port}, which labd is to listen on, is in use`);
      expect(labd.err).toContain('npm start -- --port ');
      const bastion = await start([free, port, tls], '--once').ended;
      expect(bastion.code).toBe(1);
      expect(bastion.err).toContain('npm start -- --bastion-port ');
    } finally {
      taken.close();
    }
  });

  test('explains itself when it is told something that it does not know', async () => {
    const { code, err } = await start([1, 2, 3], '--nonsense').ended;
    expect(code).toBe(2);
    expect(err).toContain('Usage: npm start -- ');
  });
});
