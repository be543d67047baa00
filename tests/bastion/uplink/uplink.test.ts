// The uplink against a small labd on a real socket: everything arrives, once, in order, whatever breaks.
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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

describe('an uplink', () => {
  test('brings a report to labd in the words of the graph', async () => {
    await start({ token: 'lab_bst_x' });
    await until(() => labd.opened.length === 1);
    await post(bastion!.url, '/api/discover', {
      mac: '38-05-25-33-E2-E4',
      arch: 'x86_64',
      memory_gb: 64,
      manufacturer: 'ACME',
      firmware: 'uefi',
      disks: [{ name: 'nvme0n1', size_gb: 1000.2 }],
      nics: [{ name: 'eno1', mac: '380525 33e2e4'.replace(' ', ''), ip: '192.168.8.20/24', state: 'UP' }],
      surprise: { nested: true },
    });
    await until(() => labd.items.length === 1);
    expect(labd.items[0]).toMatchObject({
      sequence: 1,
      body: {
        report: {
          mac: '38:05:25:33:e2:e4',
          vendor: 'ACME',
          firmware: 'UEFI',
          disks: [{ name: 'nvme0n1', sizeGb: 1000.2 }],
          nics: [{ name: 'eno1', mac: '38:05:25:33:e2:e4', ip: '192.168.8.20', state: 'UP' }],
        },
      },
    });
    expect(labd.items[0]!.body.report).not.toHaveProperty('cpuCores');
    expect(labd.connectionParams).toEqual([{ Authorization: 'Bearer lab_bst_x' }]);
    expect(labd.opened[0]).toMatchObject({ name: 'test', protocol: 6, oldest: 0, newest: 0 });
  });

  test('keeps what is reported while labd is away, and sends it in order when it comes back', async () => {
    const { port } = labd;
    await start();
    await until(() => labd.opened.length === 1);
    await labd.stop();
    for (let n = 1; n <= 20; n += 1) expect((await discover(n)).status).toBe(202);
    labd = await startFakeLabd({ port });
    await until(() => labd.items.length === 20);
    expect(labd.items.map(({ sequence }) => sequence)).toEqual(range(1, 20));
  });

  test('sends after a restart what was not acknowledged before', async () => {
    labd.onPush = () => new Promise(() => {});
    await start();
    await discover(1);
    await until(() => labd.pushed.length === 1);
    await bastion!.stop();
    labd.onPush = undefined;
    await start();
    await discover(2);
    await until(() => labd.items.length === 2);
    expect(labd.macs()).toEqual([macOf(1), macOf(2)]);
    expect(labd.opened.map(({ instance }) => instance)).toEqual([labd.opened[0]!.instance, labd.opened[0]!.instance]);
  });

  test('sends batches of at most 200 items and 128 KB', async () => {
    const { port } = labd;
    await labd.stop();
    await start();
    const disks = Array.from({ length: 100 }, (_, n) => ({
      name: `disk${n}`,
      model: 'm'.repeat(100),
      serial: 's'.repeat(100),
    }));
    await Promise.all(range(1, 250).map(discover));
    await Promise.all(range(251, 270).map((n) => post(bastion!.url, '/api/discover', { mac: macOf(n), disks })));
    labd = await startFakeLabd({ port });
    await until(() => labd.items.length === 270);
    const batches = labd.pushed.map(({ items }) => items).filter((items) => items.length > 0);
    expect(Math.max(...batches.map((items) => items.length))).toBe(200);
    expect(Math.max(...batches.map((items) => JSON.stringify(items).length))).toBeLessThanOrEqual(128 * 1024);
  });

  test('sends again what labd says it lost, when it is still there', async () => {
    await start();
    for (const n of range(1, 5)) await discover(n);
    await until(() => labd.items.length === 5);
    labd.acknowledged = 2;
    await discover(6);
    await until(() => labd.items.length === 9);
    expect(labd.items.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 3, 4, 5, 6]);
  });

  test('sends a snapshot of what it has seen itself when labd misses what is gone', async () => {
    labd.held = [
      {
        id: 'Server:1',
        name: 'elsewhere',
        bootMac: macOf(99),
        status: 'DISCOVERED',
        role: null,
        hostname: null,
        ip: null,
        os: null,
      },
    ];
    await start({ segmentBytes: 500 });
    for (const n of range(1, 20)) await discover(n);
    await until(() => labd.items.length === 20);
    // Saved, the reports that labd has acknowledged are deleted.
    await until(async () => (await getJson<{ spoolBytes: number }>(bastion!.url, '/healthz')).spoolBytes < 1_000);
    labd.acknowledged = 0;
    labd.items.length = 0;
    await discover(21);
    await until(() => labd.items.some(({ body }) => body.snapshotEnd));
    const [begin, ...rest] = labd.items.filter(({ body }) => !body.report);
    expect([begin?.body, rest.at(-1)?.body]).toEqual([
      { snapshotBegin: { machines: 21 } },
      { snapshotEnd: { machines: 21 } },
    ]);
    expect(new Set(labd.macs())).toEqual(new Set(range(1, 21).map(macOf)));
  });

  test('sends one snapshot when labd goes on asking until it has it', async () => {
    labd.snapshotWanted = true;
    await start();
    await discover(1);
    await until(() => !labd.snapshotWanted && labd.items.some(({ body }) => body.report));
    expect(labd.items.filter(({ body }) => body.snapshotBegin)).toHaveLength(1);
  });

  test('sends what fills the spool although there is no room for the snapshot that labd wants', async () => {
    const { port } = labd;
    await labd.stop();
    await start({ spoolLimit: 8_000 });
    let [accepted, status] = [0, 202];
    for (let n = 1; status === 202; n += 1) {
      ({ status } = await discover(n));
      if (status === 202) accepted += 1;
    }
    expect(status).toBe(507);
    labd = await startFakeLabd({ port });
    labd.snapshotWanted = true;
    await until(() => labd.items.some(({ body }) => body.snapshotEnd));
    expect(labd.items.slice(0, accepted).map(({ body }) => body.report?.mac)).toEqual(range(1, accepted).map(macOf));
    expect((await discover(1_000)).status).toBe(202);
  });

  test('makes room in the spool also when the machines cannot be saved', async () => {
    await mkdir(join(dir, 'machines.json.new'));
    await start({ segmentBytes: 500 });
    for (const n of range(1, 20)) await discover(n);
    await until(() => labd.items.length === 20);
    await until(async () => (await getJson<{ spoolBytes: number }>(bastion!.url, '/healthz')).spoolBytes < 1_000);
  });

  test('tells labd that it is there when there is nothing else to tell', async () => {
    await start({ timings: { heartbeat: 20 } });
    await until(() => labd.pushed.filter(({ items }) => items.length === 0).length > 3);
    expect(labd.opened).toHaveLength(1);
  });

  test('connects again when the connection is cut, in a new session', async () => {
    await start();
    await discover(1);
    await until(() => labd.items.length === 1);
    labd.cut();
    await discover(2);
    await until(() => labd.items.length === 2);
    expect(labd.pushed.at(-1)!.epoch).toBe(2);
  });

  test('notices a connection that is dead at the other end', async () => {
    await start({ timings: { keepAlive: 50, pong: 50 } });
    await until(() => labd.opened.length === 1);
    labd.freeze();
    await discover(1);
    await until(() => labd.items.length === 1);
    expect(labd.opened).toHaveLength(2);
  });

  test('says goodbye when the bastion stops', async () => {
    await start();
    await until(async () => (await getJson(bastion!.url, '/healthz'))['uplink'] === 'open');
    await bastion!.stop();
    bastion = undefined;
    await until(() => labd.closeCodes.length === 1);
    expect(labd.closeCodes).toEqual([1000]);
  });

  test('does not hold up the end of the bastion while it waits for a labd that says nothing', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const connected = once(silent, 'connection') as Promise<[Socket]>;
    await start({
      labd: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/graphql`,
      timings: { connect: 3_600_000 },
    });
    const [socket] = await connected;
    const closed = once(socket.resume(), 'close');
    await bastion!.stop();
    bastion = undefined;
    await closed;
    await new Promise((resolve) => silent.close(resolve));
  });

  test('waits long after it was fenced, so that two processes do not take turns', async () => {
    await start();
    await until(() => labd.opened.length === 1);
    labd.onPush = ({ epoch }) => ({
      __typename: 'UplinkFenced',
      message: 'A newer connection took over.',
      epoch: epoch + 1,
    });
    await discover(1);
    await until(async () => (await getJson(bastion!.url, '/healthz'))['uplink'] === 'closed');
    // Many times the pause after an ordinary end.
    await sleep(500);
    expect(labd.opened).toHaveLength(1);
  });

  test('comes back by itself after that long while', async () => {
    await start({ timings: { refused: 20 } });
    labd.onPush = () => ({ __typename: 'UplinkFenced', message: 'A newer connection took over.', epoch: 99 });
    await discover(1);
    await until(() => labd.opened.length > 2);
    labd.onPush = undefined;
    await until(() => labd.items.length === 1);
  });

  test('goes on past an item that labd will never take, and keeps it for a person', async () => {
    labd.onPush = ({ items }) => {
      const at = items.findIndex(({ body }) => body.report?.mac === macOf(2));
      return at < 0
        ? undefined
        : { __typename: 'InvalidInput', field: `input.items[${at}].body.report`, message: 'No.', remedy: 'Never.' };
    };
    await start();
    await Promise.all(range(1, 3).map(discover));
    await until(() => labd.macs().includes(macOf(3)) && labd.macs().includes(macOf(1)));
    expect(labd.items.some(({ body }) => body.report?.mac === macOf(2))).toBe(false);
    const kept = JSON.parse(await readFile(join(dir, 'refused.jsonl'), 'utf8')) as { item: { body: unknown } };
    expect(kept.item.body).toEqual({ report: { mac: macOf(2), source: 'discover' } });
    expect(labd.losses).toEqual([
      { count: 1, reason: expect.stringContaining('labd refused it: input.items[') as string },
    ]);
  });

  test('does not give old numbers to new items when its spool was deleted', async () => {
    await start();
    for (const n of range(1, 3)) await discover(n);
    await until(() => labd.items.length === 3);
    await bastion!.stop();
    await rm(join(dir, 'spool'), { recursive: true });
    await start();
    await discover(4);
    await until(() => labd.macs().includes(macOf(4)));
    expect(labd.items.at(-1)!.sequence).toBe(4);
    const machines = await machinesIn(dir);
    expect(machines.map(({ mac }) => mac)).toContain(macOf(4));
  });

  test('with an empty directory is another instance, and goes on after what labd has', async () => {
    await start();
    await discover(1);
    await until(() => labd.items.length === 1);
    await bastion!.stop();
    await rm(dir, { recursive: true });
    await start();
    await discover(1);
    await until(() => labd.items.filter(({ body }) => body.report).length === 2 && !labd.snapshotWanted);
    expect(labd.items.map(({ sequence }) => sequence)).toEqual(labd.items.map((_, at) => at + 1));
    expect(labd.losses).toEqual([]);
    expect(labd.opened[1]!.instance).not.toBe(labd.opened[0]!.instance);
  });
});
