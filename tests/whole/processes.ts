// labd and bastions as processes of their own, from the build, as they run in the field.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { makePlace } from '../support/database.ts';

/** A program that is started, killed and started again at the same address. */
export class Program {
  readonly url: string;
  readonly #file: string;
  readonly #args: string[];
  readonly #env: Record<string, string>;
  readonly #ready: string;
  #child: ChildProcess | undefined;
  #said = '';

  constructor(url: string, ready: string, file: string, args: string[], env: Record<string, string>) {
    this.url = url;
    this.#ready = ready;
    this.#file = file;
    this.#args = args;
    this.#env = env;
  }

  /** Starts it and waits until it is ready. Throws with its last words when it ends instead. */
  async start(): Promise<this> {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      LAB_EXIT_WITH_PARENT: '1',
      ...this.#env,
    };
    // Its standard input is a pipe from this process: it ends when this one does, however that ends.
    const child = spawn(process.execPath, [this.#file, ...this.#args], { env, stdio: ['pipe', 'ignore', 'pipe'] });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#said = (this.#said + text).slice(-4_000)));
    for (let tries = 0; tries < 600; tries++) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${this.#file} ended: ${this.#said}`);
      const answer = await fetch(new URL(this.#ready, this.url)).catch(() => undefined);
      if (answer?.ok) return this;
      await sleep(100);
    }
    throw new Error(`${this.#file} is not ready: ${this.#said}`);
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to end, and waits. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }
}

/** A port that nobody has, at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** A labd on a database of its own, on the engine that the run is for. */
export async function labd(): Promise<Program> {
  const place = await makePlace({ calm: true });
  const port = await freePort();
  const env = { ...place.env, LABD_PORT: String(port) };
  const program = new Program(`http://127.0.0.1:${port}/graphql`, '/readyz', 'dist/labd.js', [], env);
  onTestFinished(async () => {
    await program.kill();
    await place.remove();
  });
  return program.start();
}

export interface BastionPlace {
  name: string;
  dir: string;
  port: number;
}

/** Where a bastion lives, without starting it. */
export async function bastionPlace(name: string): Promise<BastionPlace> {
  const dir = await mkdtemp(join(tmpdir(), 'lab-bastion-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return { name, dir, port: await freePort() };
}

/** A bastion that reports to a labd. */
export async function bastion({ name, dir, port }: BastionPlace, labdUrl: string): Promise<Program> {
  const args = ['--name', name, '--dir', dir, '--port', String(port), '--host', '127.0.0.1', '--labd', labdUrl];
  const program = new Program(`http://127.0.0.1:${port}`, '/healthz', 'dist/lab-bastion.js', args, {});
  onTestFinished(() => program.kill());
  return program.start();
}

/** Asks labd over HTTP; throws unless there is data. */
export async function ask<T>(labdUrl: string, query: string, variables: object = {}): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(labdUrl, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = (await answer.json()) as { data?: T; errors?: unknown };
  if (errors || !data) throw new Error(JSON.stringify(errors));
  return data;
}

interface Listed {
  name: string;
  bootMac: string;
  nics: { nodes: { mac: string }[] };
}

/** All servers, page by page. */
export async function everyServer(labdUrl: string): Promise<Listed[]> {
  const query = `query ($after: String) { servers(first: 500, after: $after) {
    nodes { name bootMac nics { nodes { mac } } } pageInfo { hasNextPage endCursor } } }`;
  const found: Listed[] = [];
  for (let after: string | undefined; ;) {
    const { servers } = await ask<{
      servers: { nodes: Listed[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    }>(labdUrl, query, { after });
    found.push(...servers.nodes);
    if (!servers.pageInfo.hasNextPage) return found;
    after = servers.pageInfo.endCursor;
  }
}
