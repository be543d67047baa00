// Watching: snapshot, bookmark, then changes; resumed without a gap or a repeat.
import type { ExecutionResult } from 'graphql';
import { expect, test } from 'vitest';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { fill } from '../fleet.ts';

const watch = `subscription ($filter: ServerFilter, $after: Revision) { watchServers(filter: $filter, after: $after) {
  __typename
  ... on ServerAdded { revision server { id name status createdAt version nics { nodes { name } } } }
  ... on ServerModified { revision server { name status } }
  ... on ServerDeleted { revision server { name status } }
  ... on Bookmark { revision }
  ... on Reset { revision reason } } }`;

interface Event {
  __typename: string;
  revision: string;
  server?: { name: string; status: string };
}

/** Reads events until there are so many. */
async function take(events: AsyncIterator<ExecutionResult>, count: number): Promise<Event[]> {
  const taken: Event[] = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    if (done) throw new Error(`ended after ${taken.length} events`);
    if (!value?.data) throw new Error(JSON.stringify(value));
    taken.push(value.data['watchServers'] as Event);
  }
  return taken;
}

const shown = (events: Event[]) =>
  events.map(({ __typename, server }) => (server ? `${__typename} ${server.name}` : __typename));
const set = (graph: TestGraph, name: string, input: string) =>
  graph.data(`mutation { updateServer(by: { name: "${name}" }, input: { ${input} }) { __typename } }`);

test('a watch delivers what there is, a bookmark, then each change as a query would show it', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 2);
  const events = await graph.follow(watch);
  const before = shown(await take(events, 3));
  expect(before.slice(0, 2).sort()).toEqual(['ServerAdded m-000000', 'ServerAdded m-000001']);
  expect(before[2]).toBe('Bookmark');
  await graph.data('mutation { createServer(input: { mac: "02:00:00:00:01:00" }) { __typename } }');
  await set(graph, 'm-000001', 'maintenance: true');
  await graph.data('mutation { deleteServer(by: { name: "m-000000" }) { __typename } }');
  const after = await take(events, 3);
  expect(shown(after)).toEqual(['ServerAdded m-020000000100', 'ServerModified m-000001', 'ServerDeleted m-000000']);
  const { server } = await graph.data(
    '{ server(by: { name: "m-020000000100" }) { id name status createdAt version nics { nodes { name } } } }',
  );
  expect(JSON.parse(JSON.stringify(after[0]!.server))).toEqual(JSON.parse(JSON.stringify(server)));
});

test('what is read besides rows that come together is read once for all of them', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 60);
  const text = `subscription ($after: Revision) { watchServers(after: $after) { __typename
    ... on ServerAdded { revision server { name conditions { type } } }
    ... on ServerModified { revision server { name conditions { type } } }
    ... on Bookmark { revision } } }`;
  const read = () => graph.db.statements.filter((sql) => /FROM (?:"public"\.)?"?condition\b/.test(sql)).length;
  graph.db.clear();
  const first = await graph.follow(text);
  const bookmark = (await take(first, 61)).at(-1)!;
  await first.return!();
  expect(read()).toBe(1);
  for (let n = 0; n < 20; n++) await set(graph, `m-0000${10 + n}`, 'maintenance: true');
  graph.db.clear();
  const resumed = await graph.follow(text, { variables: { after: bookmark.revision } });
  expect((await take(resumed, 20)).map(({ __typename }) => __typename)).toEqual(Array(20).fill('ServerModified'));
  expect(read()).toBe(1);
});

test('an object that enters or leaves the filter is added or deleted', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  const events = await graph.follow(watch, {
    variables: { filter: { maintenance: { eq: true }, role: { eq: 'WORKER' } } },
  });
  expect(shown(await take(events, 1))).toEqual(['Bookmark']);
  await set(graph, 'm-000000', 'labels: { a: "1" }');
  await set(graph, 'm-000000', 'maintenance: true');
  await set(graph, 'm-000000', 'labels: { a: "2" }');
  await set(graph, 'm-000000', 'role: CONTROL_PLANE');
  await set(graph, 'm-000000', 'role: null');
  await set(graph, 'm-000000', 'role: WORKER');
  expect(shown(await take(events, 4))).toEqual([
    'ServerAdded m-000000',
    'ServerModified m-000000',
    'ServerDeleted m-000000',
    'ServerAdded m-000000',
  ]);
});

