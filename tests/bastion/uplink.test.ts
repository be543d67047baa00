// The uplink against a small labd on a real socket: everything arrives, once, in order, whatever breaks.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bastion } from '../../bastion/bastion.ts';
import { startFakeLabd, type FakeLabd } from '../support/fake-labd.ts';
import { bastionIn, getJson, macOf, post, temporary, until } from './support.ts';

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

const start = async (more: Parameters<typeof bastionIn>[1] = {}) => (bastion = await bastionIn(dir, { labd: labd.url, ...more }));
const discover = (n: number) => post(bastion!.url, '/api/discover', { mac: macOf(n) });

describe('an uplink', () => {
  test('brings a report to labd in the words of the graph', async () => {
    await start({ token: 'lab_bst_x' });
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
    expect(labd.opened[0]).toMatchObject({ name: 'test', protocol: 1, oldest: 0, newest: 0 });
  });

  test('keeps what is reported while labd is away, and sends it in order when it comes back', async () => {
    const { port } = labd;
    await start();
    await until(() => labd.opened.length === 1);
    await labd.stop();
    for (let n = 1; n <= 20; n += 1) expect((await discover(n)).status).toBe(202);
    labd = await startFakeLabd({ port });
    await until(() => labd.items.length === 20);
    expect(labd.items.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  });
});
