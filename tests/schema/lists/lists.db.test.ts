// Lists: pages by cursor, filters, orders.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schema } from '../../../schema/index.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { fill } from '../fleet.ts';

const page = `query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: ServerOrder, $filter: ServerFilter) {
  servers(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, filter: $filter) {
    nodes { name status } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

const names = (servers: { nodes: { name: string }[] }) => servers.nodes.map(({ name }) => name);

async function walk(graph: TestGraph, variables: Record<string, unknown>, forward: boolean): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  for (;;) {
    const from = forward ? { first: 7, after: cursor } : { last: 7, before: cursor };
    const { servers } = await graph.data(page, { variables: { ...variables, ...from } });
    found[forward ? 'push' : 'unshift'](...names(servers));
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = servers.pageInfo;
    if (!(forward ? hasNextPage : hasPreviousPage)) return found;
    cursor = forward ? endCursor : startCursor;
  }
}

test('pages forward and backward, in every order and direction, give each server once', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 40);
  for (const field of ['NAME', 'STATUS', 'CREATED_AT', 'UPDATED_AT']) {
    for (const direction of ['ASC', 'DESC']) {
      const orderBy = { field, direction };
      const whole = names((await graph.data(page, { variables: { first: 1000, orderBy } })).servers);
      expect(new Set(whole).size).toBe(40);
      expect(await walk(graph, { orderBy }, true)).toEqual(whole);
      expect(await walk(graph, { orderBy }, false)).toEqual(whole);
    }
  }
});

test('a page goes on where it was although its cursor row is gone, or has left the filter', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 10);
  const filter = { status: { eq: 'DISCOVERED' } };
  const { servers } = await graph.data(page, { variables: { first: 2, filter } });
  expect(names(servers)).toEqual(['m-000000', 'm-000002']);
  await graph.data('mutation { deleteServer(by: { name: "m-000002" }) { __typename } }');
  const rest = await graph.data(page, { variables: { first: 9, filter, after: servers.pageInfo.endCursor } });
  expect(names(rest.servers)).toEqual(['m-000004', 'm-000006', 'm-000008']);
});

test('pages of the edges go on too, after a cursor in an order that has ties', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 9);
  const edge = (after?: string) =>
    graph.data(
      `query ($after: String) { bastion(by: { name: "site" }) { servers(first: 4, after: $after, orderBy: { field: STATUS, direction: DESC }) { totalCount nodes { name } pageInfo { hasNextPage endCursor } } } }`,
      { variables: { after } },
    );
  const found: string[] = [];
  for (let after: string | undefined; ;) {
    const { servers } = (await edge(after)).bastion;
    expect(servers.totalCount).toBe(9);
    found.push(...names(servers));
    if (!servers.pageInfo.hasNextPage) break;
    after = servers.pageInfo.endCursor;
  }
  expect([...found].sort()).toEqual(Array.from({ length: 9 }, (_, i) => `m-00000${i}`));
});

test.each([
  [{ first: 0 }, '"first" is 0'],
  [{ first: 1001 }, '"first" is 1001'],
  [{ last: -1 }, '"last" is -1'],
  [{ first: 1, last: 1 }, 'not both'],
  [{ first: 1, before: 'x' }, '"first" goes with "after"'],
  [{ after: 'nonsense' }, 'is not a cursor'],
  [{ after: Buffer.from('["status","A","0"]').toString('base64url') }, 'is not a cursor'],
])('%j is refused, and says why', async (variables, message) => {
  const { ask } = await openGraph({ calm: true });
  const { errors } = await ask(page, { variables });
  expect(errors).toHaveLength(1);
  expect(errors![0]!.message).toContain(message);
  expect(errors![0]!.extensions['code']).toBe('BAD_USER_INPUT');
});

test('filters find what they say, the absent included', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 6);
  const found = async (filter: object) =>
    names((await graph.data(page, { variables: { filter } })).servers).map((name) => Number(name.slice(2)));
  expect(await found({ role: { eq: 'WORKER' } })).toEqual([0, 3]);
  expect(await found({ role: { ne: 'WORKER' } })).toEqual([1, 2, 4, 5]);
  expect(await found({ not: { role: { eq: 'WORKER' } } })).toEqual([1, 2, 4, 5]);
  expect(await found({ role: { in: [] } })).toEqual([]);
  expect(await found({ not: {} })).toEqual([]);
  expect(await found({ or: [{ name: { eq: 'm-000001' } }, { name: { startsWith: 'm-000005' } }] })).toEqual([1, 5]);
  expect(await found({ and: [{ status: { in: ['INSTALLED'] } }], name: { contains: '3' } })).toEqual([3]);
  expect(await found({ bootMac: { ne: '02:00:00:00:00:01' } })).toEqual([0, 2, 3, 4, 5]);
});

test('a filter that holds of nothing finds nothing, and counts nothing, of any kind and below an edge too', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 3);
  const lists = Object.values(schema.getQueryType()!.getFields()).filter(({ args }) =>
    args.some(({ name }) => name === 'filter'),
  );
  expect(lists.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['servers', 'events', 'auditEntries', 'installs']),
  );
  for (const never of ['{ not: {} }', '{ or: [] }', '{ and: [{ not: {} }, { not: { not: {} } }] }'])
    for (const { name } of lists) {
      const found = await graph.data(`{ all: ${name}(filter: ${never}) { totalCount nodes { __typename } } }`);
      expect({ name, ...found.all }).toEqual({ name, totalCount: 0, nodes: [] });
    }
  const below = '{ servers { nodes { nics(filter: { not: {} }) { totalCount nodes { id } } } } }';
  for (const { nics } of (await graph.data(below)).servers.nodes) expect(nics).toEqual({ totalCount: 0, nodes: [] });
});

test('whoever may read no kind of object finds no events', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  const { events } = await graph.data('{ events { totalCount nodes { name } } }', {
    scope: [readGrant('read:default:default:users/nobody')],
  });
  expect(events).toEqual({ totalCount: 0, nodes: [] });
});

test('what would be a wildcard in SQL is a character like any other', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 2);
  for (const text of ['%', '_', '\\', 'm-00000_']) {
    const filter = { name: { contains: text } };
    expect(names((await graph.data(page, { variables: { filter } })).servers), text).toEqual([]);
  }
  const { errors } = await graph.ask(page, { variables: { filter: { name: { eq: '\u0000' } } } });
  expect(errors![0]!.extensions['code']).toBe('BAD_USER_INPUT');
});

test('one name for different fields, in nodes and edges or in two aliases, reads the columns of both', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  const { servers } = await graph.data(
    `{ servers { nodes { x: name } edges { node { x: status } } more: nodes { x: bastion { name } } } }`,
  );
  expect(servers).toEqual({
    nodes: [{ x: 'm-000000' }],
    edges: [{ node: { x: 'DISCOVERED' } }],
    more: [{ x: { name: 'site' } }],
  });
});

test('a fragment on what several kinds share answers each kind by itself', async () => {
  const graph = await openGraph({ calm: true });
  const made = await graph.data(`mutation {
    a: createNetwork(input: { name: "a", cidr: "10.0.0.0/8" }) { ... on Network { id revision } }
    b: createBastion(input: { name: "b" }) { ... on Bastion { id revision } } }`);
  const { nodes } = await graph.data('query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Resource { id revision } } }', {
    variables: { ids: [made.a.id, made.b.id] },
  });
  expect(nodes).toEqual([made.a, made.b]);
});

test('label selectors are those of kubectl', async () => {
  const graph = await openGraph({ calm: true });
  const make = (name: string, labels: object) =>
    graph.data(
      `mutation ($labels: Labels) { createBastion(input: { name: "${name}", labels: $labels }) { __typename } }`,
      { variables: { labels } },
    );
  await make('a', { rack: 'r1', tier: 'db' });
  await make('b', { rack: 'r2' });
  await make('c', {});
  const found = async (labels: string) =>
    (
      await graph.data('query ($labels: String) { bastions(filter: { labels: $labels }) { nodes { name } } }', {
        variables: { labels },
      })
    ).bastions.nodes
      .map(({ name }: { name: string }) => name)
      .join('');
  const cases = {
    'rack=r1': 'a',
    'rack==r1': 'a',
    'rack!=r1': 'bc',
    rack: 'ab',
    '!rack': 'c',
    'rack in (r1,r2)': 'ab',
    'rack notin (r1)': 'bc',
    'rack,tier!=db': 'b',
    '': 'abc',
  };
  for (const [selector, expected] of Object.entries(cases)) expect(await found(selector), selector).toBe(expected);
  const { errors } = await graph.ask('{ bastions(filter: { labels: "rack=(" }) { nodes { name } } }');
  expect(errors![0]!.message).toContain('"rack=(" is not a label requirement');
});

test('no cursor, however it is mangled, is more than a refusal', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 2);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.json().map((json) => Buffer.from(json).toString('base64url')),
      ),
      async (after) => {
        const { errors } = await graph.ask(page, { variables: { after } });
        expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
      },
    ),
    { numRuns: 100 },
  );
});
