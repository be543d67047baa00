// The library that installers talk to the bastion with: run by the shells and the HTTP clients that installers have.
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { render } from '../../../../../common/install/template.ts';
import { shippedProfiles } from '../../../../../common/install/profiles/shipped.ts';

interface Posted {
  readonly path: string;
  readonly token: string | undefined;
  readonly body: string;
}

let server: Server;
let posted: Posted[];
/** What the bastion answers to callbacks, and to output; 202 when there are no more */
let answers: number[];
let logAnswers: number[];
let folder: string;

beforeEach(async () => {
  posted = [];
  answers = [];
  logAnswers = [];
  folder = mkdtempSync(join(tmpdir(), 'lab-library-'));
  mkdirSync(join(folder, 'lab'));
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      posted.push({ path: request.url!, token: request.headers.authorization, body });
      response.writeHead((request.url === '/api/progress' ? answers : logAnswers).shift() ?? 202, {
        'Content-Type': 'application/json',
      });
      response.end('{}\n');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  writeFileSync(join(folder, 'lab', 'lab.sh'), library());
});

// The sender ends when its folder is gone.
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The library, with files in the place of what would restart this machine. */
function library(): string {
  const { templates } = shippedProfiles()[0]!;
  const { port } = server.address() as AddressInfo;
  const values = {
    bastion: { url: `http://127.0.0.1:${port}` },
    machine: { mac: '38:05:25:33:e2:e4' },
    token: 'the-token',
  };
  const text = render(templates, '_lab.sh', values)
    .replaceAll('/proc/sysrq-trigger', join(folder, 'reboot'))
    .replaceAll('/dev/console', join(folder, 'console'))
    .replaceAll('sleep 600', 'sleep 0');
  expect(text).not.toMatch(/sysrq|\/dev\/console|poweroff|reboot -/);
  return text;
}

/** Folders of programs, as installers have them: the first one found counts. */
const clients: Readonly<Record<string, () => string>> = {
  // Anaconda's second stage.
  curl: () => process.env['PATH']!,
  // Debian's installer: busybox, and GNU wget beside it.
  wget() {
    const bin = busybox();
    for (const name of ['wget', 'setsid', 'sh']) unlinkSync(join(bin, name));
    symlinkSync('/usr/bin/wget', join(bin, 'wget'));
    // Debian's static busybox takes its own wget before any other.
    symlinkSync('/bin/dash', join(bin, 'sh'));
    return bin;
  },
  // The bastion's ramdisk.
  'busybox wget': () => busybox(),
};

function busybox(): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  execFileSync('busybox', ['--install', '-s', bin]);
  return bin;
}

/** Runs a script that uses the library; resolves with its exit code. */
function run(shell: readonly string[], path: string, script: string): Promise<number | null> {
  const file = join(folder, 'script');
  writeFileSync(file, `LAB_DIR=${folder}/lab\n. "$LAB_DIR/lab.sh"\nlab_start\n${script}`);
  const [command, ...words] = shell;
  const child = spawn(command!, [...words, file], { env: { PATH: path }, stdio: 'ignore' });
  return new Promise((done) => child.on('exit', done));
}

const callbacks = () =>
  posted.filter(({ path }) => path === '/api/progress').map(({ body }) => JSON.parse(body) as Record<string, unknown>);
const logs = () => posted.filter(({ path }) => path.startsWith('/api/log?mac=38:05:25:33:e2:e4&stream=10-'));
const lines = () => logs().flatMap(({ body }) => body.split('\n'));
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 60_000, interval: 100 });

