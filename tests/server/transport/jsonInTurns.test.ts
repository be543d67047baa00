// JSON that is written a part at a time is what JSON.stringify writes in one go.
import { expect, test } from 'vitest';
import { jsonInTurns } from '../../../server/transport/jsonInTurns.ts';

/** A tree of lists and objects with so many on each level, and every kind of value at its ends. */
const tree = (width: number, depth: number): unknown => {
  const one = (n: number): unknown => {
    if (depth > 1) return tree(width, depth - 1);
    const ends = [
      n,
      1 / 3,
      'a "b"\u2028\ud800',
      null,
      true,
      new Date(0),
      [],
      {},
      undefined,
      Object.create(null) as object,
    ];
    return ends[n % ends.length];
  };
  const many = Array.from({ length: width }, (_, n) => one(n));
  return depth % 2 === 0 ? many : Object.fromEntries(many.map((value, n) => [`${n} "é`, value]));
};

const never = () => undefined;

test.each([
  [1, 1],
  [10, 1],
  [10, 3],
  [20, 4],
  [2_000, 1],
  [200, 2],
])('a tree with %i on each of %i levels', async (width, depth) => {
  for (const value of [tree(width, depth), [tree(width, depth)], { a: tree(width, depth), b: undefined }])
    expect(await jsonInTurns(value, never)).toBe(JSON.stringify(value));
});

test('whoever writes gives others their turn, also in the middle of what lies in one object', async () => {
  let turns = 0;
  const written = await jsonInTurns({ one: { list: tree(200, 2) } }, () => {
    turns += 1;
    return Promise.resolve();
  });
  expect(JSON.parse(written)).toHaveProperty('one.list.199');
  expect(turns).toBeGreaterThan(100);
});
