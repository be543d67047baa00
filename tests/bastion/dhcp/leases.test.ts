// Whose an address is: by the leases that dnsmasq logs and keeps, by the neighbour table in proxy mode, and else nobody's.
import { expect, test } from 'vitest';
import { createLeases, LeaseBook } from '../../../bastion/dhcp/leases.ts';
import { createLogReader, type DhcpSighting } from '../../../bastion/dhcp/log.ts';

const MAC = '52:54:00:00:00:01';
const OTHER = '52:54:00:00:00:02';
const SECOND = 1000;

const full = { cidr: '10.77.0.0/24', mode: 'full' as const };
const proxy = { cidr: '10.88.0.0/24', mode: 'proxy' as const };

function bookAt(now: { value: number }) {
  const book = new LeaseBook(() => now.value);
  const seen: DhcpSighting[] = [];
  const read = createLogReader((sighting) => {
    seen.push(sighting);
    book.saw(sighting);
  });
  return { book, seen, read };
}

test('what one exchange says in several lines is one sighting', () => {
  const { seen, read } = bookAt({ value: 0 });
  for (const line of [
    'dnsmasq-dhcp[7]: 1001 available DHCP range: 10.77.0.100 -- 10.77.0.199',
    'dnsmasq-dhcp[7]: 1001 vendor class: PXEClient:Arch:00007:UNDI:003016',
    `dnsmasq-dhcp[7]: 1001 DHCPDISCOVER(lan0) ${MAC} `,
    `dnsmasq-dhcp[7]: 1001 DHCPOFFER(lan0) 10.77.0.150 ${MAC} `,
    `dnsmasq-dhcp[7]: 1002 DHCPDISCOVER(lan0) ${OTHER} ignored`,
    `dnsmasq-dhcp[7]: 1003 PXE(lan0) ${OTHER} proxy`,
    `dnsmasq-dhcp[7]: 1004 DHCPNAK(lan0) 10.77.0.9 ${OTHER} wrong network`,
    'dnsmasq-tftp[7]: sent /tftp/ipxe.efi to 10.77.0.150',
    `dnsmasq-dhcp[7]: 1005 DHCPDISCOVER(lan0) ff:ff:ff:ff:ff:ff`,
    `1005 DHCPDISCOVER(lan0) ${MAC}`,
  ])
    read(line);
  const said = { vendorClass: 'PXEClient:Arch:00007:UNDI:003016', architecture: 7 };
  expect(seen).toEqual([
    { mac: MAC, event: 'asked', interface: 'lan0', ...said },
    { mac: MAC, event: 'offered', interface: 'lan0', ip: '10.77.0.150', ...said },
    { mac: OTHER, event: 'ignored', interface: 'lan0' },
    { mac: OTHER, event: 'offered', interface: 'lan0' },
    { mac: OTHER, event: 'refused', interface: 'lan0', ip: '10.77.0.9' },
  ]);
});

test('an address is whose lease it is, until that runs out, is given back or goes to another', async () => {
  const now = { value: 1_000_000 * SECOND };
  const { book, read } = bookAt(now);
  const leases = createLeases(() => [full], book);
  read(`dnsmasq-dhcp[7]: 1 DHCPOFFER(lan0) 10.77.0.100 ${MAC}`);
  expect(await leases.macOf('10.77.0.100')).toBeUndefined();
  read(`dnsmasq-dhcp[7]: 1 DHCPACK(lan0) 10.77.0.100 ${MAC} web`);
  expect(await leases.macOf('10.77.0.100')).toBe(MAC);
  expect(await leases.addressesOf(MAC)).toEqual(['10.77.0.100']);
  now.value += 3600 * SECOND;
  expect(await leases.macOf('10.77.0.100')).toBeUndefined();
  read(`dnsmasq-dhcp[7]: 2 DHCPACK(lan0) 10.77.0.100 ${MAC}`);
  read(`dnsmasq-dhcp[7]: 3 DHCPACK(lan0) 10.77.0.100 ${OTHER}`);
  read(`dnsmasq-dhcp[7]: 4 DHCPRELEASE(lan0) 10.77.0.100 ${MAC}`);
  expect(await leases.macOf('10.77.0.100')).toBe(OTHER);
  read(`dnsmasq-dhcp[7]: 5 DHCPRELEASE(lan0) 10.77.0.100 ${OTHER}`);
  expect(await leases.macOf('10.77.0.100')).toBeUndefined();
});

test('who only says that it has an address is not believed, though dnsmasq acknowledges it', async () => {
  const { book, read } = bookAt({ value: 0 });
  const leases = createLeases(() => [full], book);
  read(`dnsmasq-dhcp[7]: 9 DHCPINFORM(lan0) 10.77.0.66 ${MAC}`);
  read(`dnsmasq-dhcp[7]: 9 DHCPACK(lan0) 10.77.0.66 ${MAC}`);
  expect(await leases.macOf('10.77.0.66')).toBeUndefined();
});

test('the file of an earlier run is taken, but for what is no lease of IPv4', async () => {
  const { book } = bookAt({ value: 1_000_000 * SECOND });
  book.read(
    [
      `1000100 ${MAC} 10.77.0.100 web 01:52:54:00:00:00:01`,
      `999999 ${OTHER} 10.77.0.101 * *`,
      `0 ${OTHER} 10.77.0.102 * *`,
      'duid 00:01:00:01',
      `1000100 1 fd00::1 * ${MAC}`,
      `10001`,
    ].join('\n'),
  );
  expect(book.all().map(({ ip, mac }) => [ip, mac])).toEqual([
    ['10.77.0.100', MAC],
    ['10.77.0.102', OTHER],
  ]);
});

test('in proxy mode the neighbour table says whose an address is, and in full mode it does not', async () => {
  const table = [
    'IP address       HW type     Flags       HW address            Mask     Device',
    `10.88.0.7        0x1         0x2         ${MAC}     *        lan0`,
    `10.88.0.8        0x1         0x0         ${OTHER}     *        lan0`,
    `10.77.0.7        0x1         0x2         ${OTHER}     *        lan0`,
    '',
  ].join('\n');
  const leases = createLeases(
    () => [full, proxy],
    new LeaseBook(() => 0),
    async () => table,
  );
  expect(await leases.macOf('10.88.0.7')).toBe(MAC);
  expect(await leases.macOf('10.88.0.8')).toBeUndefined();
  expect(await leases.macOf('10.77.0.7')).toBeUndefined();
  expect(await leases.addressesOf(MAC)).toEqual(['10.88.0.7']);
});
