// What labd tells a bastion, over a real socket: the servers it holds, and orders.
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bastion } from '../../../bastion/bastion.ts';
import { startFakeLabd, type FakeLabd } from '../../support/fake-labd.ts';
import { bastionIn, getJson, machinesIn, macOf, post, temporary, until } from '../support.ts';

let dir: string;
let remove: () => Promise<void>;
let labd: FakeLabd;
let bastion: Bastion | undefined;

beforeEach(async () => {
  ({ dir, remove } = await temporary());
  labd = await startFakeLabd();
});
afterEach(async () => {
  await bastion?.stop();
  bastion = undefined;
  await labd.stop();
  await remove();
});

const start = async (more: Parameters<typeof bastionIn>[1] = {}) =>
  (bastion = await bastionIn(dir, { labd: labd.url, ...more }));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
const discover = (n: number) => post(bastion!.url, '/api/discover', { mac: macOf(n) });

const held = (n: number) => ({
  id: `Server:${n}`,
  name: `m-${n}`,
  bootMac: macOf(n),
  status: 'INSTALLED' as const,
  role: 'WORKER' as const,
  hostname: `h${n}`,
  ip: null,
  os: null,
});
const machines = () => machinesIn<{ mac: string; name?: string; status: string }>(dir);

describe('what labd knows', () => {
  test('is loaded at the start, page by page, and still known when labd is away', async () => {
    labd.held = range(1, 1_100).map(held);
    await start();
    await until(async () => (await machines()).length === 1_100);
    await bastion!.stop();
    await labd.stop();
    await start();
    expect(await machines()).toHaveLength(1_100);
    expect((await machines())[0]).toMatchObject({ mac: macOf(1), name: 'm-1', status: 'INSTALLED', hostname: 'h1' });
    labd = await startFakeLabd();
  });

  test('wins over what was kept: who is no longer held, and was never seen here, is dropped', async () => {
    labd.held = [held(1), held(2)];
    await start();
    await discover(1);
    await until(async () => (await machines()).length === 2);
    await until(() => labd.items.length === 1);
    await bastion!.stop();
    labd.held = [];
    await start();
    await until(async () => (await machines()).every(({ name }) => name === undefined));
    expect((await machines()).map(({ mac }) => mac)).toEqual([macOf(1)]);
  });

  test('is loaded anew when labd says that another bastion holds a server, or this one another', async () => {
    labd.held = [held(1)];
    await start();
    await discover(1);
    await until(async () => (await machines())[0]?.name === 'm-1');
    labd.held = [held(2)];
    labd.order({ id: 'Order:1', kind: 'RELOAD', macs: [] });
    await until(() => labd.acknowledgedOrders.length === 1);
    expect(labd.acknowledgedOrders).toMatchObject([{ order: 'Order:1', outcome: 'DONE' }]);
    expect(labd.opened).toHaveLength(1);
    // What was seen here is kept, and boots as before.
    const [first, second] = (await machines()).toSorted((a, b) => (a.mac < b.mac ? -1 : 1));
    expect(first).toMatchObject({ mac: macOf(1), status: 'INSTALLED' });
    expect(first!.name).toBeUndefined();
    expect(second).toMatchObject({ mac: macOf(2), name: 'm-2', status: 'INSTALLED' });
  });

  test('does not undo what a machine reported and labd has not heard of yet', async () => {
    labd.held = [{ ...held(1), status: 'PROVISIONING' }];
    await start({ simulateBoot: true });
    labd.order({ id: 'Order:1', kind: 'INSTALL', macs: [macOf(1)], serverId: 'Server:1', attempt: 1 });
    const script = () => getJson<{ token?: string }>(bastion!.url, `/api/boot?mac=${macOf(1)}`);
    await until(async () => (await script()).token !== undefined);
    const token = { Authorization: `Bearer ${(await script()).token}` };
    await labd.stop();
    await post(bastion!.url, '/api/progress', { mac: macOf(1), stage: 'done', state: 'installed', seq: 1 }, token);
    const { port } = labd;
    labd = await startFakeLabd({ port });
    // As labd does, it changes its mind when it has heard.
    labd.onPush = ({ items }) => {
      labd.held = [{ ...held(1), status: items.some(({ body }) => body.progress) ? 'INSTALLED' : 'PROVISIONING' }];
      return undefined;
    };
    await until(async () => (await machines())[0]?.name === 'm-1');
    expect(await machines()).toMatchObject([{ status: 'INSTALLED', name: 'm-1' }]);
  });
});

