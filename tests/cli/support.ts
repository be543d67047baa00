// lab as people run it, in this process or in one of its own, and a site for it to look at.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect } from 'vitest';
import { run } from '../../cli/command/run.ts';
import { helpFor } from '../../cli/command/route.ts';
import { COMMANDS } from '../../cli/commands.ts';
import type { Terminal } from '../../cli/terminal/terminal.ts';
import type { Answer } from '../../bastion/simulate/poster.ts';
import { ask, bastionOf, freePort, install, type Labd, labdPlace, type Program } from '../whole/processes.ts';

export const program = resolve('dist/lab.js');

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** What a command's environment is, and nothing else of ours: no configuration, no colour, no terminal. */
export const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  // As somebody's who has not put lab on it.
  PATH: (process.env['PATH'] ?? '')
    .split(':')
    .filter((folder) => !existsSync(join(folder, 'lab')))
    .join(':'),
  HOME: tmpdir(),
  LAB_CONFIG: '/nonexistent/config.yaml',
  TERM: 'xterm-256color',
  ...more,
});

/** Runs any program to its end. */
export async function runProgram(
  file: string,
  args: readonly string[],
  { env = environment(), input = '' }: { env?: Record<string, string>; input?: string } = {},
): Promise<Ended> {
  const child = spawn(file, args, { env, stdio: 'pipe' });
  child.stdin.on('error', () => undefined).end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number | null, out, err };
}

/** Runs the built lab with some words, in a process of its own. */
export const startLab = (words: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Ended> =>
  runProgram(process.execPath, [program, ...words], { env: environment(env), input });

/** Keeps what is written to it. */
class Kept extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;

  constructor({ isTTY = false, columns = 80, rows = 24 }: { isTTY?: boolean; columns?: number; rows?: number }) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
    this.columns = columns;
    this.rows = rows;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

interface Given {
  readonly env?: Record<string, string>;
  readonly input?: string;
  /** Whether its streams are a terminal, and of which size */
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly now?: () => number;
}

/** A terminal that keeps what is written to it, with a clock and no colours unless `isTTY`. */
export function testTerminal({ env = {}, input = '', now = Date.now, ...screen }: Given = {}) {
  const [out, err] = [new Kept(screen), new Kept(screen)];
  const stdin = Readable.from(input === '' ? [] : [Buffer.from(input)]);
  return {
    in: Object.assign(stdin, { isTTY: screen.isTTY ?? false }),
    out,
    err,
    env: environment(env),
    program,
    pid: process.pid,
    now,
    elapsed: () => performance.now(),
    random: Math.random,
    exit(code: number): never {
      throw new Error(`lab would end here with ${code}`);
    },
    onSignal: () => undefined,
  } satisfies Terminal;
}

/** Help pages are oclif's, and completion reads a manifest: both come with the build. */
const needsBuild = (words: readonly string[]): boolean => words[0] === '__complete' || helpFor(words) !== undefined;

/** Runs a command line in this process, by the same code that the executable runs; in one of its own where it must be. */
async function runCommandLine(words: readonly string[], given: Given): Promise<Ended> {
  if (needsBuild(words)) return startLab(words, given.env, given.input);
  const terminal = testTerminal(given);
  const code = await run(COMMANDS, [...words], terminal);
  return { code, out: terminal.out.text, err: terminal.err.text };
}

/** Runs lab with some words through pipes. */
export const runLab = (
  words: readonly string[],
  env: Record<string, string> = {},
  input = '',
  now: () => number = Date.now,
): Promise<Ended> => runCommandLine(words, { env, input, now });

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/** Text with what differs from run to run made the same: ids, revisions, times, ages, the version, paths. */
export const masked = (printed: string): string =>
  printed
    .replaceAll(program, 'lab')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/\(\d+[smhd] ago\)/g, '(0s ago)')
    // Ages are padded to their column: what they lose or gain in length, the spaces after them make up for.
    .replaceAll(/(?<= )(\d+[smhd])( +|$)/gm, (all) => '0s'.padEnd(all.endsWith(' ') ? all.length : 2))
    .replaceAll(/(?!4c4c4544)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/<id>\.\d+/g, '<revision>')
    .replaceAll(/\(revision \d+\)/g, '(revision 0)')
    .replaceAll(/(?<=token\/bastion-north-)[0-9a-f]{6}/g, '000000')
    .replaceAll(/(?<="left-on": "|left-on: )[\w.-]+/g, '<host>')
    .replaceAll(version, '0'.padEnd(version.length, '.0'))
    .replaceAll(/has the key [0-9a-f]{16}/g, 'has the key 0123456789abcdef')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'labd.example');

/** Holds what was printed to a file in golden/. */
export const expectGolden = (printed: string, name: string): Promise<void> =>
  expect(masked(printed)).toMatchFileSnapshot(resolve('tests/cli/golden', name));

/** An installer whose every word is taken. */
interface Told {
  say(callback: object): Promise<void>;
  log(...lines: string[]): Promise<void>;
}

export interface Site {
  readonly labd: Labd;
  /** What a process needs to call this site's labd as its administrator */
  readonly env: Record<string, string>;
  readonly bastion: Program;
  /** Runs lab against this site's labd */
  lab(...words: string[]): Promise<Ended>;
  ask<T>(query: string, variables?: object): Promise<T>;
  /** Lets a machine report to the bastion */
  report(path: 'discover', body: object): Promise<void>;
  /** Provisions a machine, and boots its installer */
  install(mac: string, input?: { os?: string; role?: string }): Promise<Told>;
}

/** A labd, with this in its environment, and a bastion called north, shared by a file's tests; `prepare` fills them. */
export function shareSite(prepare: (site: Site) => Promise<void>, labdEnv: Record<string, string> = {}): Site {
  const place: { labd?: Labd; bastion?: Program; clean: (() => Promise<void>)[] } = { clean: [] };
  const site: Site = {
    get labd() {
      return place.labd!;
    },
    get bastion() {
      return place.bastion!;
    },
    get env() {
      return { LAB_URL: site.labd.url, LAB_TOKEN: site.labd.token };
    },
    lab: (...words) => runLab(words, site.env),
    ask: (query, variables) => ask(site.labd.url, query, variables),
    async report(path, body) {
      const headers = { 'content-type': 'application/json' };
      const url = new URL(`/api/${path}`, site.bastion.url);
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(`${answer.status} ${await answer.text()}`).toMatch(/^202 /);
    },
    async install(mac, input) {
      const installer = await install(site.labd.url, site.bastion.url, mac, input);
      const taken = ({ status, body }: Answer) => expect(`${status} ${body}`).toMatch(/^202 /);
      return {
        say: async (callback) => taken(await installer.say(callback)),
        log: async (...lines) => taken(await installer.log(lines)),
      };
    },
  };
  beforeAll(async () => {
    const { program, remove } = await labdPlace(labdEnv);
    const dir = await mkdtemp(join(tmpdir(), 'lab-cli-'));
    place.clean.push(remove, () => rm(dir, { recursive: true, force: true }));
    place.labd = program;
    await program.start();
    place.bastion = await bastionOf({ name: 'north', dir, port: await freePort() }, program);
    await place.bastion.start();
    await prepare(site);
  });
  afterAll(async () => {
    await place.bastion?.kill();
    await place.labd?.kill();
    for (const clean of place.clean) await clean();
  });
  return site;
}
