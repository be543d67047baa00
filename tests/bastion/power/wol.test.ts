// What wakes a machine: the packet, and where it is sent.
import { expect, test } from 'vitest';
import { magicPacket, networksOf } from '../../../bastion/power/wol.ts';
import { createPower } from '../../../bastion/power/power.ts';

test('the packet is six bytes of ones, and the MAC sixteen times', () => {
  const packet = magicPacket('52:54:00:12:34:56');
  expect(packet.toString('hex')).toBe('ff'.repeat(6) + '525400123456'.repeat(16));
});

const of = (address: string, bits: number, more: object = {}) => ({
  family: 'IPv4' as const,
  internal: false,
  address,
  cidr: `${address}/${bits}`,
  netmask: '',
  mac: '',
  ...more,
});

test('it goes to everybody on the networks that the bastion is on, or on those of its interfaces that serve machines', () => {
  const all = {
    lo: [of('127.0.0.1', 8, { internal: true })],
    eth0: [of('192.168.8.20', 24), { ...of('fe80::1', 64), family: 'IPv6' as const, scopeid: 2 }],
    eth1: [of('10.1.255.7', 15)],
    wg0: [of('10.9.0.1', 32)],
  };
  expect(networksOf([], all as never)).toEqual([
    { address: '192.168.8.20', broadcast: '192.168.8.255' },
    { address: '10.1.255.7', broadcast: '10.1.255.255' },
  ]);
  expect(networksOf(['eth1', 'wg0'], all as never)).toEqual([{ address: '10.1.255.7', broadcast: '10.1.255.255' }]);
});

test.each(['off', 'cycle', 'status'] as const)('it can do no "%s", and says so', async (action) => {
  const power = createPower({ interfaces: [] });
  const asked = power({ action, bmc: { type: 'wol' }, macs: ['52:54:00:12:34:56'], firmware: null });
  await expect(asked).rejects.toThrow(`Wake-on-LAN only powers machines on: it can do no "${action}"`);
});

test('where it can be sent to nobody, that is said', async () => {
  const power = createPower({ interfaces: ['none-of-them'] });
  const asked = power({ action: 'on', bmc: { type: 'wol' }, macs: ['52:54:00:12:34:56'], firmware: null });
  await expect(asked).rejects.toThrow('the bastion has no network with IPv4');
});
