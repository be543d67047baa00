// What people are told who ask for a disc, before one is made.
import { expect, onTestFinished, test } from 'vitest';
import { haveDone } from '../../../cli/bastion/socket.ts';
import { bastionIn, temporary } from '../support.ts';

async function started() {
  const { dir, remove } = await temporary();
  const bastion = await bastionIn(dir);
  onTestFinished(async () => {
    await bastion.stop();
    await remove();
  });
  return (body: object) => haveDone({ by: 'socket', dir, flag: '--dir' }, '/api/iso', body, () => {});
}

test.each([
  ['of a bastion that no other machine reaches', {}, /^url is not given, and 127\.0\.0\.1 is an address/],
  ['that asks over TLS', { url: 'https://10.0.0.1:8080' }, /^url is no address of a bastion/],
  ['with arguments of a kernel in its address', { url: 'http://10.0.0.1/ init=/bin/sh' }, /^url is no address/],
  [
    'whose name leaves the folder',
    { url: 'http://10.0.0.1:1', machine: { name: '../x', mac: '02:00:00:00:00:01' } },
    /^machine\.name/,
  ],
  ['without a NIC', { url: 'http://10.0.0.1:1', machine: { name: 'x', mac: 'y' } }, /^machine\.mac/],
  ['without a ramdisk', { url: 'http://10.0.0.1:1' }, /Build it: lab bastion files build discovery\.$/],
])('a disc %s is not made, and the reason says what to do', async (_what, body, reason) => {
  const ask = await started();
  await expect(ask(body)).rejects.toThrow(reason);
});

test.each<[install: object, reason: RegExp]>([
  [{ address: '10.0.0.9' }, /^machine\.install\.address: .* is not an address with the length/],
  [{ address: '10.0.0.9/24', gateway: 'fd00::1' }, /^machine\.install\.gateway: .*another family/],
  [{ address: '10.0.0.9/24', dns: 'here' }, /^machine\.install\.dns: /],
  [{ address: ['10.0.0.9/24'] }, /^machine\.install\.address: /],
])(
  'a disc for a machine whose network is %j is not made, and the reason names what is wrong',
  async (install, reason) => {
    const ask = await started();
    const machine = { name: 'x', mac: '02:00:00:00:00:01', install };
    await expect(ask({ url: 'http://10.0.0.1:1', machine })).rejects.toThrow(reason);
  },
);
