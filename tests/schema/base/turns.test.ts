// A long answer lets others have the event loop, and takes no more statements for it.
import { expect, test } from 'vitest';
import { Batches } from '../../../schema/base/batch.ts';
import { inTurn, Turns } from '../../../schema/base/turns.ts';

/** An operation whose every list takes a while to answer, beside somebody who notes each turn of the event loop. */
function begin({ each = 20 }: { each?: number } = {}) {
  const place = { now: 0, stopped: false, turns: 0, looks: 0, longest: 0, sinceTurn: 0 };
  const turns = new Turns(() => {
    place.looks++;
    return place.now;
  });
  const operation = {
    beforeReading() {
      if (place.stopped) throw new Error('stopped');
    },
  };
  const answer = <T>(objects: number, result: T) =>
    inTurn(turns, operation, objects, () => {
      place.now += each;
      place.sinceTurn += each;
      place.longest = Math.max(place.longest, place.sinceTurn);
      return result;
    });
  let over = false;
  const watch = () => {
    place.turns++;
    place.sinceTurn = 0;
    if (!over) setImmediate(watch);
  };
  setImmediate(watch);
  const end = () => void (over = true);
  return { place, turns, operation, batches: new Batches(operation, turns), answer, end };
}

/** Asks for lists one after the other, as the executor does with connections that were loaded together. */
const askAll = <T>(lists: number, ask: (n: number) => T | Promise<T>) =>
  Promise.all(Array.from({ length: lists }, async (_, n) => ask(n)));

test('Forty lists of a thousand are answered in turns, in their order, each once', async () => {
  const { place, answer, end } = begin();
  const order: number[] = [];
  const results = await askAll(40, async (n) => {
    const result = await answer(1000, n);
    order.push(n);
    return result;
  });
  end();
  expect(results).toEqual(Array.from({ length: 40 }, (_, n) => n));
  expect(order).toEqual(results);
  // A stretch, and what was begun before it was over.
  expect(place.longest).toBeLessThanOrEqual(40);
  expect(place.turns).toBeGreaterThanOrEqual(20);
});

test('A short answer is given at once, and never looks at the clock', () => {
  const { place, answer, end } = begin();
  expect(answer(20, 'servers')).toBe('servers');
  end();
  expect(place.looks).toBe(0);
});

test('What is quick to answer waits for nothing, however long it is', () => {
  const { answer, end } = begin({ each: 0 });
  for (let n = 0; n < 100; n++) expect(answer(1000, n)).toBe(n);
  end();
});

test('Those who ask in several turns are loaded together', async () => {
  const { batches, answer, end } = begin();
  const loads: number[] = [];
  const load = (parents: readonly number[]) => {
    loads.push(parents.length);
    return Promise.resolve((parent: number) => parent * 2);
  };
  const results = await askAll(40, async (n) => batches.load('double', await answer(1000, n), load));
  end();
  expect(results).toEqual(Array.from({ length: 40 }, (_, n) => n * 2));
  expect(loads).toEqual([40]);
});

test('What was loaded together is given to each in turns', async () => {
  const { place, batches, answer, end } = begin({ each: 1 });
  const load = () => Promise.resolve(() => answer(0, 'one'));
  await askAll(1000, (n) => batches.load('ones', n, load));
  end();
  expect(place.longest).toBeLessThan(250);
  expect(place.turns).toBeGreaterThan(5);
});

test('Nothing is answered after the operation has been stopped, and nobody waits for ever', async () => {
  const { place, answer, end } = begin();
  let answered = 0;
  const results = await Promise.allSettled(
    Array.from({ length: 40 }, async (_, n) => {
      await answer(1000, n);
      answered++;
      if (n === 5) place.stopped = true;
    }),
  );
  end();
  expect(answered).toBe(6);
  expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(34);
});