describe('an order to load anew what is held', () => {
  const reload = (n: number) => labd.order({ id: `Order:${n}`, kind: 'RELOAD', macs: [] });
  const acknowledged = () => labd.acknowledgedOrders.map(({ order, outcome }) => [order, outcome]);

  /** Holds the loads from now on back, after labd has read what it answers. */
  function holdLoads() {
    const waiting: (() => void)[] = [];
    let count = 0;
    labd.onLoad = () => {
      count += 1;
      return new Promise((resolve) => void waiting.push(resolve));
    };
    return { begun: (n: number) => until(() => count === n), goOn: () => waiting.splice(0).forEach((go) => go()) };
  }

  /** A bastion that knows the machines that labd says it holds now, with an order to load them anew under way. */
  async function reloading() {
    await start({ simulateBoot: true });
    await until(async () => (await machines()).length === labd.held.length);
    const loads = holdLoads();
    reload(1);
    await loads.begun(1);
    return loads;
  }

  test('does not bring a machine back that was forgotten meanwhile', async () => {
    labd.held = [held(1), held(2)];
    const loads = await reloading();
    labd.held = [held(2)];
    labd.order({ id: 'Order:2', kind: 'FORGET', macs: [macOf(1)], serverId: 'Server:1' });
    await until(() => acknowledged().length === 1);
    loads.goOn();
    await until(() => acknowledged().length === 2);
    expect((await machines()).map(({ mac }) => mac)).toEqual([macOf(2)]);
    // labd may find it anew, and say so.
    labd.onLoad = undefined;
    labd.held = [held(1), held(2)];
    reload(3);
    await until(async () => (await machines()).length === 2);
  });

  test('does not take back what labd ordered meanwhile', async () => {
    labd.held = [{ ...held(1), status: 'PROVISIONING' }];
    const loads = await reloading();
    const about = { macs: [macOf(1)], serverId: 'Server:1', attempt: 1, status: 'FAILED' };
    labd.order({ id: 'Order:2', kind: 'CANCEL', ...about });
    await until(() => acknowledged().length === 1);
    loads.goOn();
    await until(() => acknowledged().length === 2);
    expect(await machines()).toMatchObject([{ name: 'm-1', status: 'FAILED' }]);
  });

  test('waits for the load that is under way, and shares the next with all others: a thousand of them are two loads', async () => {
    labd.held = [held(1)];
    const loads = await reloading();
    labd.held = [held(1), held(2)];
    const more = Array.from({ length: 999 }, (_, i) => i + 2);
    more.forEach(reload);
    // An order about a machine does not wait for them, and comes after them.
    labd.order({ id: 'Order:cancel', kind: 'CANCEL', macs: [macOf(1)], serverId: 'Server:1', attempt: 1 });
    await until(() => acknowledged().length === 1);
    await loads.begun(1);
    loads.goOn();
    await loads.begun(2);
    expect(acknowledged()).toEqual([
      ['Order:cancel', 'DONE'],
      ['Order:1', 'DONE'],
    ]);
    loads.goOn();
    await until(() => acknowledged().length === 1_001);
    expect(acknowledged().slice(2)).toEqual(more.map((n) => [`Order:${n}`, 'DONE']));
    await loads.begun(2);
    await until(async () => (await machines()).length === 2);
  });

  test('that fails says so, and is carried out when it comes again', async () => {
    labd.held = [held(1)];
    await start();
    await until(async () => (await machines()).length === 1);
    labd.held = [held(1), held(2)];
    labd.onLoad = () => Promise.reject(new Error('It is busy.'));
    reload(1);
    await until(() => acknowledged().length === 1);
    expect(labd.acknowledgedOrders[0]).toMatchObject({ outcome: 'FAILED' });
    labd.onLoad = undefined;
    reload(2);
    await until(() => acknowledged().length === 2);
    expect(acknowledged()[1]).toEqual(['Order:2', 'DONE']);
    await until(async () => (await machines()).length === 2);
    expect(labd.opened).toHaveLength(1);
  });
});

