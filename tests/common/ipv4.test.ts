// IPv4 addresses, subnets and ranges are read as they are written, and what is none is none.
import { expect, test } from 'vitest';
import { hostsOf, ipv4Text, isWithin, parseIpv4, parseRange, parseSubnet } from '../../common/ipv4.ts';

test.each(['0.0.0.0', '10.77.0.1', '255.255.255.255'])('%s is read and written', (text) => {
  expect(ipv4Text(parseIpv4(text)!)).toBe(text);
});

test.each(['', '10.77.0', '10.77.0.256', '10.77.0.1.2', '010.1.1.1', '::1', '10.77.0.1\n'])(
  '%j is no address',
  (text) => {
    expect(parseIpv4(text)).toBeUndefined();
  },
);

test.each([
  ['10.77.0.0/24', '255.255.255.0', '10.77.0.1', '10.77.0.254'],
  ['0.0.0.0/0', '0.0.0.0', '0.0.0.1', '255.255.255.254'],
  ['10.77.0.4/31', '255.255.255.254', '10.77.0.4', '10.77.0.5'],
  ['10.77.0.4/32', '255.255.255.255', '10.77.0.4', '10.77.0.4'],
])('the hosts of %s', (cidr, mask, first, last) => {
  const subnet = parseSubnet(cidr)!;
  expect(ipv4Text(subnet.mask)).toBe(mask);
  const hosts = hostsOf(subnet);
  expect([hosts.first, hosts.last].map(ipv4Text)).toEqual([first, last]);
});

test.each(['10.77.0.1/24', '10.77.0.0/33', '10.77.0.0', 'fd00::/8', '10.77.0.0/24/2', '10.77.0.0/-1'])(
  '%s is no subnet',
  (cidr) => {
    expect(parseSubnet(cidr)).toBeUndefined();
  },
);

test('a range has both its ends, and nothing else', () => {
  const range = parseRange('10.77.0.100-10.77.0.199')!;
  const within = (text: string) => isWithin(parseIpv4(text)!, range);
  expect(['10.77.0.99', '10.77.0.100', '10.77.0.199', '10.77.0.200'].map(within)).toEqual([false, true, true, false]);
});

test.each(['10.77.0.2-10.77.0.1', '10.77.0.1', '10.77.0.1-', '10.77.0.1-10.77.0.2-10.77.0.3', 'a-b'])(
  '%s is no range',
  (text) => {
    expect(parseRange(text)).toBeUndefined();
  },
);
