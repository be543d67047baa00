// What the memory of texts keeps: so many entries, and so many characters, whichever ends first.
import { expect, test } from 'vitest';
import { createTextCache } from '../../common/textCache.ts';

const keysIn = (cache: { get(key: string): unknown }, keys: readonly string[]) =>
  keys.filter((key) => cache.get(key) !== undefined);
const numbered = (count: number, length = 0) =>
  Array.from({ length: count }, (_, n) => String(n).padStart(length, '0'));

test('it keeps the entries that were used last', () => {
  const cache = createTextCache<number>({ entries: 3, characters: 1_000 });
  for (const key of ['a', 'b', 'c']) cache.set(key, 1);
  cache.get('a');
  cache.set('d', 1);
  expect(keysIn(cache, ['a', 'b', 'c', 'd'])).toEqual(['a', 'c', 'd']);
});

test('it keeps the characters of its keys within the bound, and none that are a sixteenth of it', () => {
  const cache = createTextCache<number>({ entries: 1_000, characters: 1_600 });
  const keys = numbered(100, 100);
  for (const key of keys) cache.set(key, 1);
  expect(keysIn(cache, keys)).toEqual(keys.slice(-16));
  cache.set('x'.repeat(101), 1);
  expect(cache.get('x'.repeat(101))).toBeUndefined();
});

test('it counts the characters of values that are texts, and those of one that replaces another', () => {
  const cache = createTextCache<string>({ entries: 1_000, characters: 1_600 });
  const keys = numbered(100, 10);
  for (const key of keys) cache.set(key, 'x'.repeat(90));
  expect(keysIn(cache, keys)).toEqual(keys.slice(-16));
  for (let i = 0; i < 100; i++) cache.set(keys.at(-1)!, 'y'.repeat(90));
  expect(keysIn(cache, keys)).toEqual(keys.slice(-16));
  cache.set('long', 'x'.repeat(100));
  expect(cache.get('long')).toBeUndefined();
});
