// What happened to objects, as those read it who may read them.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { machine, openFleet } from '../../server/domain/fleet/fleet.ts';
import { fill } from '../fleet.ts';

const scope = (...permissions: string[]): Scope => permissions.map(readGrant);
const update = ({ data }: TestGraph, name: string, input: string) =>
  data(`mutation { updateServer(by: { name: "${name}" }, input: { ${input} }) { __typename } }`);

test('an object tells who changed what of it, the newest first, in pages', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  await update(graph, 'm-000000', 'role: CONTROL_PLANE');
  await update(graph, 'm-000000', 'labels: { rack: "a" }, name: "web"');
  const page = async (args: string) =>
    (
      await graph.data(`{ server(by: { name: "web" }) { history(${args}) { totalCount
      nodes { actor action operation kind name requestId changes { field before after } } pageInfo { hasNextPage endCursor } } } }`)
    ).server.history;
  const first = await page('first: 1');
  expect(first).toMatchObject({ totalCount: 2, pageInfo: { hasNextPage: true } });
  expect(first.nodes).toEqual([
    {
      ...{ actor: 'tester', action: 'updateServer', operation: 'UPDATE', kind: 'Server', name: 'web', requestId: 'r1' },
      changes: [
        { field: 'labels', before: {}, after: { rack: 'a' } },
        { field: 'name', before: 'm-000000', after: 'web' },
      ],
    },
  ]);
  const second = await page(`first: 1, after: "${first.pageInfo.endCursor}"`);
  expect(second).toMatchObject({ pageInfo: { hasNextPage: false } });
  expect(second.nodes[0].changes).toEqual([{ field: 'role', before: 'WORKER', after: 'CONTROL_PLANE' }]);
  expect((await page('last: 1')).nodes).toEqual(second.nodes);
});

test("an object's revision is of the change that made it what was read, whatever happens meanwhile", async () => {
  const graph = await openGraph();
  await graph.data('mutation { createNetwork(input: { name: "lab", cidr: "10.0.0.0/24" }) { __typename } }');
  let going = true;
  const changes = (async () => {
    for (let i = 0; i < 60; i++)
      await graph.data(
        `mutation { updateNetwork(by: { name: "lab" }, input: { domain: "d${i}.example" }) { __typename } }`,
      );
    going = false;
  })();
  const read: { domain: string | null; revision: string }[] = [];
  while (going) read.push((await graph.data('{ network(by: { name: "lab" }) { domain revision } }')).network);
  await changes;
  const log = await graph.db.prisma.change.findMany({ where: { kind: 'Network' } });
  const domains = new Map(log.map(({ rev, after }) => [String(rev), (after as { domain: string | null }).domain]));
  expect(read.length).toBeGreaterThan(20);
  for (const { domain, revision } of read) expect(domains.get(revision.split('.')[1]!)).toBe(domain);
});

test('at a revision, history ends there', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  for (const flag of ['true', 'false', 'true']) await update(graph, 'm-000000', `maintenance: ${flag}`);
  const { servers } = await graph.data(
    '{ servers(at: "rev:2") { nodes { revision history { totalCount nodes { revision } } } } }',
  );
  const [{ revision, history }] = servers.nodes;
  expect(history.totalCount).toBe(2);
  expect(history.nodes[0].revision).toBe(revision);
});

test('where an object was hidden, its history is: of a move only the side that may be seen is told', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  await update(graph, 'm-000000', 'environment: "prod"');
  await update(graph, 'm-000000', 'maintenance: true');
  await update(graph, 'm-000000', 'environment: "default"');
  const text = `{ server(by: { name: "m-000000" }) { history { totalCount nodes { changes { field before after } } }
    nics { nodes { history { nodes { changes { field before after } } } } } } }`;
  const { server } = await graph.data(text, { scope: scope('read:*:default:*') });
  expect(server.history.totalCount).toBe(1);
  expect(server.history.nodes[0].changes.find(({ field }: { field: string }) => field === 'environment')).toEqual({
    ...{ field: 'environment', before: null, after: 'default' },
  });
  expect(JSON.stringify(server)).not.toMatch(/prod|"before":[^n]/);
  const all = await graph.data(text, { scope: scope('read:*:*:*') });
  expect(all.server.history.totalCount).toBe(3);
});

test('history tells no column that the graph does not', async () => {
  const graph = await openGraph({ calm: true });
  const testFleet = await openFleet({}, graph.db);
  await testFleet.connect('north');
  await graph.db.prisma.$executeRaw`
    UPDATE change SET after = after || '{"enrolment": "hidden", "software": "1.2"}' WHERE kind = 'Bastion'`;
  const { bastion } = await graph.data(
    '{ bastion(by: { name: "north" }) { history { nodes { changes { field after } } } } }',
  );
  expect(JSON.stringify(bastion)).toMatch('"software","after":"1.2"');
  expect(JSON.stringify(bastion)).not.toMatch(/hidden|labelTokens|managers/);
});

