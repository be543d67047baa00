// Goes through many things in memory a slice at a time, so that everybody else has their turn between two slices.
import { setImmediate as othersTurn } from 'node:timers/promises';

/** Things at a time: a thousand conditions on each are some ten milliseconds. */
const SLICE = 100;
/** Things that are sorted at a time. */
const SORTED = 1_000;

/** What is kept of many things, in their order. */
export async function filterInSlices<T>(things: Iterable<T>, isKept: (thing: T) => boolean): Promise<T[]> {
  const kept: T[] = [];
  let seen = 0;
  for (const thing of things) {
    if (++seen % SLICE === 0) await othersTurn();
    if (isKept(thing)) kept.push(thing);
  }
  return kept;
}

/** The first so many of many things in an order; all of them, sorted, without `most`. */
export async function sortInSlices<T>(
  things: readonly T[],
  order: (a: T, b: T) => number,
  most = things.length,
): Promise<T[]> {
  let first: T[] = [];
  for (let at = 0; at < things.length; at += SORTED) {
    if (at > 0) await othersTurn();
    // Sorting goes through what is sorted already once, and only merges the rest into it.
    first = [...first, ...things.slice(at, at + SORTED)].sort(order).slice(0, most);
  }
  return first;
}
