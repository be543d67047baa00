// Ids, cursors and revisions that labd never gave out.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { expectAlive, expectNoLeak, shareTarget } from './support.ts';

const target = shareTarget();
afterEach(() => expectAlive(target));

const uuid = '01a207fe-2773-763c-ba86-e516f818fef2';
const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
const known: { id: string; cursor: string; revision: string } = { id: '', cursor: '', revision: '' };

beforeAll(async () => {
  await target.data('mutation { createCluster(input: { name: "one" }) { __typename } }');
  const { clusters } = await target.data<{
    clusters: { revision: string; edges: { cursor: string; node: { id: string } }[] };
  }>('{ clusters { revision edges { cursor node { id } } } }');
  known.id = clusters.edges[0]!.node.id;
  known.cursor = clusters.edges[0]!.cursor;
  known.revision = clusters.revision;
});

describe('a cursor', () => {
  const forged: [name: string, cursor: () => string][] = [
    ['that is no base64', () => '%%%'],
    ['that is empty', () => ''],
    ['that is no JSON', () => Buffer.from('x').toString('base64url')],
    ['that is no list', () => Buffer.from('{"a":1}').toString('base64url')],
    ['of another order', () => cursor('createdAt', '2026-01-01T00:00:00Z', uuid)],
    ['of another column', () => cursor('passwordHash', 'a', uuid)],
    ['with an object for a value', () => cursor('name', { gt: '' }, uuid)],
    ['with a number for a text', () => cursor('name', 7, uuid)],
    ['with a NUL', () => cursor('name', 'a\u0000', uuid)],
    ['with an id that is none', () => cursor('name', 'a', '------------------------------------')],
    ['with null for an id', () => cursor('name', 'a', null)],
    ['of a hundred thousand letters', () => cursor('name', 'x'.repeat(100_000), uuid)],
  ];
  test.each(forged)('%s is refused, or leads nowhere', async (_name, make) => {
    const query = 'query ($after: String) { clusters(after: $after) { nodes { name } } }';
    const answer = await target.ask(query, { variables: { after: make() } });
    expect(answer.status).toBe(200);
    if (answer.code === undefined) expect(JSON.parse(answer.text)).toEqual({ data: { clusters: { nodes: [] } } });
    else expect(answer.code).toBe('BAD_USER_INPUT');
    expectNoLeak(answer.text);
  });

  test('of one list is no cursor of another in another order', async () => {
    const query =
      'query ($after: String) { servers(after: $after, orderBy: { field: CREATED_AT }) { nodes { name } } }';
    expect((await target.ask(query, { variables: { after: known.cursor } })).code).toBe('BAD_USER_INPUT');
  });
});

describe('an id', () => {
  const forged = [
    '',
    'x',
    'Cluster',
    'Cluster:',
    'Cluster:x',
    `cluster:${uuid}`,
    `__proto__:${uuid}`,
    `constructor:${uuid}`,
    `Cluster:${uuid}\u0000`,
    `Cluster:{${uuid}}`,
    `Change:${uuid}`,
    `Authority:${uuid}`,
  ];
  test.each(forged)('%j leads to nothing by node', async (id) => {
    const answer = await target.ask('query ($id: ID!) { node(id: $id) { id } }', { variables: { id } });
    expect(JSON.parse(answer.text)).toEqual({ data: { node: null } });
  });

  test.each(forged.filter((id) => id !== ''))('%j is refused, or nothing, by reference', async (id) => {
    const answer = await target.ask('query ($id: ID!) { cluster(by: { id: $id }) { id } }', { variables: { id } });
    expect(answer.status).toBe(200);
    if (answer.code === undefined) expect(JSON.parse(answer.text)).toEqual({ data: { cluster: null } });
    else expect(answer.code).toBe('BAD_USER_INPUT');
    expectNoLeak(answer.text);
  });

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

describe('a revision', () => {
  const first = async (after: string) => {
    const query = 'subscription ($after: Revision) { watchClusters(after: $after) { __typename } }';
    const answer = await fetch(target.labd.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...target.labd.headers },
      body: JSON.stringify({ query, variables: { after } }),
    });
    const reader = answer.body!.getReader();
    let text = '';
    while (!/data: .*\n/.test(text)) {
      const { value, done } = await reader.read();
      if (done) break;
      text += Buffer.from(value).toString();
    }
    await reader.cancel();
    return text;
  };
  test.each(['rev:999999999999', `${uuid}.1`, `${uuid}.999999999999999999`])(
    '%s begins anew, and says so',
    async (after) => {
      expect(await first(after)).toContain('"Reset"');
    },
  );

  test.each(['', 'rev:-1', 'rev:x', 'x.1', `rev:${'9'.repeat(40)}`])('%j is refused', async (after) => {
    expect(await first(after)).toContain('BAD_USER_INPUT');
  });
});
