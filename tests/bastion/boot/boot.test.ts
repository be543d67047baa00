// What a machine boots, through the HTTP API of a bastion that a small labd gives orders.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seal, unseal } from '../../../common/sealed.ts';
import type { Bastion } from '../../../bastion/bastion.ts';
import { hashToken } from '../../../bastion/install/token.ts';
import { startFakeLabd, type FakeLabd } from '../../support/fake-labd.ts';
import { bastionIn, getJson, machinesIn, macOf, post, temporary, until } from '../support.ts';

let dir: string;
let remove: () => Promise<void>;
let labd: FakeLabd;
let bastion: Bastion;
const mac = macOf(1);

beforeEach(async () => {
  ({ dir, remove } = await temporary());
  labd = await startFakeLabd();
  await start();
});
afterEach(async () => {
  await bastion.stop();
  await labd.stop();
  await remove();
});

const start = async () => void (bastion = await bastionIn(dir, { labd: labd.url, simulateBoot: true }));
const boot = (of = mac) => getJson<Record<string, string>>(bastion.url, `/api/boot?mac=${of}`);
let orders = 0;
const told = async (kind: 'INSTALL' | 'CANCEL', attempt: number, status: string) => {
  const id = `Order:${++orders}`;
  labd.order({ id, kind, macs: [mac, macOf(2)], serverId: 'Server:1', attempt, os: 'fedora-43', status });
  await until(() => labd.acknowledgedOrders.some(({ order }) => order === id));
  await until(async () => kind === 'CANCEL' || !labd.attemptOpen || (await boot()).boot === 'install');
  return labd.acknowledgedOrders.at(-1)!;
};
const install = (attempt = 1) => told('INSTALL', attempt, 'PROVISIONING');
let seq = 0;
const say = (stage: string, token: string, more = {}) =>
  post(bastion.url, '/api/progress', { mac, stage, seq: ++seq, ...more }, { Authorization: `Bearer ${token}` });

describe('rule 9: a machine that boots from the network', () => {
  test('is discovered when it is unknown, or nothing of ours is on its disk', async () => {
    expect(await boot()).toEqual({ boot: 'discover' });
    await post(bastion.url, '/api/discover', { mac });
    expect(await boot()).toEqual({ boot: 'discover' });
  });

  test.each(['INSTALLED', 'FAILED', 'RETIRED', 'PROVISIONING'] as const)(
    'boots from disk when labd says that it is %s',
    async (status) => {
      labd.held = [
        { id: 'Server:1', name: 'web', bootMac: mac, status, role: null, hostname: null, ip: null, os: null },
      ];
      await bastion.stop();
      await start();
      await until(async () => (await machinesIn(dir)).length > 0);
      expect(await boot()).toEqual({ boot: 'disk' });
    },
  );

  test('gets the installer until that calls back; then the disk, also after a restart of the bastion', async () => {
    await install();
    const { token = '', ...script } = await boot();
    expect(script).toEqual({ boot: 'install', attempt: 1, os: 'fedora-43', role: null });
    expect(await boot(macOf(2))).toMatchObject({ token });
    expect(await boot(macOf(3))).toEqual({ boot: 'discover' });
    await bastion.stop();
    await start();
    expect(await boot()).toMatchObject({ token });
    expect(await say('packages', token)).toMatchObject({ status: 202 });
    expect(await say('reboot', token)).toMatchObject({ status: 202 });
    expect(await boot()).toEqual({ boot: 'disk' });
    await bastion.stop();
    await start();
    expect(await boot()).toEqual({ boot: 'disk' });
    expect(await say('done', token, { state: 'installed' })).toMatchObject({ status: 202 });
    expect(await boot()).toEqual({ boot: 'disk' });
  });

  test('is told to labd as booting, once', async () => {
    const { secretHash } = await install();
    await boot();
    await boot();
    await until(() => labd.items.length > 0);
    expect(labd.items.map(({ body }) => body)).toEqual([{ progress: { mac, stage: 'booting', proof: secretHash } }]);
  });
});

