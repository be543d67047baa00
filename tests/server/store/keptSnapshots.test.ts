// Which snapshots of an embedded database are kept, and what tells that one is broken.
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { checksumOf, firstBlock, isWhole, PAGE } from '../../../server/store/embedded/pages.ts';
import { keptOf, type Snapshot } from '../../../server/store/embedded/snapshots.ts';

const MINUTE = 60_000;

/** One every so many minutes up to a moment, newest first. */
const every = (minutes: number, count: number, end = Date.UTC(2026, 0, 31, 23, 59)): Snapshot[] =>
  Array.from({ length: count }, (_, i) => {
    const at = new Date(end - i * minutes * MINUTE).toISOString().replace(/[-:.]/g, '');
    return { path: at, at, revision: null, number: count - i };
  });
const hours = (all: readonly Snapshot[]) => new Set(all.map(({ at }) => at.slice(0, 11)));
const days = (all: readonly Snapshot[]) => new Set(all.map(({ at }) => at.slice(0, 8)));

test('of ten days with one every two minutes, the newest, a day of hours and a week of days are kept', () => {
  const all = every(2, 7_200);
  const kept = keptOf(all);
  expect(kept.slice(0, 3)).toEqual(all.slice(0, 3));
  expect(hours(kept).size).toBeGreaterThanOrEqual(24);
  expect(days(kept).size).toBe(7);
  expect(kept.length).toBeLessThanOrEqual(3 + 24 + 7);
});

test('whatever is kept now and then stays kept until its hour and its day are over', () => {
  let kept: Snapshot[] = [];
  for (const one of every(10, 1_500).reverse()) kept = keptOf([one, ...kept]);
  expect(days(kept).size).toBe(7);
  expect(hours(kept).size).toBeGreaterThanOrEqual(24);
});

test.each([
  ['a year ahead', 366 * 24 * 60],
  ['an hour ahead', 60],
  ['an hour behind', -60],
  ['a year behind', -366 * 24 * 60],
])('a clock %s pushes none of the last few out, and the newest is the one made last', (_how, minutes) => {
  const before = every(10, 300);
  const [newest] = before;
  const wrong = every(10, 5, Date.UTC(2026, 0, 31, 23, 59) + minutes * MINUTE).map((one) => ({
    ...one,
    number: one.number + newest!.number,
  }));
  const kept = keptOf([...wrong, ...before]);
  expect(kept.slice(0, 3)).toEqual(wrong.slice(0, 3));
  expect(days(kept.filter((one) => before.includes(one))).size).toBeGreaterThan(1);
});

/** A page as PostgreSQL would write it. */
function page(block: number): Buffer {
  const bytes = Buffer.from(Array.from({ length: PAGE }, (_, i) => (i * 31 + block) % 251));
  bytes.writeUInt16LE(4_000, 14);
  bytes.writeUInt16LE(checksumOf(bytes, block), 8);
  return bytes;
}

test('each of 200 flipped bits in a page is found, and a page in the place of another', () => {
  const whole = page(7);
  expect(isWhole(whole, 7)).toBe(true);
  expect(isWhole(whole, 8)).toBe(false);
  expect(isWhole(Buffer.alloc(PAGE), 0)).toBe(true);
  for (let i = 0; i < 200; i++) {
    const [at, bit] = [randomInt(PAGE), randomInt(8)];
    for (const healthy of [whole, Buffer.alloc(PAGE)]) {
      const flipped = Buffer.from(healthy);
      flipped[at]! ^= 1 << bit;
      expect(isWhole(flipped, 7), `bit ${bit} of byte ${at}`).toBe(false);
    }
  }
});

test.each([
  ['base/5/16384', 0],
  ['base/5/16384.2', 262_144],
  ['base/5/16384_vm', 0],
  ['global/1262', 0],
  ['global/pg_control', undefined],
  ['base/5/PG_VERSION', undefined],
  ['pg_wal/000000010000000000000001', undefined],
])('%s begins with page %s', (path, block) => {
  expect(firstBlock(path)).toBe(block);
});
