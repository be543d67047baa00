// GraphQL: the table of documents and variables that mean harm.
import { afterEach, expect, test } from 'vitest';
import { hostileCases } from './cases.ts';
import { expectAlive, shareTarget } from './support.ts';
import { rows } from './tables/graphql.ts';

const target = shareTarget();
afterEach(() => expectAlive(target));
hostileCases(target, rows(target));

test('A document of a mutation is not run by a subscription, nor twice under two names', async () => {
  const made = await target.ask(
    'mutation { a: createCluster(input: { name: "twice" }) { __typename } b: createCluster(input: { name: "twice" }) { __typename } }',
  );
  expect(JSON.parse(made.text)).toEqual({ data: { a: { __typename: 'Cluster' }, b: { __typename: 'Conflict' } } });
});
