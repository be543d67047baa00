// Finding what one knows a part of, against a real labd with a fleet that is known.
import { expect, test } from 'vitest';
import { makeFleet } from '../fleet.ts';
import { shareSite } from '../support.ts';

const site = shareSite(makeFleet);

/** Names in the order printed. */
const names = async (...words: string[]): Promise<string[]> => {
  const { out, code } = await site.lab('get', ...words, '-o', 'name');
  expect(code).toBe(0);
  return out.trim().split('\n').filter(Boolean);
};

test.each([
  ['38:05', ['server/labmaster']],
  ['38-05-25', ['server/labmaster']],
  ['E2E5', ['server/labmaster']],
  ['168.8.2', ['server/labmaster']],
  ['sn000', ['server/labmaster']],
  ['acm', ['server/labmaster']],
  ['rack=a', ['server/labmaster', 'server/worker1']],
  ['ORKER', ['server/worker1']],
  ['nowhere', []],
])('get servers --search %s finds %j', async (text, expected) => {
  expect(await names('servers', '--search', text)).toEqual(expected);
});

test('a search goes with other filters, several kinds and an earlier moment, and says when it finds nothing', async () => {
  expect(await names('servers', '--search', 'rack=', '-l', 'rack=a2')).toEqual(['server/worker1']);
  expect(await names('servers,networks', '--search', '192.168.8.')).toEqual(['server/labmaster', 'network/lab']);
  expect(await names('all', '--search', 'lab.example')).toEqual(['server/labmaster', 'network/lab']);
  const { revision } = JSON.parse((await site.lab('get', 'server', 'worker1', '-o', 'json')).out).metadata;
  expect(await names('servers', '--search', '00:0c', '--at', revision)).toEqual(['server/worker1']);
  const none = await site.lab('get', 'servers', '--search', 'nowhere');
  expect([none.code, none.err]).toEqual([0, 'No servers found.\n']);
});

test('what cannot be searched, or for, is said', async () => {
  const { code, err } = await site.lab('get', 'sessions', '--search', 'x');
  expect([code, err]).toEqual([2, expect.stringContaining('--search is not for sessions')]);
  const empty = await site.lab('get', 'servers', '--search', '');
  expect([empty.code, empty.err]).toEqual([expect.any(Number), expect.stringContaining('nothing to search for')]);
  expect(empty.code).not.toBe(0);
  expect((await site.lab('get', 'server', 'labmaster', '--search', 'x')).err).toMatch(/Names and filters/);
});
