// The bastion: what machines, or whoever pretends to be one, may send it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { machinesIn } from '../bastion/support.ts';
import { freePort } from '../whole/processes.ts';
import { expectNoLeak, sendRaw, type Answered } from './support.ts';

const place: { child?: ChildProcess; dir?: string; port: number; said: string } = { port: 0, said: '' };

beforeAll(async () => {
  place.dir = await mkdtemp(join(tmpdir(), 'lab-hostile-'));
  place.port = await freePort();
  const args = ['dist/lab-bastion.js', '--name', 'north', '--dir', place.dir, '--host', '127.0.0.1'];
  // Its labd is away: what it takes, it takes by itself.
  const child = spawn(
    process.execPath,
    [...args, '--port', String(place.port), '--labd', 'http://127.0.0.1:9/graphql'],
    {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { ...process.env, BASTION_ALLOWED_HOSTS: 'boot.site.example' },
    },
  );
  place.child = child;
  child.stderr.on('data', (data: Buffer) => (place.said += data.toString()));
  while ((await healthy()) !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
}, 30_000);
afterAll(async () => {
  const exit = once(place.child!, 'exit');
  place.child!.kill('SIGKILL');
  await exit;
  await rm(place.dir!, { recursive: true, force: true });
  expect(place.said).not.toMatch(/unhandled|uncaught/i);
});
afterEach(async () => expect(await healthy()).toBe(200));

const healthy = async () => (await fetch(`http://127.0.0.1:${place.port}/healthz`).catch(() => undefined))?.status;

const machine = { mac: '02:00:00:00:00:01' };

function request(
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<Answered> {
  const all: Record<string, string> = {
    Host: `127.0.0.1:${place.port}`,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== '');
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return sendRaw('127.0.0.1', place.port, Buffer.concat([Buffer.from(head), Buffer.from(body)]));
}

const report = (more: object) => JSON.stringify({ ...machine, ...more });
const nics = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `eth${i}`, mac: '02:00:00:00:00:02' }));

