// A bastion that has no labd, as processes of their own: it installs machines, is killed in the middle, and tells a labd of all
// that once it joins one.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bootInstaller } from '../../bastion/simulate/installer.ts';
import { createPoster } from '../../bastion/simulate/poster.ts';
import { startLab } from '../cli/support.ts';
import { ask, bastion, bastionPlace, labd, Program } from './processes.ts';

interface Known {
  servers: {
    nodes: {
      name: string;
      status: string;
      os: string | null;
      installs: {
        nodes: {
          number: number;
          outcome: string | null;
          failure: { reason: string } | null;
          createdAt: string;
          stages: { name: string; startedAt: string }[];
          lines: { line: string }[];
        }[];
      };
    }[];
  };
}

const KNOWN = `{ servers(first: 5) { nodes { name status os installs(first: 5) { nodes { number outcome failure { reason } createdAt
  stages { name startedAt } lines(first: 10) { line } } } } } }`;

const [good, bad] = ['38:05:25:00:00:01', '38:05:25:00:00:02'];

test('installs without labd, over kill -9, and a labd that is joined later hears of all of it once', async () => {
  const place = await bastionPlace('site');
  const args = ['--standalone', '--simulate-boot', '--name', place.name, '--dir', place.dir, '--host', '127.0.0.1'];
  const alone = new Program(
    `http://127.0.0.1:${place.port}`,
    '/healthz',
    'dist/lab-bastion.js',
    [...args, '--port', String(place.port)],
    {},
  );
  onTestFinished(() => alone.kill());
  await alone.start();
  const lab = (...words: string[]) => startLab(words, { BASTION_DIR: place.dir });
  const discover = async (mac: string) => {
    const body = JSON.stringify({ mac, disks: [{ name: 'sda', size_gb: 480, serial: `of-${mac}` }] });
    const headers = { 'content-type': 'application/json' };
    await fetch(new URL('/api/discover', alone.url), { method: 'POST', headers, body });
  };
  for (const mac of [good, bad]) await discover(mac);
  const boot = (mac: string) =>
    bootInstaller(createPoster({ bastion: alone.url, connections: 1, patience: 20 }), mac, 20);
  const provision = async (mac: string, ...more: string[]) =>
    expect(await lab('provision', mac, '--os', 'debian-13', '--bastion', 'here', ...more)).toMatchObject({ code: 0 });

  await provision(good);
  await provision(bad);
  const [first, second] = [await boot(good), await boot(bad)];
  await first.say({ stage: 'partition' });
  await first.log(['Installing the base system']);
  await second.say({ stage: 'disk', state: 'failed', error: 'The disk is not there' });
  await alone.kill();
  await alone.start();
  const waiting = lab('provision', bad, '--os', 'debian-13', '--bastion', 'here', '--yes', '--wait', '--timeout', '1m');
  const third = await boot(bad);
  await alone.kill();
  await alone.start();
  expect(await first.say({ stage: 'packages' })).toMatchObject({ status: 202 });
  expect(await first.say({ stage: 'done', state: 'installed' })).toMatchObject({ status: 202 });
  await third.say({ stage: 'done', state: 'installed' });
  expect(await waiting).toMatchObject({ code: 0, out: expect.stringContaining('installed') });
  expect((await lab('bastion', 'status')).out).toMatch(/^Uplink to labd: +none: it runs by itself$/m);
  const atBastion = Date.now();
  await alone.stop();

  const api = await labd();
  const joined = await bastion(place, api);
  const servers = async () => (await ask<Known>(api.url, KNOWN)).servers.nodes;
  const statuses = async () => (await servers()).map(({ status }) => status);
  await expect.poll(statuses, { timeout: 30_000 }).toEqual(['INSTALLED', 'INSTALLED']);
  const seen = (await servers()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  expect(
    seen.map(({ installs }) =>
      installs.nodes.toSorted((a, b) => a.number - b.number).map(({ outcome, failure }) => [outcome, failure?.reason]),
    ),
  ).toEqual([
    [['SUCCEEDED', undefined]],
    [
      ['FAILED', 'The disk is not there'],
      ['SUCCEEDED', undefined],
    ],
  ]);
  const [install] = seen[0]!.installs.nodes;
  expect(install!.stages.map(({ name }) => name)).toEqual(['queued', 'booting', 'partition', 'packages']);
  expect(install!.lines.map(({ line }) => line)).toEqual(['Installing the base system']);
  for (const at of [install!.createdAt, ...install!.stages.map(({ startedAt }) => startedAt)])
    expect(new Date(at).getTime()).toBeLessThanOrEqual(atBastion);
  // What was heard once is not said again, and labd decides from now on.
  await joined.stop();
  await joined.start();
  expect((await servers()).flatMap(({ installs }) => installs.nodes)).toHaveLength(3);
  const refused = await lab('provision', good, '--os', 'debian-13', '--bastion', 'here');
  expect(refused.err).toContain('This bastion has a labd, which decides what is installed.');
  for (const name of await readdir(join(place.dir, 'attempts')))
    expect(JSON.parse(await readFile(join(place.dir, 'attempts', name), 'utf8'))).not.toHaveProperty('token');
});
