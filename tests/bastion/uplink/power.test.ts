// Orders to power, as a bastion carries them out: taken before anything is touched, once, and answered also over a connection that
// was cut meanwhile.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bastion } from '../../../bastion/bastion.ts';
import { MOST_AT_ONCE } from '../../../bastion/power/places.ts';
import { countedMachine, type CountedMachine } from '../../support/countedMachine.ts';
import { startFakeLabd, type FakeLabd } from '../../support/fake-labd.ts';
import { PASSWORD, type RedfishService, startRedfish, USER } from '../../support/redfish.ts';
import { bastionIn, macOf, post, temporary, until } from '../support.ts';

let dir: string;
let remove: () => Promise<void>;
let labd: FakeLabd;
let redfish: RedfishService;
let bastion: Bastion | undefined;
let logged = '';
let machine: CountedMachine['state'];

beforeEach(async () => {
  ({ dir, remove } = await temporary());
  labd = await startFakeLabd();
  const counted = countedMachine();
  machine = counted.state;
  redfish = await startRedfish(counted);
  logged = '';
  bastion = await bastionIn(dir, {
    labd: labd.url,
    simulateBoot: true,
    log: pino({ level: 'trace' }, { write: (line: string) => void (logged += line) }),
    powerWaits: { answer: 1_000, busy: 20, state: 300, look: 10 },
  });
});
afterEach(async () => {
  await bastion?.stop();
  await redfish.stop();
  await labd.stop();
  await remove();
});

const order = (n: number, action: string, more: object = {}, id = n) => {
  const { address, fingerprint } = redfish;
  const bmc = { type: 'redfish', address, user: USER, password: PASSWORD, fingerprint, ...more };
  labd.order({
    id: `Order:${id}`,
    kind: 'POWER',
    macs: [macOf(n)],
    serverId: `Server:${n}`,
    power: { action, bmc, firmware: 'UEFI' },
  });
};
const ends = () => labd.acknowledgedOrders.filter(({ outcome }) => outcome !== 'TAKEN');

/** Everything that a folder keeps. */
async function keptIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n');
}

test('it is taken, carried out and answered with the state; the password is in no log and no file', async () => {
  order(1, 'on');
  await until(() => ends().length === 1);
  expect(labd.acknowledgedOrders).toMatchObject([
    { order: 'Order:1', outcome: 'TAKEN' },
    { order: 'Order:1', outcome: 'DONE', powerState: 'ON' },
  ]);
  expect(machine).toEqual({ on: true, starts: 1 });
  order(2, 'on', { password: 'falsch-und-geheim' });
  await until(() => ends().length === 2);
  expect(ends()[1]).toMatchObject({ outcome: 'FAILED', powerState: 'UNKNOWN' });
  expect(ends()[1]!.message).toContain('does not let this user do that');
  const everything = logged + (await keptIn(dir));
  for (const secret of [PASSWORD, 'falsch-und-geheim', Buffer.from(`${USER}:${PASSWORD}`).toString('base64')])
    expect(everything).not.toContain(secret);
});

test('what labd does not want any more is not carried out, and not answered', async () => {
  labd.stillWanted = false;
  order(1, 'on');
  await until(() => labd.acknowledgedOrders.length === 1);
  labd.stillWanted = true;
  order(2, 'status');
  await until(() => ends().length === 1);
  expect(ends()).toMatchObject([{ order: 'Order:2', powerState: 'OFF' }]);
  expect(machine.starts).toBe(0);
});

test('how it ended is said over the next connection when the first was cut meanwhile, and it is not done twice', async () => {
  redfish.quirks.busy = { times: 0, status: 409 };
  let held: (() => void) | undefined;
  redfish.quirks.instead = (request) => {
    if (request.method !== 'POST' || held) return false;
    held = () => request.socket.destroy();
    return true;
  };
  order(1, 'on');
  await until(() => held !== undefined);
  labd.cut();
  await until(() => labd.opened.length === 2);
  held!();
  await until(() => ends().length === 1);
  expect(ends()).toMatchObject([{ order: 'Order:1', outcome: 'FAILED' }]);
  expect(labd.acknowledgedOrders.filter(({ outcome }) => outcome === 'TAKEN')).toHaveLength(1);
});

