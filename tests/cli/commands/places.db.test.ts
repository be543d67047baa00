// A context that works in one cloud or environment: what is made there, what lists keep to, and how to see the rest.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { runLab, shareSite, startLab } from '../support.ts';

const site = shareSite(async ({ lab }) => {
  for (const [name, environment] of [
    ['plain', 'default'],
    ['testing', 'test'],
    ['serving', 'prod'],
  ] as const)
    await lab('create', 'network', name, '--cidr', '10.0.0.0/16', '-n', environment, '-l', 'tier=a');
  await lab('create', 'network', 'far', '--cidr', '10.0.0.0/16', '--cloud', 'edge', '-n', 'prod');
});

let config: string;
const lab = (...words: string[]) => runLab(words, { LAB_CONFIG: config });
const names = async (...words: string[]) =>
  (await lab('get', 'networks', '-o', 'name', ...words)).out.replaceAll('network/', '').trim().split('\n');

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lab-places-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  config = join(folder, 'config.yaml');
  await lab('config', 'set-context', 'here', '--url', site.labd.url, '--token', site.labd.token);
});

test('a context without a place lists all, and makes things where labd does', async () => {
  expect(await names()).toEqual(['far', 'plain', 'serving', 'testing']);
  expect((await lab('create', 'network', 'made', '--cidr', '10.1.0.0/16')).code).toBe(0);
  expect(await names('--environment', 'default')).toEqual(['made', 'plain']);
  expect((await lab('delete', 'network', 'made', '--yes')).code).toBe(0);
});

test('one with an environment lists that, unless a flag says another or all', async () => {
  await lab('config', 'set-context', '--current', '--environment', 'prod');
  expect(await names()).toEqual(['far', 'serving']);
  expect(await names('-n', 'test')).toEqual(['testing']);
  expect(await names('-A')).toEqual(['far', 'plain', 'serving', 'testing']);
  expect(await names('--cloud', 'edge')).toEqual(['far']);
  expect((await lab('-n', 'test', 'get', 'networks', '-o', 'name')).out).toBe('network/testing\n');
  // Called by its name an object is found wherever it is: names are of the whole lab.
  expect(await names('testing')).toEqual(['testing']);
  expect((await lab('describe', 'networks', '-l', 'tier=a')).out).toMatch(/serving/);
  expect((await lab('describe', 'networks', '-l', 'tier=a')).out).not.toMatch(/testing/);
  const events = await lab('get', 'events', '--kind', 'network', '-o', 'name');
  expect(events.out).toBe('Network/serving\nNetwork/far\n');
  expect((await lab('get', 'events', '--kind', 'network', '-A', '-o', 'name')).out).toMatch(/Network\/testing/);
  // Installs have no place of their own.
  expect((await lab('get', 'installs')).err).toMatch(/^No installs found/);
});

test('one with a cloud too keeps to both, and says so where nothing is', async () => {
  await lab('config', 'set-context', '--current', '--environment', 'prod', '--cloud', 'edge');
  expect(await names()).toEqual(['far']);
  expect(await names('-n', 'test')).toEqual(['']);
  expect((await lab('get', 'vms')).err).toBe(
    'No vms found in cloud edge, environment prod, which the context says; -A looks everywhere.\n',
  );
  expect((await lab('get', 'vms', '-A')).err).toBe('No vms found.\n');
  expect((await lab('get', 'networks', '-n', 'test')).err).toBe(
    'No networks found in cloud edge, which the context says; -A looks everywhere.\n',
  );
});

test('what is made belongs there, unless it is said where; what is deleted or labelled by label is there alone', async () => {
  await lab('config', 'set-context', '--current', '--environment', 'prod');
  expect((await lab('create', 'network', 'mine', '--cidr', '10.2.0.0/16', '-l', 'tier=b')).code).toBe(0);
  expect((await lab('create', 'network', 'other', '--cidr', '10.2.0.0/16', '-n', 'test', '-l', 'tier=b')).code).toBe(0);
  expect(await names('-l', 'tier=b')).toEqual(['mine']);
  expect((await lab('label', 'networks', '-l', 'tier=b', 'seen=yes')).out).toBe('network/mine labeled\n');
  expect((await lab('delete', 'networks', '-l', 'tier=b', '--yes')).out).toBe('network/mine deleted\n');
  expect((await lab('delete', 'networks', '-l', 'tier=b', '--yes')).err).toMatch(
    /^There is nothing to delete in environment prod, which the context says/,
  );
  expect((await lab('delete', 'networks', '-A', '-l', 'tier=b', '--yes')).out).toBe('network/other deleted\n');
});

test('a context is no more than an address where labd is named by that', async () => {
  await lab('config', 'set-context', '--current', '--environment', 'prod');
  expect((await lab('get', 'networks', '-o', 'name', '--labd', site.labd.url)).out).toMatch(/testing/);
});

test('addresses of ports that speak otherwise are told in words', async () => {
  const { host } = new URL(site.labd.url);
  const { err, code } = await startLab(['get', 'servers'], { LAB_URL: `https://${host}` });
  expect(code).toBe(5);
  expect(err).toMatch(/it does not speak TLS there; write http:\/\/ if the port is a plain one/);
  expect(err).not.toMatch(/SSL|EPROTO/);
  expect((await lab('get', 'networks', '-o', 'name', '--labd', `http://${host}/`)).code).toBe(0);
});