describe('an order', () => {
  test('to forget is acknowledged once the machine is gone for good', async () => {
    await start();
    await discover(1);
    await discover(2);
    labd.order({ id: 'Order:1', kind: 'FORGET', macs: [macOf(1)] });
    await until(() => labd.acknowledgedOrders.length === 1);
    expect(labd.acknowledgedOrders[0]).toEqual({
      bastion: 'Bastion:test',
      epoch: 1,
      order: 'Order:1',
      outcome: 'DONE',
    });
    await bastion!.stop();
    await start();
    const machines = await machinesIn(dir);
    expect(machines.map(({ mac }) => mac)).toEqual([macOf(2)]);
  });

  test('to forget waits for every report from before', async () => {
    await start();
    await until(() => labd.opened.length === 1);
    let release!: () => void;
    const held = new Promise<undefined>((resolve) => (release = () => resolve(undefined)));
    labd.onPush = () => held;
    await discover(1);
    labd.order({ id: 'Order:1', kind: 'FORGET', macs: [macOf(1)] });
    await until(async () => (await getJson(bastion!.url, '/healthz'))['machines'] === 0);
    expect(labd.acknowledgedOrders).toEqual([]);
    release();
    await until(() => labd.acknowledgedOrders.length === 1);
    expect(labd.macs()).toEqual([macOf(1)]);
  });

  test('waits for those before it about the same machine, and for no others', async () => {
    await start({ simulateBoot: true });
    await until(() => labd.opened.length === 1);
    let release!: () => void;
    const held = new Promise<undefined>((resolve) => (release = () => resolve(undefined)));
    labd.onPush = () => held;
    await discover(1);
    labd.order({ id: 'Order:1', kind: 'FORGET', macs: [macOf(1), macOf(2)], serverId: 'Server:1' });
    labd.order({ id: 'Order:2', kind: 'INSTALL', macs: [macOf(2)], serverId: 'Server:2', attempt: 1 });
    labd.order({ id: 'Order:3', kind: 'INSTALL', macs: [macOf(3)], serverId: 'Server:3', attempt: 1 });
    labd.order({ id: 'Order:4', kind: 'CANCEL', macs: [macOf(3)], serverId: 'Server:3', attempt: 1 });
    const acknowledged = () => labd.acknowledgedOrders.map(({ order }) => order);
    await until(() => acknowledged().length === 2);
    expect(acknowledged()).toEqual(['Order:3', 'Order:4']);
    release();
    await until(() => acknowledged().length === 4);
    expect(acknowledged().slice(2)).toEqual(['Order:1', 'Order:2']);
  });

  test('to install is refused, and says why', async () => {
    await start();
    labd.order({ id: 'Order:2', kind: 'INSTALL', macs: [macOf(1)] });
    await until(() => labd.acknowledgedOrders.length === 1);
    expect(labd.acknowledgedOrders[0]).toMatchObject({
      outcome: 'REFUSED',
      message: expect.stringContaining('boot services') as string,
    });
  });
});

test('a second bastion under the same name ends the first, which competes no more and says why', async () => {
  const said: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void said.push(line) });
  const timings = { heartbeat: 3_600_000 };
  await start({ log, timings });
  labd.order({ id: 'Order:1', kind: 'INSTALL', macs: [macOf(1)] });
  await until(() => labd.acknowledgedOrders.length === 1);
  const elsewhere = await temporary();
  const second = await bastionIn(elsewhere.dir, { labd: labd.url, timings });
  try {
    await until(() => said.some((line) => line.includes('Does a second bastion run under the name \\"test\\"?')));
    labd.order({ id: 'Order:2', kind: 'INSTALL', macs: [macOf(2)] });
    await until(() => labd.acknowledgedOrders.length === 2);
    expect(labd.acknowledgedOrders[1]).toMatchObject({ epoch: 2 });
    expect(labd.opened).toHaveLength(2);
  } finally {
    await second.stop();
    await elsewhere.remove();
  }
});