test('the history of many takes as many statements as that of few', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 60);
  for (let i = 0; i < 60; i++) await update(graph, `m-0000${String(i).padStart(2, '0')}`, 'maintenance: true');
  const counts = [];
  for (const first of [1, 5, 60]) {
    graph.db.clear();
    const { servers } = await graph.data(
      `{ servers(first: ${first}) { nodes { history(first: 3) { totalCount nodes { revision } } nics { nodes { history { nodes { at } } } } } } }`,
      { scope: scope('read:*:default:m-*', 'read:*:prod:*') },
    );
    expect(servers.nodes.at(-1).history).toMatchObject({ totalCount: 1, nodes: [{}] });
    counts.push(graph.db.statements.length);
  }
  expect(counts[2]).toBe(counts[1]);
});

const names = async (graph: TestGraph, filter: string, own?: Scope) =>
  (
    await graph.data(
      `{ events(filter: ${filter}) { nodes { kind name action operation } } }`,
      own ? { scope: own } : {},
    )
  ).events.nodes.map(({ kind, name, operation }: Record<string, string>) => `${operation} ${kind} ${name}`) as string[];

test('events are those of objects that may be read, chosen by kind, name, action and time', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 2);
  const before = new Date();
  await update(graph, 'm-000000', 'maintenance: true');
  await update(graph, 'm-000001', 'environment: "prod"');
  await graph.data('mutation { createCluster(input: { name: "new", environment: "prod" }) { __typename } }');
  await graph.ask('mutation { createCluster(input: { name: "refused" }) { __typename } }', {
    scope: scope('read:*:*:*'),
  });
  expect(await names(graph, '{ kind: { eq: "Server" } }')).toEqual([
    'UPDATE Server m-000001',
    'UPDATE Server m-000000',
  ]);
  expect(await names(graph, '{ action: { eq: "createCluster" } }')).toEqual(['CREATE Cluster new']);
  expect(await names(graph, `{ since: "${before.toISOString()}", name: { eq: "m-000000" } }`)).toEqual([
    'UPDATE Server m-000000',
  ]);
  expect(await names(graph, '{}', scope('read:*:default:*'))).toEqual(['UPDATE Server m-000000']);
  expect(await names(graph, '{}', scope('read:*:*:clusters/*'))).toEqual(['CREATE Cluster new']);
  const { errors } = await graph.ask('{ events { totalCount } }', { scope: [] });
  expect(errors?.[0]?.message).toMatch(/may not read anything/);
});

test('a bastion that goes is told as a condition to whoever may read bastions and servers there', async () => {
  const graph = await openGraph({ calm: true });
  const testFleet = await openFleet({}, graph.db);
  await (await testFleet.connect('north')).report(machine(1));
  expect(await names(graph, '{ kind: { eq: "Condition" } }', scope('read:lab:test:*'))).toEqual([
    'CREATE Condition north',
  ]);
  expect(await names(graph, '{ kind: { eq: "Condition" } }', scope('read:lab:test:bastions/*'))).toEqual([]);
  // Its message may name what not everybody sees.
  const { events } = await graph.data(
    '{ events(filter: { kind: { eq: "Condition" } }) { nodes { changes { field } } } }',
  );
  const fields = events.nodes[0].changes.map(({ field }: { field: string }) => field) as string[];
  expect(fields).toEqual(expect.arrayContaining(['reason', 'status', 'type']));
  expect(fields).not.toContain('message');
});

test('events are followed, after a revision without a gap', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 2);
  await update(graph, 'm-000000', 'maintenance: true');
  const { events } = await graph.data('{ events { revision } }');
  await update(graph, 'm-000001', 'environment: "prod"');
  await update(graph, 'm-000000', 'maintenance: false');
  const followed = await graph.follow(
    `subscription { watchEvents(after: "${events.revision}") { name changes { field after } } }`,
    { scope: scope('read:*:default:*') },
  );
  const next = async () => (await followed.next()).value.data.watchEvents;
  expect(await next()).toEqual({ name: 'm-000000', changes: [{ field: 'maintenance', after: false }] });
  await update(graph, 'm-000000', 'role: null');
  expect(await next()).toEqual({ name: 'm-000000', changes: [{ field: 'role', after: null }] });
});

test('a change leads to other objects only for who may see them', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 1);
  const nic = await db.prisma.serverNic.findFirstOrThrow({ where: { networkId: { not: null } } });
  await data(`mutation { createNetwork(input: { name: "one", cidr: "${nic.ip}/32" }) { __typename } }`);
  const one = await db.prisma.network.findFirstOrThrow({ where: { name: 'one' } });
  const links = async (...permissions: string[]) => {
    const { node, events } = await data(
      `{ node(id: "ServerNic:${nic.id}") { ... on ServerNic { history(first: 1) { nodes { changes { field before after } } } } }
         events(first: 1, filter: { kind: { eq: "ServerNic" } }) { nodes { changes { field before after } } } }`,
      { scope: permissions.map(readGrant) },
    );
    expect(events.nodes).toEqual(node.history.nodes);
    return events.nodes[0].changes;
  };
  const field = 'networkId';
  expect(await links('read:*:*:*')).toEqual([{ field, before: nic.networkId, after: one.id }]);
  expect(await links('read:*:*:servers/*', 'read:*:*:networks/one')).toEqual([{ field, before: null, after: one.id }]);
  expect(await links('read:*:*:servers/*')).toEqual([]);
});
