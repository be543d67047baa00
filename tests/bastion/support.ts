// What the bastion's tests share: a bastion in this process or as one of its own, and words to it.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { startBastion, type Bastion, type BastionOptions } from '../../bastion/bastion.ts';
import type { Timings } from '../../bastion/uplink/timings.ts';

/** Short enough for tests that wait for them. */
const quick: Partial<Timings> = { retryFirst: 10, retryMost: 50, heartbeat: 200, snapshot: 20 };

/** Nothing listens here: labd is away. */
export const NOWHERE = 'http://127.0.0.1:9/graphql';

/** A temporary directory, and what removes it. */
export async function temporary(): Promise<{ dir: string; remove: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'lab-bastion-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Starts a bastion in this process on a free port. */
export function bastionIn(dir: string, more: Partial<BastionOptions> = {}): Promise<Bastion> {
  return startBastion({
    dir,
    host: '127.0.0.1',
    port: 0,
    name: 'test',
    cloud: 'default',
    environment: 'default',
    labd: NOWHERE,
    token: undefined,
    spoolLimit: 64 * 1024 * 1024,
    log: pino({ level: 'silent' }),
    ...more,
    timings: { ...quick, ...more.timings },
  });
}

/** A bastion that the tests of a file share. */
export function shareBastion() {
  let bastion: Bastion;
  let place: Awaited<ReturnType<typeof temporary>>;
  beforeAll(async () => {
    place = await temporary();
    bastion = await bastionIn(place.dir);
  });
  afterAll(async () => {
    await bastion.stop();
    await place.remove();
  });
  return {
    get url() {
      return bastion.url;
    },
    get dir() {
      return place.dir;
    },
    /** What it knows of a machine. */
    async machine(of: string) {
      const machines = await machinesIn<{ mac: string; report?: Record<string, unknown> }>(place.dir);
      return machines.find((one) => one.mac === of);
    },
  };
}

/** Posts JSON (or, when it is a string, that text) and reads the answer. */
export async function post(url: string, path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

export async function getJson<T = Record<string, unknown>>(url: string, path: string): Promise<T> {
  return (await (await fetch(`${url}${path}`)).json()) as T;
}

/** What a bastion answers on the socket in its directory. */
function askLocally<T = Record<string, unknown>>(dir: string, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: join(dir, 'api.sock'), path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as T));
      response.once('error', reject);
    });
    asked.once('error', reject);
    asked.end();
  });
}

/** The machines that the bastion of a directory knows. */
export const machinesIn = async <M = { mac: string }>(dir: string): Promise<M[]> =>
  (await askLocally<{ machines: M[] }>(dir, '/api/machines')).machines;

/** Resolves once `isSo`; the test's own timeout is the limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(10);
}

/** A MAC of its own for each number. */
export const macOf = (n: number) =>
  `02:00:00:${[n >> 16, n >> 8, n].map((byte) => (byte & 255).toString(16).padStart(2, '0')).join(':')}`;

export interface Program {
  child: ChildProcess;
  /** What it wrote on standard error and output so far */
  output: () => string;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Builds the executable into a folder below node_modules, from where it finds its packages. */
export async function buildProgram(name: string): Promise<string> {
  const outfile = join('node_modules', '.cache', `${name}-${process.pid}.mjs`);
  await build({
    entryPoints: ['bastion/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  return outfile;
}

/** Runs a command with nothing of our own environment that a bastion reads. */
export function run(command: string, args: string[], env: Record<string, string> = {}): Program {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(BASTION_|LAB_|XDG_)/.test(name)));
  const child = spawn(command, args, { env: { ...clean, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (data: Buffer) => void (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => void (output += data.toString()));
  child.stdin.on('error', () => {});
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  return { child, output: () => output, exited };
}

/** The address in the line that says that it accepts reports; throws when it ends first. */
export async function urlOf({ output, child }: Program): Promise<string> {
  for (;;) {
    const url = /"url":"(http:\/\/127[^"]+)","dir"/.exec(output())?.[1];
    if (url) return url;
    if (child.exitCode !== null) throw new Error(`The bastion ended: ${output()}`);
    await sleep(10);
  }
}
