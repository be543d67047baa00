// lab get --sort-by any column, against a real labd.
import { expect, test } from 'vitest';
import { makeFleet } from '../fleet.ts';
import { shareSite } from '../support.ts';

const site = shareSite(async (given) => {
  await makeFleet(given);
  for (const [name, cidr] of [
    ['nine', '10.0.9.0/24'],
    ['ten', '10.0.10.0/24'],
    ['hundred', '10.0.100.0/24'],
    ['six', 'fd00:2::/64'],
  ])
    await given.lab('create', 'network', name!, '--cidr', cidr!);
});

const names = async (...words: string[]): Promise<string[]> => {
  const { out, code, err } = await site.lab('get', ...words, '-o', 'custom-columns=N:.metadata.name', '--no-headers');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.trim().split('\n');
};

test('addresses and ranges are sorted as numbers, those of IPv6 last, and turned round', async () => {
  const byRange = ['storage', 'nine', 'ten', 'hundred', 'lab', 'six'];
  expect(await names('networks', '--sort-by', 'cidr')).toEqual(byRange);
  expect(await names('networks', '--sort-by', 'CIDR')).toEqual(byRange);
  expect(await names('networks', '--sort-by', '.spec.cidr')).toEqual(byRange);
  expect(await names('networks', '--sort-by', '-cidr')).toEqual(byRange.toReversed());
});

test('any shown column sorts: those of the wide table, numbers as such, and what is absent comes last either way', async () => {
  expect((await names('servers', '--sort-by', 'ip'))[0]).toBe('labmaster');
  expect((await names('servers', '--sort-by', '-ip'))[0]).toBe('labmaster');
  expect((await names('servers', '--sort-by', 'memory'))[0]).toBe('labmaster');
  expect(await names('vms', '--sort-by', 'memory')).toEqual(['idle', 'web']);
  expect(await names('vms', '--sort-by', '-memory')).toEqual(['web', 'idle']);
  expect((await names('servers', '--sort-by', '-mac'))[0]).toBe('labmaster');
});

test('age is how long ago: the youngest first', async () => {
  const oldest = await names('servers', '--sort-by', 'created-at');
  expect(await names('servers', '--sort-by', '-created-at')).toEqual(oldest.toReversed());
  expect(await names('servers', '--sort-by', 'age')).toEqual(oldest.toReversed());
  expect(await names('servers', '--sort-by', '-age')).toEqual(oldest);
  expect((await names('servers', '--sort-by', '-name'))[0]).toBe('worker1');
  expect((await names('servers', '--sort-by=-name'))[0]).toBe('worker1');
});

test('what is no column is refused with those that are', async () => {
  const { code, err } = await site.lab('get', 'servers', '--sort-by', '-frob');
  expect([code, err]).toEqual([2, expect.stringMatching(/cannot be sorted by "frob"[^]*name, status,.* ip,/)]);
});
