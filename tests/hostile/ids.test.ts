// Ids, cursors and revisions: the table of those that labd never gave out, and some that it gave for something else.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hostileCases } from './cases.ts';
import { expectAlive, shareTarget } from './support.ts';
import { rows, uuid } from './tables/ids.ts';

const target = shareTarget();
afterEach(() => expectAlive(target));
hostileCases(target, rows(target));

const known = { id: '', cursor: '' };

beforeAll(async () => {
  await target.data('mutation { createCluster(input: { name: "one" }) { __typename } }');
  const { clusters } = await target.data<{
    clusters: { edges: { cursor: string; node: { id: string } }[] };
  }>('{ clusters { edges { cursor node { id } } } }');
  known.id = clusters.edges[0]!.node.id;
  known.cursor = clusters.edges[0]!.cursor;
});

describe('a cursor', () => {
  test('of one list is no cursor of another in another order', async () => {
    const query =
      'query ($after: String) { servers(after: $after, orderBy: { field: CREATED_AT }) { nodes { name } } }';
    expect((await target.ask(query, { variables: { after: known.cursor } })).code).toBe('BAD_USER_INPUT');
  });
});

describe('an id', () => {
  test('that is hidden and one that is not there are the same answer', async () => {
    const headers = await target.signIn('read:elsewhere:*:*');
    const answers = [];
    for (const id of [known.id, `Cluster:${uuid}`]) {
      const { text } = await target.ask(
        'query ($id: ID!) { node(id: $id) { id } cluster(by: { id: $id }) { id } nodes(ids: [$id]) { id } }',
        { headers, variables: { id } },
      );
      answers.push(text);
    }
    expect(answers[0]).toBe(answers[1]);
    expect(JSON.parse(answers[0]!)).toEqual({ data: { node: null, cluster: null, nodes: [null] } });
  });

  test('in a list of too many is refused', async () => {
    const ids = Array.from({ length: 1001 }, () => `Cluster:${uuid}`);
    const answer = await target.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { variables: { ids } });
    expect(answer.code).toBe('TOO_MANY_CONDITIONS');
  });
});
