// A lease is news of a machine whose interface is known and had another address.
import { expect, test } from 'vitest';
import { reportOfLease } from '../../../bastion/dhcp/leasedReport.ts';
import type { DhcpSighting } from '../../../bastion/dhcp/log.ts';

const MAC = '52:54:00:00:00:01';
const networks = [{ cidr: '10.77.0.0/24' }, { cidr: '10.78.0.0/16' }];
const other = { name: 'eth1', mac: '52:54:00:00:00:02', ip: '10.78.0.9', addresses: ['10.78.0.9/16'] };
const eth0 = {
  name: 'eth0',
  mac: MAC,
  ip: '10.77.0.100',
  addresses: ['10.77.0.100/24', 'fe80::1/64', '192.168.1.1/24'],
};
const report = { mac: MAC, serial: 'S1', nics: [eth0, other] };
const leased = (ip: string, more: Partial<DhcpSighting> = {}): DhcpSighting => ({
  mac: MAC,
  event: 'leased',
  interface: 'lan0',
  ip,
  ...more,
});

test('the new address takes the place of those of its network, and of no others', () => {
  expect(reportOfLease(report, leased('10.77.0.150'), networks)).toEqual({
    ...report,
    nics: [{ ...eth0, ip: '10.77.0.150', addresses: ['10.77.0.150/24', 'fe80::1/64', '192.168.1.1/24'] }, other],
  });
  expect(reportOfLease(report, leased('10.78.3.4'), networks)?.nics?.[0]?.addresses).toEqual([
    '10.78.3.4/16',
    ...eth0.addresses,
  ]);
});

test('of an interface that reported none it is the first', () => {
  const bare = { mac: MAC, nics: [{ name: 'eth0', mac: MAC }] };
  expect(reportOfLease(bare, leased('10.77.0.150'), networks)?.nics).toEqual([
    { name: 'eth0', mac: MAC, ip: '10.77.0.150', addresses: ['10.77.0.150/24'] },
  ]);
});

test.each([
  ['a renewal', report, leased('10.77.0.100')],
  ['an offer', report, leased('10.77.0.150', { event: 'offered' })],
  ['firmware that boots', report, leased('10.77.0.150', { vendorClass: 'PXEClient:Arch:00007:UNDI:003001' })],
  ['firmware that boots by HTTP', report, leased('10.77.0.150', { vendorClass: 'HTTPClient:Arch:00016:UNDI:003001' })],
  ['a machine that never reported', undefined, leased('10.77.0.150')],
  ['an interface that was never reported', report, leased('10.77.0.150', { mac: '52:54:00:00:00:99' })],
  ['a network that is not served', report, leased('10.99.0.1')],
])('%s is no news', (_, known, sighting) => {
  expect(reportOfLease(known, sighting, networks)).toBeUndefined();
});
