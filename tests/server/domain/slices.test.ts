// Many things in memory: what is kept of them, their order, and that everybody else has their turn meanwhile.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filterInSlices, sortInSlices } from '../../../server/domain/slices.ts';

/** How many turns somebody else gets until work is done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let [turns, done] = [0, false];
  const ended = work.finally(() => (done = true));
  while (!done) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    turns += 1;
  }
  await ended;
  return turns;
}

const numbers = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 5_000, size: 'max' });
const order = (a: number, b: number) => a - b;

test('keeps what a filter keeps, in its order', () =>
  fc.assert(
    fc.asyncProperty(numbers, async (some) => {
      expect(await filterInSlices(some, (one) => one % 3 === 0)).toEqual(some.filter((one) => one % 3 === 0));
    }),
    { numRuns: 20 },
  ));

test('sorts as sorting all of them does, those that are equal as they stood', () =>
  fc.assert(
    fc.asyncProperty(numbers, fc.nat({ max: 6_000 }), async (some, most) => {
      const placed = some.map((value, place) => ({ value, place }));
      const byValue = (a: { value: number }, b: { value: number }) => order(a.value, b.value);
      expect(await sortInSlices(placed, byValue, most)).toEqual(placed.toSorted(byValue).slice(0, most));
      expect(await sortInSlices(placed, byValue)).toEqual(placed.toSorted(byValue));
    }),
    { numRuns: 20 },
  ));

test('lets everybody else have a turn', async () => {
  const many = Array.from({ length: 10_000 }, (_, n) => (n * 7_919) % 10_007);
  expect(await turnsDuring(filterInSlices(many, () => true))).toBeGreaterThanOrEqual(100);
  expect(await turnsDuring(sortInSlices(many, order))).toBeGreaterThanOrEqual(9);
});