describe.each([
  ['bash', ['/bin/bash'], 'curl'],
  ['dash', ['/bin/dash'], 'wget'],
  ['busybox', ['/usr/bin/busybox', 'sh'], 'busybox wget'],
])('%s', (_name, shell, client) => {
  const using = (script: string) => run(shell, clients[client]!(), script);

  test('reports stages in their order, and what is said in them', async () => {
    expect(await using(`lab_progress pre 'a "b" \\ c'\nlab_log 'one line'\nlab_progress disk\nlab_flush 30\n`)).toBe(0);
    expect(callbacks()).toEqual([
      { mac: '38:05:25:33:e2:e4', stage: 'pre', seq: 11, message: 'a "b" \\ c' },
      { mac: '38:05:25:33:e2:e4', stage: 'disk', seq: 12, message: '' },
    ]);
    await eventually(() => expect(lines()).toEqual(expect.arrayContaining(['log: one line', 'log: == disk'])));
    expect(new Set(posted.map(({ token }) => token))).toEqual(new Set(['Bearer the-token']));
  });

  test('reports the command that failed, its exit code and the last lines, and reboots', async () => {
    const script = 'lab_trap demo\nlab_progress partition\necho almost there\nls /is/not/there\nlab_progress post\n';
    expect(await using(script)).not.toBe(0);
    const [, failed, ...more] = callbacks();
    expect(more).toEqual([]);
    expect(failed).toMatchObject({ stage: 'partition', seq: 12, state: 'failed' });
    expect(failed!['error']).toMatch(/^ls \/is\/not\/there: exit code [12]; its last lines: .*almost there/);
    expect(readFileSync(join(folder, 'reboot'), 'utf8')).toBe('b\n');
    await eventually(() => expect(lines()).toContain('demo: almost there'));
  });

  test('says again what was not taken, and goes on meanwhile', async () => {
    answers = [503, 429];
    expect(await using('lab_progress pre\nlab_progress disk\necho on >"$LAB_DIR/went"\nlab_flush 30\n')).toBe(0);
    expect(callbacks().map(({ seq }) => seq)).toEqual([11, 11, 11, 12]);
  });

  test('stops when the attempt was ended from outside', async () => {
    answers = [410];
    await using('lab_progress pre\nsleep 2\n');
    await eventually(() => expect(readFileSync(join(folder, 'reboot'), 'utf8')).toBe('b\n'));
    expect(callbacks()).toHaveLength(1);
  });

  test('sends each line of a log once, and leaves out what comes too fast', async () => {
    const log = join(folder, 'big.log');
    writeFileSync(log, '');
    await using(`lab_follow ${log}\nlab_progress pre\nlab_flush 30\n`);
    for (let n = 1; n <= 3_000; n += 1) appendFileSync(log, `line ${n}\n`);
    appendFileSync(log, 'half');
    await eventually(() => expect(lines().filter((line) => /^big: line/.test(line))).toHaveLength(3_000));
    const places = () => logs().flatMap(({ path }) => /big_log&from=(\d+)$/.exec(path)?.[1] ?? []);
    expect(places().map(Number)).toEqual([...new Set(places().map(Number))].toSorted((a, b) => a - b));
    // What is sent again is said to be what it was.
    logAnswers = [503];
    appendFileSync(log, '\none more\n');
    await eventually(() => expect(lines().filter((line) => line === 'big: one more')).toHaveLength(2));
    expect(places().at(-1)).toBe(places().at(-2));
    appendFileSync(log, `a line\n${`${'x'.repeat(99)}\n`.repeat(60_000)}`);
    await eventually(() =>
      expect(lines().some((line) => /^log: lab: \d+ bytes of .*big\.log are left out/.test(line))).toBe(true),
    );
    expect(lines().filter((line) => line === 'big: line 3000')).toHaveLength(1);
  });
});

test('a secret in a script stays out of its log', () => {
  const system = shippedProfiles()[0]!.templates['_system.sh']!;
  // A document is no command, and is not traced.
  expect(system).toMatch(/base64 -d <<'LAB_END'\n\{\{ root\.password \| base64 \}\}\nLAB_END/);
  expect(system.match(/root\.password/g)).toHaveLength(1);
});