test('a watch that is cut at any event resumes there: the events equal the change log', async () => {
  const graph = await openGraph();
  await fill(graph.db, 3);
  const start = (await graph.data('{ servers { revision } }')).servers.revision as string;
  const writers = [0, 1, 2].map(async (n) => {
    for (let i = 0; i < 15; i++) await set(graph, `m-00000${n}`, `locked: ${i % 2 === 0}`);
  });
  const seen: string[] = [];
  let after = start;
  while (seen.length < 45) {
    const events = await graph.follow(watch, { variables: { after } });
    for (let count = 0; count < 4 && seen.length < 45; count++) {
      const [event] = await take(events, 1);
      after = event!.revision;
      if (event!.__typename !== 'Bookmark') seen.push(after);
    }
    await events.return!();
  }
  await Promise.all(writers);
  const log = await graph.db.prisma.change.findMany({ where: { kind: 'Server' }, orderBy: { rev: 'asc' } });
  expect(seen.map((revision) => revision.split('.')[1])).toEqual(log.map(({ rev }) => String(rev)));
});

test.each(['00000000-0000-4000-8000-000000000000.0', 'rev:999999'])(
  'a cursor that is not kept, %s, gets a reset and a fresh snapshot',
  async (after) => {
    const graph = await openGraph({ calm: true });
    await fill(graph.db, 1);
    const events = await graph.follow(watch, { variables: { after } });
    expect(shown(await take(events, 3))).toEqual(['Reset', 'ServerAdded m-000000', 'Bookmark']);
  },
);

test('a watch that is cut before its first bookmark begins anew', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 3);
  const cut = await graph.follow(watch);
  const [first] = await take(cut, 1);
  await cut.return!();
  const again = await graph.follow(watch, { variables: { after: first!.revision } });
  const events = shown(await take(again, 5));
  expect(events[0]).toBe('Reset');
  expect(events.slice(1, 4).sort()).toEqual(['ServerAdded m-000000', 'ServerAdded m-000001', 'ServerAdded m-000002']);
  expect(events[4]).toBe('Bookmark');
});

test('what is no revision is refused', async () => {
  const graph = await openGraph({ calm: true });
  await expect(graph.follow(watch, { variables: { after: 'yesterday' } })).rejects.toThrow(
    'A Revision is what a list or a watch returned',
  );
});

test('a subscriber that stalls is dropped, alone, and told to resume', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  const stalled = await graph.follow(watch);
  const [, bookmark] = await take(stalled, 2);
  const well = await graph.follow(watch, { variables: { after: bookmark!.revision } });
  await take(well, 1);
  const mailbox = graph.hub.size;
  const row = await graph.db.prisma.server.findFirstOrThrow();
  const writes = 1_100;
  const reading = take(well, writes);
  for (let i = 0; i < writes; i++) {
    const { revision } = await graph.db.write(
      { actor: 'tester', action: 'test', requestId: '', address: '' },
      async (tx) => {
        tx.record({
          kind: 'Server',
          id: row.id,
          name: row.name,
          cloud: row.cloud,
          environment: row.environment,
          operation: 'UPDATE',
          before: row,
          after: row,
        });
      },
    );
    // So that each is a batch of its own.
    await graph.hub.reached(revision!);
  }
  expect(await reading).toHaveLength(writes);
  await expect.poll(() => graph.hub.size).toBeLessThan(mailbox);
  let ended: unknown;
  try {
    for (let i = 0; i < writes + 1; i++)
      await stalled.next().then(({ value, done }) => {
        if (done) throw new Error('ended in silence');
        if (value.errors) throw value.errors[0]!;
      });
  } catch (error) {
    ended = error;
  }
  expect(ended).toMatchObject({ extensions: { code: 'SUBSCRIBER_LAGGED' } });
}, 300_000);
