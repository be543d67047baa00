// What a host must have for DHCP, and which networks it serves by its own addresses.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { placeBootFiles } from '../../../bastion/dhcp/bootFiles.ts';
import { findDnsmasq } from '../../../bastion/dhcp/requirements.ts';
import { select, type HostInterfaces, type LabdSite } from '../../../bastion/dhcp/selection.ts';
import { temporary } from '../support.ts';

const at = (address: string) => ({
  address,
  netmask: '255.255.255.0',
  family: 'IPv4' as const,
  mac: '52:54:00:00:00:01',
  internal: false,
  cidr: `${address}/24`,
});

const host: HostInterfaces = { eth0: [at('10.77.0.1')], eth1: [at('10.78.0.1')], eth2: [at('10.79.0.1')] };

const network = (name: string, cidr: string, more: Partial<LabdSite['networks'][number]> = {}) => ({
  name,
  cidr,
  gateway: null,
  domain: null,
  dhcpMode: 'FULL' as const,
  dhcpRange: null,
  dns: [],
  relayed: false,
  ...more,
});

test('the networks of its interfaces are served, and those behind a relay, by the address that their machines reach', () => {
  const networks = [
    network('lab', '10.77.0.0/24'),
    network('wide', '10.78.0.0/16', { dhcpMode: 'PROXY' }),
    network('unlisted', '10.79.0.0/24'),
    network('nowhere', '10.90.0.0/24'),
    network('far', '10.91.0.0/24', { relayed: true }),
    network('six', 'fd00::/64'),
  ];
  const served = select({ tag: 'x', networks, reservations: [], boots: [] }, ['eth0', 'eth1', 'eth9'], host);
  expect(served.map(({ name, interface: on, address, mode, relayed }) => [name, on, address, mode, relayed])).toEqual([
    ['lab', 'eth0', '10.77.0.1', 'full', false],
    ['wide', 'eth1', '10.78.0.1', 'proxy', false],
    ['far', 'eth0', '10.77.0.1', 'full', true],
  ]);
});

test('a host without dnsmasq, and one where the bastion is not root, say what to do', async () => {
  const { dir, remove } = await temporary();
  onTestFinished(remove);
  const folders = (path: string) => ({ path, forRoot: [] });
  expect(await findDnsmasq({ uid: 0, ...folders(dir) })).toEqual({
    missing: expect.stringContaining('apt-get install dnsmasq-base') as string,
  });
  await writeFile(join(dir, 'dnsmasq'), '');
  await chmod(join(dir, 'dnsmasq'), 0o755);
  expect(await findDnsmasq({ uid: 1000, ...folders(dir) })).toEqual({
    missing: expect.stringContaining('DHCP needs root') as string,
  });
  expect(await findDnsmasq({ uid: 0, ...folders(dir) })).toEqual({ program: join(dir, 'dnsmasq') });
});

test("binaries that people put beside come before the distribution's, and what neither has as a file is not there", async () => {
  const { dir, remove } = await temporary();
  onTestFinished(remove);
  const distribution = join(dir, 'distribution');
  const folder = join(dir, 'tftp');
  await Promise.all([mkdir(join(dir, 'ipxe')), mkdir(distribution)]);
  await writeFile(join(dir, 'ipxe', 'ipxe.efi'), 'signed');
  await mkdir(join(dir, 'ipxe', 'old.efi'));
  await writeFile(join(distribution, 'ipxe.efi'), 'plain');
  await writeFile(join(distribution, 'undionly.kpxe'), 'plain');
  expect(await placeBootFiles([join(dir, 'ipxe'), distribution], folder)).toEqual(['undionly.kpxe', 'ipxe.efi']);
  expect(await readFile(join(folder, 'ipxe.efi'), 'utf8')).toBe('signed');
});
