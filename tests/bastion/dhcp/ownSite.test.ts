// What a bastion without labd serves: the networks that its interfaces are in.
import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { ownSite } from '../../../bastion/dhcp/ownSite.ts';
import { select } from '../../../bastion/dhcp/selection.ts';

const address = (text: string, netmask: string): NetworkInterfaceInfo => ({
  ...{ address: text, netmask, family: 'IPv4', mac: '02:00:00:00:00:01', internal: false, cidr: null },
});
const host = {
  eth1: [address('10.77.3.9', '255.255.252.0')],
  'br0.100': [address('192.168.8.2', '255.255.255.0'), address('192.168.9.2', '255.255.255.0')],
  bare: [],
};
const served = (range?: string) =>
  select(ownSite(['eth1', 'br0.100', 'bare', 'none'], host, range), ['eth1', 'br0.100', 'bare'], host);

test('boot files alone, beside a DHCP server of the site', () => {
  expect(served()).toEqual([
    {
      ...{ name: 'eth1', cidr: '10.77.0.0/22', interface: 'eth1', address: '10.77.3.9', mode: 'proxy', range: null },
      ...{ gateway: null, dns: [], domain: null, relayed: false },
    },
    expect.objectContaining({ name: 'br0-100', cidr: '192.168.8.0/24', mode: 'proxy', address: '192.168.8.2' }),
  ]);
});

test('addresses too, in the one network that the range lies in', () => {
  const range = '192.168.8.100-192.168.8.199';
  expect(served(range)).toEqual([
    expect.objectContaining({ name: 'eth1', mode: 'proxy', range: null }),
    expect.objectContaining({ name: 'br0-100', mode: 'full', range, gateway: '192.168.8.2' }),
  ]);
  expect(served('192.168.8.100-192.168.9.1').map(({ mode }) => mode)).toEqual(['proxy', 'proxy']);
});
