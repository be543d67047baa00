// The address that a disc gives a machine: what is asked with it becomes arguments of a kernel, and may be nothing else.
import { expect, test } from 'vitest';
import { type Fixed, fixedIn, fixedQuery, fixedSettings, fixedWords } from '../../../bastion/boot/fixed.ts';

const all: Fixed = { address: '10.1.2.3/20', gateway: '10.1.0.1', dns: ['10.1.0.2', '9.9.9.9'], vlan: 12 };

test.each<Fixed>([all, { address: '10.1.2.3/32' }, { address: '10.1.2.3/0', dns: ['9.9.9.9'] }])(
  'is asked with as it was said: %j',
  (fixed) => {
    expect(fixedIn(new URLSearchParams(`mac=x${fixedQuery(fixed)}`))).toEqual(fixed);
  },
);

test('is told iPXE with its mask, and one name server', () => {
  const settings = (address: string) => Object.fromEntries(fixedSettings({ ...all, address }));
  expect(settings('10.1.2.3/20')).toEqual({
    ip: '10.1.2.3',
    netmask: '255.255.240.0',
    gateway: '10.1.0.1',
    dns: '10.1.0.2',
  });
  expect(settings('10.1.2.3/32')['netmask']).toBe('255.255.255.255');
  expect(settings('10.1.2.3/1')['netmask']).toBe('128.0.0.0');
});

test('is nothing to who did not say any', () => {
  expect(fixedIn(new URLSearchParams('mac=x&gateway=10.0.0.1'))).toBeUndefined();
  expect(fixedWords(undefined)).toEqual([]);
});

test.each([
  'address=10.0.0.1',
  'address=10.0.0.1/33',
  'address=10.0.0.1/24/24',
  'address=10.0.0.1/24%20init=/bin/sh',
  'address=fd00::1/64',
  'address=10.0.0.1/24&gateway=x',
  'address=10.0.0.1/24&dns=10.0.0.1,,',
  'address=10.0.0.1/24&dns=10.0.0.1%20init=/bin/sh',
  'address=10.0.0.1/24&vlan=0',
])('is refused where it is no address: %s', (query) => {
  expect(() => fixedIn(new URLSearchParams(query))).toThrow('is not what a disc was made with');
});