const reports: [name: string, body: string | Buffer, status: number][] = [
  ['without a MAC', '{}', 422],
  ['that is a list', '[]', 400],
  ['that is null', 'null', 400],
  ['that is no JSON', '{"mac":', 400],
  ['that is no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 400],
  ['with a MAC for many', report({ mac: '01:00:5e:00:00:01' }), 422],
  ['with a MAC for all', report({ mac: 'ff:ff:ff:ff:ff:ff' }), 422],
  ['with a MAC of zeros', report({ mac: '00:00:00:00:00:00' }), 422],
  ['with a MAC that is a path', report({ mac: '../../etc/passwd' }), 422],
  ['with a MAC that is an object', report({ mac: { $gt: '' } }), 422],
  ['with a number for a text', report({ arch: 7 }), 422],
  ['with cores that are a text', report({ cpu_cores: '8' }), 422],
  ['with minus one cores', report({ cpu_cores: -1 }), 422],
  ['with more memory than there is', report({ memory_gb: 1e300 }), 422],
  ['with 300 NICs', report({ nics: nics(300) }), 422],
  ['with a NIC that is null', report({ nics: [null] }), 422],
  ['with an address that is none', report({ nics: [{ name: 'e', mac: '02:00:00:00:00:02', ip: '999.1.1.1' }] }), 422],
  ['with disks that are a text', report({ disks: 'sda' }), 422],
  ['of 300 KB', report({ vendor: 'x'.repeat(300 * 1024) }), 413],
];

describe('a report', () => {
  test.each(reports)('%s is refused, and says why', async (_name, body, status) => {
    const answer = await request('/api/discover', body);
    expect(answer.status).toBe(status);
    expectNoLeak(answer.text);
  });

  test('with control characters, or a prototype, is taken as what it is: a text', async () => {
    const body =
      '{"mac":"02:00:00:00:00:01","product":"\\u001b[31mred\\u0007","__proto__":{"admin":true},"constructor":1}';
    expect((await request('/api/discover', body)).status).toBe(202);
    expect(JSON.stringify(await machinesIn(place.dir!))).not.toContain('admin');
  });

  test('nested ten thousand deep is refused, or taken for what is known of it', async () => {
    const answer = await request(
      '/api/discover',
      `{"mac":"02:00:00:00:00:01","x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
    );
    expect([202, 400, 422]).toContain(answer.status);
  });
});

const requests: [name: string, send: () => Promise<Answered>, status: number][] = [
  ['of another type', () => request('/api/discover', '{}', { 'Content-Type': 'text/html' }), 415],
  ['that is compressed', () => request('/api/discover', '{}', { 'Content-Encoding': 'gzip' }), 415],
  ['to nothing', () => request('/api/frob', '{}'), 404],
  ['to a path with dots', () => request('/api/../../etc/passwd', '{}'), 404],
  ['to a path of a prototype', () => request('/__proto__', '{}'), 404],
  ['by another method', () => request('/api/discover', '', {}, 'DELETE'), 405],
  ['with two lengths', () => request('/api/discover', '{}', { 'Content-Length': '2\r\nContent-Length: 3' }), 400],
  ['with a length and chunks', () => request('/api/discover', '{}', { 'Transfer-Encoding': 'chunked' }), 400],
  ['that is no HTTP', () => sendRaw('127.0.0.1', place.port, Buffer.from([0, 1, 2, 3, 255, 13, 10, 13, 10])), 400],
  ['with a stage of no text', () => request('/api/progress', report({ stage: 7 })), 422],
  ['with progress of nobody', () => request('/api/progress', '{"stage":"ssh"}'), 422],
  ['with log lines that are numbers', () => request('/api/log', report({ lines: [1, 2] })), 422],
];

test.each(requests)('a request %s is refused', async (_name, send, status) => {
  const answer = await send();
  expect(answer.status).toBe(status);
  expectNoLeak(answer.text);
});

const own = () => `127.0.0.1:${place.port}`;
const pages: [name: string, send: () => Promise<Answered>, status: number][] = [
  ['that asks for the machines by a name of its own', () => ask('/api/machines', { Host: 'rebound.example' }), 421],
  ['that rebinds to the port', () => ask('/api/machines', { Host: `rebound.example:${place.port}` }), 421],
  ['that ends its name as the bastion is called', () => ask('/healthz', { Host: 'north.rebound.example' }), 421],
  ['that begins its name with the address', () => ask('/healthz', { Host: `127.0.0.1.rebound.example` }), 421],
  ['that puts the address before an @', () => ask('/healthz', { Host: '127.0.0.1@rebound.example' }), 421],
  ['that reports machines under a name of its own', () => discover({ Host: 'rebound.example' }), 421],
  ['elsewhere that reports machines', () => discover({ Origin: 'https://evil.example' }), 403],
  ['in a sandbox that reports machines', () => discover({ Origin: 'null' }), 403],
  ['of another port that reports machines', () => discover({ Origin: 'http://127.0.0.1:1' }), 403],
  ['elsewhere that hides its origin', () => discover({ 'Sec-Fetch-Site': 'cross-site' }), 403],
  ['of a sister site', () => discover({ 'Sec-Fetch-Site': 'same-site' }), 403],
  [
    'that posts lines as plain text',
    () => lines({ Origin: 'https://evil.example', 'Content-Type': 'text/plain' }),
    403,
  ],
  ['that asks whether it may', () => request('/api/discover', '', { Origin: 'https://evil.example' }, 'OPTIONS'), 403],
  ['of the bastion itself, for the machines', () => ask('/api/machines', { Origin: `http://${own()}` }), 403],
];
const ask = (path: string, headers: Record<string, string>) => request(path, '', headers, 'GET');
const discover = (headers: Record<string, string>) => request('/api/discover', report({}), headers);
const lines = (headers: Record<string, string>) => request('/api/log?mac=02:00:00:00:00:01', 'panic', headers);

describe('a page in a browser', () => {
  test.each(pages)('%s is refused', async (_name, send, status) => {
    const answer = await send();
    expect(answer.status).toBe(status);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expectNoLeak(answer.text);
  });
});

test.each([
  ['an address of this host', () => own()],
  ['an address that is translated on the way', () => '192.0.2.7:8080'],
  ['an IPv6 address', () => `[2001:db8::7]:${place.port}`],
  ["its host's name", () => `${hostname()}:${place.port}`],
  ['a name that it was given', () => 'boot.site.example'],
])('a machine that calls it by %s is heard', async (_name, host) => {
  expect((await discover({ Host: host() })).status).toBe(202);
});
