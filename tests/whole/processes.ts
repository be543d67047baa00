// labd and bastions as processes of their own, from the build, as they run in the field.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { bootInstaller, type Installer } from '../../bastion/simulate/installer.ts';
import { createPoster } from '../../bastion/simulate/poster.ts';
import { makePlace } from '../support/database.ts';
import { SHORT_LIVED } from '../support/flags.ts';

/** A program that is started, killed and started again at the same address. */
export class Program {
  readonly url: string;
  readonly #file: string;
  readonly #args: string[];
  readonly #env: Record<string, string>;
  readonly #ready: string;
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;
  #said = '';

  /** `flags` are Node's. */
  constructor(
    url: string,
    ready: string,
    file: string,
    args: string[],
    env: Record<string, string>,
    flags: readonly string[] = [],
  ) {
    this.url = url;
    this.#flags = flags;
    this.#ready = ready;
    this.#file = file;
    this.#args = args;
    this.#env = env;
  }

  /** Starts it and waits until it is ready, perhaps with more in its environment. Throws with its last words when it ends. */
  async start(more: Record<string, string> = {}): Promise<this> {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      LAB_EXIT_WITH_PARENT: '1',
      ...this.#env,
      ...more,
    };
    // Its standard input is a pipe from this process: it ends when this one does, however that ends.
    const words = [...this.#flags, this.#file, ...this.#args];
    const child = spawn(process.execPath, words, { env, stdio: ['pipe', 'ignore', 'pipe'] });
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

/** A labd, and how its administrator calls it. */
export class Labd extends Program {
  /** Where bastions find it */
  readonly tlsUrl: string;
  readonly #tokenFile: string;
  #token: string | undefined;

  constructor(port: number, tlsPort: number, tokenFile: string, env: Record<string, string>) {
    const own = { LABD_PORT: String(port), LABD_TLS_PORT: String(tlsPort), LABD_ADMIN_TOKEN: tokenFile };
    const flags = env['DATABASE_URL'] === undefined ? SHORT_LIVED : [];
    super(`http://127.0.0.1:${port}/graphql`, '/readyz', 'dist/labd.js', [], { ...env, ...own }, flags);
    this.tlsUrl = `https://127.0.0.1:${tlsPort}/graphql`;
    this.#tokenFile = tokenFile;
    known.set(this.url, this);
  }

  /** The administrator's token */
  get token(): string {
    return (this.#token ??= readFileSync(this.#tokenFile, 'utf8').trim());
  }

  /** The header that signs the administrator in */
  get authorization(): string {
    return `Bearer ${this.token}`;
  }

  /** A token that lets one bastion of this name join */
  async joinToken(subject: string): Promise<string> {
    const make = `mutation ($subject: String!) { made: createToken(input: { purpose: BASTION, subject: $subject }) {
      ... on CreatedToken { secret } ... on UserError { message } } }`;
    const { made } = await ask<{ made: { secret?: string; message?: string } }>(this.url, make, { subject });
    if (made.secret === undefined) throw new Error(made.message);
    return made.secret;
  }
}

/** The labds of this process by address, so that `ask` knows how to sign in. */
const known = new Map<string, Labd>();

/**
 * Prepares a labd on a database of its own, on the engine that the run is for, and says what removes that. `beside` prepares
 * another one on the same database, which whoever asks for it ends.
 */
export async function labdPlace(
  env: Record<string, string> = {},
): Promise<{ program: Labd; databaseUrl: string; beside(): Promise<Labd>; remove(): Promise<void> }> {
  const place = await makePlace({ calm: true });
  const dir = await mkdtemp(join(tmpdir(), 'lab-token-'));
  const beside = async () =>
    new Labd(await freePort(), await freePort(), join(dir, 'admin-token'), { ...place.env, ...env });
  const program = await beside();
  const remove = async () => {
    await program.kill();
    await place.remove();
    await rm(dir, { recursive: true, force: true });
  };
  return { program, databaseUrl: place.env['DATABASE_URL'] ?? '', beside, remove };
}

/** A labd that ends with the test. */
export async function labd(): Promise<Labd> {
  const { program, remove } = await labdPlace();
  onTestFinished(remove);
  await program.start();
  return program;
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

/** Prepares a bastion that joins a labd and reports to it; simulated machines boot from it. */
export async function bastionOf({ name, dir, port }: BastionPlace, to: Joined): Promise<Program> {
  const args = ['--name', name, '--dir', dir, '--port', String(port), '--host', '127.0.0.1', '--labd', to.tlsUrl];
  const env = { BASTION_TOKEN: await to.joinToken(name), BASTION_SIMULATE_BOOT: '1' };
  return new Program(`http://127.0.0.1:${port}`, '/healthz', 'dist/lab-bastion.js', args, env);
}

/** What a bastion joins: a labd, perhaps through something that can be cut. */
export interface Joined {
  readonly tlsUrl: string;
  joinToken(name: string): Promise<string>;
}

/** A bastion that joins a labd, reports to it, and ends with the test. */
export async function bastion(place: BastionPlace, to: Joined): Promise<Program> {
  const program = await bastionOf(place, to);
  onTestFinished(() => program.kill());
  return program.start();
}

/** Asks labd over HTTP; throws unless there is data. */
export async function ask<T>(labdUrl: string, query: string, variables: object = {}): Promise<T> {
  const headers = { 'content-type': 'application/json', authorization: known.get(labdUrl)!.authorization };
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

/** The first disk of a machine; one that has none gets one first. */
async function diskOf(labdUrl: string, bastionUrl: string, mac: string): Promise<string> {
  const query = 'query ($mac: String!) { server(by: { mac: $mac }) { disks(first: 1) { nodes { name } } } }';
  const look = async () => {
    const { server } = await ask<{ server: { disks: { nodes: { name: string }[] } } }>(labdUrl, query, { mac });
    return server.disks.nodes[0]?.name;
  };
  const known = await look();
  if (known !== undefined) return known;
  const body = JSON.stringify({ mac, disks: [{ name: 'sda', size_gb: 480, serial: `of-${mac}` }] });
  const headers = { 'content-type': 'application/json' };
  await fetch(new URL('/api/discover', bastionUrl), { method: 'POST', headers, body });
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(20);
  }
}

/** Provisions the machine with a MAC as the administrator, and boots its installer from the bastion. */
export async function install(
  labdUrl: string,
  bastionUrl: string,
  mac: string,
  { os = 'fedora-43', role }: { os?: string; role?: string } = {},
): Promise<Installer> {
  const document = `mutation ($mac: String!, $input: InstallInput!) {
    provisionServer(by: { mac: $mac }, input: $input) { __typename ... on UserError { message } } }`;
  const set = { disk: await diskOf(labdUrl, bastionUrl, mac) };
  const input = { os, role, set };
  const { provisionServer } = await ask<{ provisionServer: object }>(labdUrl, document, { mac, input });
  expect(provisionServer).toEqual({ __typename: 'Server' });
  return bootInstaller(createPoster({ bastion: bastionUrl, connections: 1, patience: 20 }), mac, 20);
}
