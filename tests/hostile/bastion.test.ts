// The bastion: the table of what machines, or whoever pretends to be one, may send it, with a machine that reports beside.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { machinesIn } from '../bastion/support.ts';
import { freePort } from '../whole/processes.ts';
import { shareReporter } from './bystander.ts';
import { casesBeside } from './cases.ts';
import { discover, request, rows } from './tables/bastion.ts';

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

casesBeside(
  shareReporter(() => `http://127.0.0.1:${place.port}`),
  rows(place),
);

describe('a report', () => {
  test('with control characters, or a prototype, is taken as what it is: a text', async () => {
    const body =
      '{"mac":"02:00:00:00:00:01","product":"\\u001b[31mred\\u0007","__proto__":{"admin":true},"constructor":1}';
    expect((await request(place.port, '/api/discover', body)).status).toBe(202);
    expect(JSON.stringify(await machinesIn(place.dir!))).not.toContain('admin');
  });

  test('nested ten thousand deep is refused, or taken for what is known of it', async () => {
    const answer = await request(
      place.port,
      '/api/discover',
      `{"mac":"02:00:00:00:00:01","x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
    );
    expect([202, 400, 422]).toContain(answer.status);
  });
});

test.each([
  ['an address of this host', () => `127.0.0.1:${place.port}`],
  ['an address that is translated on the way', () => '192.0.2.7:8080'],
  ['an IPv6 address', () => `[2001:db8::7]:${place.port}`],
  ["its host's name", () => `${hostname()}:${place.port}`],
  ['a name that it was given', () => 'boot.site.example'],
])('a machine that calls it by %s is heard', async (_name, host) => {
  expect((await discover(place.port, { Host: host() })).status).toBe(202);
});