test('while one machine is powered, others are, and what is ordered of the same is not held up', async () => {
  let held = false;
  // Of the first that is to be switched on nothing is heard.
  redfish.quirks.instead = (request) => request.method === 'POST' && !held && (held = true);
  order(1, 'on');
  await until(() => held);
  order(2, 'on');
  await until(() => machine.starts === 1);
  labd.order({ id: 'Order:9', kind: 'INSTALL', macs: [macOf(1)], serverId: 'Server:1', attempt: 1 });
  await until(() => ends().length > 1);
  expect(
    ends()
      .slice(0, 2)
      .map((one) => [one.order, one.outcome]),
  ).toEqual(
    expect.arrayContaining([
      ['Order:2', 'DONE'],
      ['Order:9', 'DONE'],
    ]),
  );
});

test('of a rack so many are powered at once, and each of the others once there is room', async () => {
  const rack = Array.from({ length: MOST_AT_ONCE + 8 }, (_, n) => n + 1);
  const held: (() => void)[] = [];
  // The controllers say nothing for a while.
  redfish.quirks.instead = (request) => request.method === 'POST' && held.push(() => request.socket.destroy()) > 0;
  for (const n of rack) order(n, 'on');
  await until(() => held.length === MOST_AT_ONCE);
  const taken = () => labd.acknowledgedOrders.filter(({ outcome }) => outcome === 'TAKEN').length;
  // Time for one that is not held back.
  await new Promise((go) => setTimeout(go, 300));
  expect([held.length, taken()]).toEqual([MOST_AT_ONCE, MOST_AT_ONCE]);
  delete redfish.quirks.instead;
  for (const cut of held.splice(0)) cut();
  await until(() => ends().length === rack.length);
  expect(taken()).toBe(rack.length);
  expect(ends().filter(({ outcome }) => outcome === 'DONE').length).toBeGreaterThanOrEqual(8);
});

test('a machine that waits in its ramdisk is not restarted for an install; the log of the install says what was done', async () => {
  await post(bastion!.url, '/api/discover', { mac: macOf(1) });
  labd.order({ id: 'Order:9', kind: 'INSTALL', macs: [macOf(1)], serverId: 'Server:1', attempt: 1 });
  await until(() => ends().length === 1);
  order(1, 'netboot');
  await until(() => ends().length === 2);
  expect(machine.starts).toBe(1);
  expect(redfish.boot).toEqual({ enabled: 'Once', target: 'Pxe' });
  const lines = () => labd.items.flatMap(({ body }) => body.log?.lines ?? []);
  await until(() => lines().length === 1);
  expect(lines()).toEqual(['lab-bastion: the machine was made to boot from the network']);
  await fetch(`${bastion!.url}/api/ramdisk?mac=${macOf(1)}`);
  order(1, 'netboot', {}, 2);
  await until(() => ends().length === 3);
  expect(ends()[2]).toMatchObject({
    outcome: 'DONE',
    message: expect.stringContaining('waits in the ramdisk') as string,
  });
  expect(machine.starts).toBe(1);
});

test('a machine whose installer runs is not started again for it', async () => {
  await post(bastion!.url, '/api/discover', { mac: macOf(1) });
  labd.order({ id: 'Order:9', kind: 'INSTALL', macs: [macOf(1)], serverId: 'Server:1', attempt: 1 });
  await until(() => ends().length === 1);
  expect((await fetch(`${bastion!.url}/boot/script?mac=${macOf(1)}`)).status).toBe(200);
  order(1, 'netboot');
  await until(() => ends().length === 2);
  expect(ends()[1]).toMatchObject({ outcome: 'DONE', message: 'It has booted from the network already.' });
  expect(machine.starts).toBe(0);
});

test('what labd did not answer is neither carried out nor said to have failed', async () => {
  labd.stillWanted = undefined;
  order(1, 'on');
  await until(() => labd.acknowledgedOrders.length === 1);
  labd.cut();
  await until(() => labd.opened.length === 2);
  labd.stillWanted = true;
  order(1, 'status', {}, 2);
  await until(() => ends().length === 1);
  expect(ends()).toMatchObject([{ order: 'Order:2', powerState: 'OFF' }]);
  expect(machine.starts).toBe(0);
});
