// What labd remembers of documents: however many that differ are sent, so many stay, and of long ones fewer.
import { createHash } from 'node:crypto';
import { queryObjects } from 'node:v8';
import { Source } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { post, startToy, type Toy } from '../http/toy.ts';

/** As server/pipeline bounds it. */
const REMEMBERED = { entries: 256, characters: 1_000_000 };
/** Those under way */
const BESIDE = 8;

let toy: Toy;
/** Those that this process had before */
let earlier: number;
beforeAll(async () => {
  earlier = alive();
  toy = await startToy({ documents: { known: {}, find: () => Promise.resolve(undefined) } });
});
afterAll(() => toy.stop());

/** Documents that are still there, parsed: each has its source, and lives as long as anything that was made of it. */
const alive = (): number => queryObjects(Source, { format: 'count' });
const added = (): number => alive() - earlier;

const documents = (count: number, what: string, length: number) =>
  Array.from({ length: count }, (_, n) => `query ${what}${n} { hello }`.padEnd(length, ' '));

test.each([
  { what: 'Short', count: 1_000, length: 30, most: REMEMBERED.entries },
  { what: 'Long', count: 200, length: 40_000, most: REMEMBERED.characters / 40_000 },
  { what: 'Whole', count: 30, length: 200_000, most: REMEMBERED.entries },
])('of $count documents of $length characters no more than $most stay', async ({ what, count, length, most }) => {
  for (const query of documents(count, what, length)) expect((await post(toy.url, query)).status).toBe(200);
  expect(added()).toBeLessThanOrEqual(most + BESIDE);
});

test('those that do not parse, that break a rule or are beyond a limit leave nothing that adds to it', async () => {
  const before = added();
  for (let n = 0; n < 300; n++) {
    await post(toy.url, `query Broken${n} { hello`);
    await post(toy.url, `query Deep${n} ${'{ hello '.repeat(30)} ${'}'.repeat(30)}`);
    await post(toy.url, `query Unknown${n} { nothing }`);
  }
  expect(added()).toBeLessThanOrEqual(Math.max(before, REMEMBERED.entries) + BESIDE);
});

test('texts that come with their hash are remembered by how long they are', async () => {
  const length = 50_000;
  const hashes: string[] = [];
  for (const query of documents(100, 'Hashed', length)) {
    const sha256Hash = createHash('sha256').update(query).digest('hex');
    hashes.push(sha256Hash);
    await post(toy.url, query, { extensions: { persistedQuery: { version: 1, sha256Hash } } });
  }
  let known = 0;
  for (const sha256Hash of hashes) {
    const { body } = await post(toy.url, undefined, { extensions: { persistedQuery: { version: 1, sha256Hash } } });
    if (!body.errors) known++;
  }
  expect(known).toBeGreaterThan(0);
  expect(known * length).toBeLessThanOrEqual(REMEMBERED.characters);
});