test('rule 15: a machine that netboots in the middle fails its attempt, with the stage, and boots from disk', async () => {
  const { secretHash } = await install();
  const { token = '' } = await boot();
  await say('partition', token);
  expect(await boot()).toEqual({ boot: 'disk' });
  expect(await boot()).toEqual({ boot: 'disk' });
  await until(() => labd.items.length === 3);
  expect(labd.items.at(-1)!.body.progress).toMatchObject({ stage: 'partition', state: 'FAILED', proof: secretHash });
  expect(await say('packages', token)).toMatchObject({ status: 410 });
});

describe('rule 13: the token', () => {
  test('is made here: labd gets its hash, and nothing else of it', async () => {
    const { secretHash, outcome } = await install();
    const { token = '' } = await boot();
    expect({ outcome, secretHash }).toEqual({ outcome: 'DONE', secretHash: hashToken(token) });
    await say('packages', token);
    await until(() => labd.items.length === 2);
    expect(JSON.stringify([labd.items, labd.acknowledgedOrders, labd.pushed])).not.toContain(token);
    expect(JSON.stringify(await machinesIn(dir))).not.toContain(token);
  });

  test('is not handed out before labd has its hash, nor when labd says that the attempt is over', async () => {
    labd.attemptOpen = false;
    await install();
    expect(await boot()).toEqual({ boot: 'discover' });
  });

  test('whose hash labd has, which the bastion did not hear, is told again after a restart', async () => {
    labd.attemptOpen = true;
    const { secretHash } = await install();
    await bastion.stop();
    // As if the answer had been lost.
    const { readFile, writeFile } = await import('node:fs/promises');
    const file = `${dir}/attempts/${secretHash}.json`;
    await writeFile(file, seal({ ...unseal<object>(await readFile(file, 'utf8'))!, state: 'offered' }));
    await start();
    expect((await boot()).boot).not.toBe('install');
    await until(() => labd.acknowledgedOrders.length === 2);
    expect(labd.acknowledgedOrders[1]).toMatchObject({ outcome: 'DONE', secretHash });
    await until(async () => (await boot()).boot === 'install');
  });

  test('ends with a cancel: the machine boots what labd says it is, and is told to stop', async () => {
    await install();
    const { token = '' } = await boot();
    await post(bastion.url, '/api/discover', { mac });
    await say('packages', token);
    await told('CANCEL', 1, 'FAILED');
    expect(await boot()).toEqual({ boot: 'disk' });
    expect(await say('post', token)).toMatchObject({ status: 410 });
    await until(() => labd.items.at(-1)?.body.log != null);
    expect(labd.items.at(-1)!.body.log).toMatchObject({ lines: ['Said after the end, without effect: post'] });
  });

  test('of an attempt is worthless in the next', async () => {
    await install(1);
    const first = (await boot())['token']!;
    await say('packages', first, { state: 'failed' });
    await install(2);
    expect((await boot())['token']).not.toBe(first);
    expect(await say('packages', first)).toMatchObject({ status: 410 });
  });
});

test('without the flag there is no boot, and an order to install is refused', async () => {
  await bastion.stop();
  bastion = await bastionIn(dir, { labd: labd.url });
  labd.order({ id: 'Order:x', kind: 'INSTALL', macs: [mac], serverId: 'Server:1', attempt: 1 });
  labd.order({ id: 'Order:y', kind: 'CANCEL', macs: [mac], serverId: 'Server:1', attempt: 1 });
  await until(() => labd.acknowledgedOrders.length === 2);
  expect(labd.acknowledgedOrders.map(({ outcome, message, secretHash }) => [outcome, message, secretHash])).toEqual([
    ['REFUSED', 'This bastion cannot install machines: it runs without boot services.', undefined],
    ['REFUSED', 'This bastion cannot cancel the installs of machines: it runs without boot services.', undefined],
  ]);
  expect((await fetch(`${bastion.url}/api/boot?mac=${mac}`)).status).toBe(404);
});
