// Machines that report something odd, and many addresses, as lab shows them: against a real labd and a bastion.
import { expect, test, vi } from 'vitest';
import { shareSite } from '../support.ts';

const mac = (n: number) => `02:00:00:00:00:0${n}`;
const nic = (n: number, name: string, ...addresses: string[]) => ({ name, mac: mac(n), ip: addresses[0], addresses });

const reports = [
  {
    mac: mac(1),
    serial: 42,
    firmware: 'efi',
    nics: [nic(1, 'eno1', 'fe80::1/64', 'fd00::7/48', '10.0.0.9/8'), { name: 'ib0', mac: 'none' }],
  },
  { mac: mac(2), nics: [nic(2, 'eno1', 'fe80::2/64'), nic(2, 'eno2', 'fd00::2/48'), nic(2, 'eno3', '10.0.0.5/8')] },
  { mac: mac(3), nics: [nic(3, 'eno1', '169.254.0.3/16')] },
  { mac: mac(4), nics: [{ name: 'ib0', mac: '80:00:00:48:fe:80:00:00:00:00:00:00:f4:52:14:03:00:7b:cb:a1' }] },
];
const name = (n: number) => `m-02000000000${n}`;

const site = shareSite(async ({ report, ask }) => {
  for (const one of reports) await report('discover', one);
  const found = () => ask<{ servers: { totalCount: number } }>('{ servers { totalCount } }');
  await vi.waitFor(async () => expect((await found()).servers.totalCount).toBe(reports.length), { timeout: 20_000 });
});

test('describe says of each field what is odd about it, and how it came', async () => {
  const { out } = await site.lab('describe', 'server', name(1));
  for (const line of [
    /odd-hardware \(serial\): yes/,
    /serial is a number rather than a text\. It came as 42\./,
    /firmware is neither uefi nor bios\. It came as "efi"\./,
    /nics\[1\]\.mac is not a MAC address; it is needed: the NIC is left out\. It came as "none"\./,
  ])
    expect(out.replaceAll(/\n[│ ]+/g, ' ')).toMatch(line);
  expect((await site.lab('describe', 'server', name(2))).out).not.toContain('odd-hardware');
});

test('a NIC with a long address is one', async () => {
  const { out } = await site.lab('describe', 'server', name(4));
  expect(out).toContain('80:00:00:48:fe:80:00:00:00:00:00:00:f4:52:14:03:00:7b:cb:a1');
});

test('the table, the manifest and the order show the address that a server is reached by best', async () => {
  const primary = ['10.0.0.9', '10.0.0.5', '169.254.0.3', undefined];
  const table = (await site.lab('get', 'servers', '--sort-by', 'name', '--no-headers')).out.trim().split('\n');
  expect(table.map((line) => line.split(/\s+/)[3])).toEqual(primary.map((ip) => ip ?? '<none>'));
  const { items } = JSON.parse((await site.lab('get', 'servers', '--sort-by', 'name', '-o', 'json')).out) as {
    items: { status: { ip: string | null } }[];
  };
  expect(items.map(({ status }) => status.ip ?? undefined)).toEqual(primary);
  const sorted = (await site.lab('get', 'servers', '--sort-by', '.status.ip', '-o', 'name')).out.trim().split('\n');
  expect(sorted).toEqual([2, 1, 3, 4].map((n) => `server/${name(n)}`));
});
