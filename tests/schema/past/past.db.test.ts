// The graph at earlier revisions: it answers as it did then, to those who may see it now.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { trim } from '../../../server/store/changes.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { machine, openFleet, type TestFleet } from '../../server/domain/fleet/fleet.ts';
import { fill } from '../fleet.ts';

/** Everything that the log has, with every edge both ways, pages, filters, orders, counts and health. */
const everything = `
  servers(first: 1000, orderBy: { field: STATUS, direction: DESC }, at: $at) {
    revision totalCount
    nodes {
      id name cloud environment labels version revision createdAt updatedAt status statusSince role locked maintenance
      hostname ip os arch cpuModel cpuCores memoryGb vendor product serial uuid firmware bootMac heldSince
      conditions { type status detail reason message since }
      bastion { name online servers(last: 2) { totalCount nodes { name } } }
      nics { totalCount nodes { id name mac ip state version network { name cidr vlan nics(first: 2) { totalCount nodes { name server { name } } } } } }
      up: nics(filter: { state: { eq: UP } }, orderBy: { field: MAC, direction: DESC }, first: 1) { nodes { name } pageInfo { hasNextPage endCursor } }
      disks { nodes { id name sizeGb model serial } }
      memberships { nodes { id role createdAt cluster { name health members { totalCount nodes { server { name } } } } } }
      vms { totalCount nodes { name state memoryGb server { name } nics { nodes { name network { name vmNics { totalCount } } } } } }
    }
  }
  networks(orderBy: { field: VLAN }, filter: { not: { labels: "rack=b" } }, at: $at) { nodes { name vlan gateway labels } }
  clusters(at: $at) { nodes { name health } }`;

const live = `{ ${everything.replaceAll(', at: $at', '').replaceAll('(at: $at)', '')} }`;
const then = `query ($at: Revision) { ${everything} }`;

/** The same numbers every time. */
function chance(seed: number) {
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return { next, pick: <T>(some: readonly T[]): T => some[next(some.length)]! };
}

const names = ['a', 'b', 'c', 'd', 'e'];

/** Does something at random; what is refused for good reason changes nothing. */
async function doSomething(
  { ask }: TestGraph,
  testFleet: TestFleet,
  bastion: Awaited<ReturnType<TestFleet['connect']>>,
  { next, pick }: ReturnType<typeof chance>,
): Promise<void> {
  const mutation = (text: string) => ask(`mutation { it: ${text} { __typename } }`);
  const server = async () =>
    pick((await testFleet.db.prisma.server.findMany({ orderBy: { name: 'asc' } })).map(({ name }) => name)) ?? 'a';
  const name = pick(names);
  const ways = [
    () =>
      bastion.report(
        machine(next(12), { memoryGb: 2 ** next(9), nics: machine(next(12)).nics?.slice(0, next(3)) ?? null }),
      ),
    () => bastion.report(machine(next(12))),
    () =>
      mutation(
        `createNetwork(input: { name: "${name}", cloud: "lab", environment: "test", cidr: "10.1.${next(4)}.0/24", vlan: ${1 + next(3)} })`,
      ),
    () =>
      mutation(
        `updateNetwork(by: { name: "${name}" }, input: { cidr: "10.1.0.0/${pick([16, 20, 24])}", labels: { rack: "${pick(['a', 'b'])}" } })`,
      ),
    () => mutation(`deleteNetwork(by: { name: "${name}" })`),
    () => mutation(`createCluster(input: { name: "${name}" })`),
    () => mutation(`deleteCluster(by: { name: "${name}" })`),
    async () =>
      mutation(
        `createClusterMember(input: { cluster: { name: "${name}" }, server: { name: "${await server()}" }, role: ${pick(['WORKER', 'CONTROL_PLANE'])} })`,
      ),
    () =>
      mutation(`createVm(input: { name: "${name}", vcpus: 2, memoryGb: 1.5, networks: [{ name: "${pick(names)}" }] })`),
    async () =>
      mutation(`updateVm(by: { name: "${name}" }, input: { server: { name: "${await server()}" }, state: RUNNING })`),
    () => mutation(`deleteVm(by: { name: "${name}" })`),
    async () =>
      mutation(
        `updateServer(by: { name: "${await server()}" }, input: { labels: { rack: "${name}" }, maintenance: ${pick(['true', 'false'])}, environment: "${pick(['test', 'test', 'prod'])}" })`,
      ),
    async () =>
      mutation(
        `updateServer(by: { name: "${await server()}" }, input: { role: ${pick(['WORKER', 'CONTROL_PLANE', 'null'])} })`,
      ),
    async () => mutation(`deleteServer(by: { name: "${await server()}" })`),
  ];
  testFleet.clock.pass(1_000);
  await pick(ways)();
}

/** The answer of now, all of one revision: a bastion that is found silent between two statements would show in half of it. */
async function settled({ data }: TestGraph): Promise<Awaited<ReturnType<TestGraph['data']>>> {
  for (;;) {
    const answer = await data(live);
    const { servers } = await data('{ servers(first: 1) { revision } }');
    if (servers.revision === answer['servers'].revision) return answer;
  }
}

test('every query answers at a hundred revisions what it answered then', { timeout: 300_000 }, async () => {
  const graph = await openGraph({ calm: true });
  const testFleet = await openFleet({}, graph.db);
  const bastion = await testFleet.connect('north');
  const random = chance(7);
  const printed: { revision: string; answer: object }[] = [];
  while (printed.length < 100) {
    for (let i = 0; i <= random.next(3); i++) await doSomething(graph, testFleet, bastion, random);
    const answer = await settled(graph);
    const { revision } = answer.servers;
    if (revision !== printed.at(-1)?.revision) printed.push({ revision, answer });
  }
  for (const { revision, answer } of printed)
    expect(await graph.data(then, { variables: { at: revision } })).toEqual(answer);
  // Of what has been trimmed since only the floor counts: what has not changed after it is still told.
  const middle = printed[50]!;
  await trim(graph.db, BigInt(middle.revision.split('.')[1]!));
  const { servers } = await graph.data(then, { variables: { at: middle.revision } });
  expect(servers.totalCount).toBe((middle.answer as { servers: { totalCount: number } }).servers.totalCount);
});

const update = (name: string, input: string) =>
  `mutation { updateServer(by: { name: "${name}" }, input: { ${input} }) { __typename } }`;
const revisionOf = async ({ data }: TestGraph): Promise<string> =>
  (await data('{ servers { revision } }')).servers.revision;

test('pages of the past are followed by cursors, either way', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 7);
  const at = await revisionOf(graph);
  for (let i = 0; i < 7; i++) await graph.data(update(`m-00000${i}`, `name: "x-${6 - i}"`));
  const page = `query ($at: Revision!, $after: String, $before: String, $first: Int, $last: Int) {
    servers(at: $at, first: $first, after: $after, last: $last, before: $before, orderBy: { field: STATUS }) {
      nodes { name } pageInfo { hasNextPage startCursor endCursor } } }`;
  const all = await graph.data(page, { variables: { at, first: 100 } });
  const seen: object[] = [];
  for (let after: string | undefined; ;) {
    const { servers } = await graph.data(page, { variables: { at, first: 2, after } });
    seen.push(...servers.nodes);
    if (!servers.pageInfo.hasNextPage) break;
    after = servers.pageInfo.endCursor;
  }
  expect(seen).toEqual(all.servers.nodes);
  expect(seen.map((one) => (one as { name: string }).name).toSorted()).toEqual(
    [...Array(7).keys()].map((i) => `m-00000${i}`),
  );
  const before = all.servers.pageInfo.endCursor;
  const { servers } = await graph.data(page, { variables: { at, last: 2, before } });
  expect(servers.nodes).toEqual(all.servers.nodes.slice(-3, -1));
});

test('one document may ask for several moments, by the same fragment', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 2);
  const at = await revisionOf(graph);
  await graph.data(update('m-000000', 'name: "later"'));
  const answer = await graph.data(
    `query ($at: Revision!) { old: bastion(by: { name: "site" }, at: $at) { ...its } new: bastion(by: { name: "site" }) { ...its } gone: server(by: { name: "later" }, at: $at) { id } }
     fragment its on Bastion { servers(first: 1) { totalCount nodes { name nics { totalCount } } } }`,
    { variables: { at } },
  );
  expect(answer).toMatchObject({
    old: { servers: { totalCount: 2, nodes: [{ name: 'm-000000', nics: { totalCount: 2 } }] } },
    new: { servers: { totalCount: 2, nodes: [{ name: 'later', nics: { totalCount: 2 } }] } },
    gone: null,
  });
});

const reader = (environment: string): Scope => [{ action: 'read', cloud: '*', environment, target: '*' }];

test('what is hidden today was hidden always; what was hidden then is hidden at that revision', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 3);
  await graph.data(update('m-000002', 'environment: "prod"'));
  const at = await revisionOf(graph);
  await graph.data(update('m-000000', 'environment: "prod"'));
  await graph.data(update('m-000002', 'environment: "default"'));
  const text = `query ($at: Revision) { servers(at: $at) { totalCount nodes { name } } nics(at: $at) { totalCount }
    networks(at: $at) { nodes { nics { nodes { server { name } } } } } one: server(by: { name: "m-000000" }, at: $at) { id } }`;
  const seen = async (environment: string) => graph.data(text, { scope: reader(environment), variables: { at } });
  const here = await seen('default');
  expect(here.servers).toEqual({ totalCount: 1, nodes: [{ name: 'm-000001' }] });
  expect(here.nics.totalCount).toBe(2);
  expect(here.one).toBeNull();
  expect(JSON.stringify(here.networks)).not.toMatch(/m-00000[02]|null/);
  expect((await seen('prod')).servers.nodes).toEqual([]);
});

test('what is gone is judged by where it was then and where it was last', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 2);
  const at = await revisionOf(graph);
  await graph.data(update('m-000000', 'environment: "prod"'));
  for (const name of ['m-000000', 'm-000001'])
    await graph.data(`mutation { deleteServer(by: { name: "${name}" }) { __typename } }`);
  const text =
    'query ($at: Revision) { servers(at: $at) { nodes { name nics { totalCount } } } nics(at: $at) { totalCount } }';
  expect(await graph.data(text, { scope: reader('default'), variables: { at } })).toEqual({
    servers: { nodes: [{ name: 'm-000001', nics: { totalCount: 2 } }] },
    nics: { totalCount: 2 },
  });
  expect((await graph.data(text, { scope: reader('*'), variables: { at } })).servers.nodes).toHaveLength(2);
});

test('says what is wrong with a revision that cannot be gone back to', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  await graph.data(update('m-000000', 'maintenance: true'));
  const now = await revisionOf(graph);
  await graph.data(update('m-000000', 'maintenance: false'));
  await trim(graph.db, 1n);
  const said = async (at: string) => {
    const { errors } = await graph.ask('query ($at: Revision) { servers(at: $at) { totalCount } }', {
      variables: { at },
    });
    return errors?.map(({ message, extensions }) => [extensions['code'], message]);
  };
  expect(await said(now)).toBeUndefined();
  expect(await said('rev:0')).toEqual([['GONE', 'Revision 0 is no longer kept: the earliest is rev:1.']]);
  expect(await said('rev:3')).toEqual([['BAD_USER_INPUT', 'There is no revision 3 yet: the latest is rev:2.']]);
  expect(await said('00000000-0000-0000-0000-000000000000.1')).toEqual([
    ['GONE', expect.stringMatching(/belongs to another log/)],
  ]);
});

test('rows that were logged before a column was added have it empty', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  const at = await revisionOf(graph);
  await graph.data(update('m-000000', 'maintenance: true'));
  await graph.db.prisma
    .$executeRaw`UPDATE change SET before = before - 'maintenance' - 'arch' - 'labels' - 'statusSince'`;
  const { servers } = await graph.data(
    'query ($at: Revision) { servers(at: $at) { nodes { name maintenance arch labels } } }',
    { variables: { at } },
  );
  expect(servers.nodes).toEqual([{ name: 'm-000000', maintenance: false, arch: null, labels: {} }]);
});

test('takes as many statements for a hundred servers as for ten', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 100);
  const at = await revisionOf(graph);
  for (let i = 0; i < 20; i++) await graph.data(update(`m-0000${String(i).padStart(2, '0')}`, 'maintenance: true'));
  const counts = [];
  // The hub reads those changes at its own time: in the first turn, which is not counted.
  for (const first of [1, 10, 100]) {
    graph.db.clear();
    await graph.data(then.replace('first: 1000', `first: ${first}`), { variables: { at } });
    counts.push(graph.db.statements.length);
  }
  expect(counts[2]).toBe(counts[1]);
});

test('a table that is too large to be held in memory is refused, and nothing else is', async () => {
  const { db, ask, data } = await openGraph({ calm: true });
  await data('mutation { createNetwork(input: { name: "lan", cidr: "10.0.0.0/24" }) { __typename } }');
  await db.prisma
    .$executeRaw`INSERT INTO cluster (id, name) SELECT gen_random_uuid(), 'c' || n FROM generate_series(1, 50001) n`;
  const { errors } = await ask('{ clusters(at: "rev:1", first: 1) { nodes { name } } }');
  expect(errors?.map(({ message }) => message)).toEqual([
    'There are more than 50,000 clusters, too many to look back at all of them at once.',
  ]);
  expect(await data('{ networks(at: "rev:1") { nodes { name } } }')).toEqual({
    networks: { nodes: [{ name: 'lan' }] },
  });
});

test('one operation holds no more rows than it may, at however many moments it looks', async () => {
  const { db, ask, data } = await openGraph({ calm: true });
  for (let i = 0; i < 6; i++)
    await data(`mutation { createNetwork(input: { name: "n${i}", cidr: "10.${i}.0.0/24" }) { __typename } }`);
  await db.prisma
    .$executeRaw`INSERT INTO cluster (id, name) SELECT gen_random_uuid(), 'c' || n FROM generate_series(1, 40000) n`;
  const at = (count: number) =>
    `{ ${Array.from({ length: count }, (_, i) => `a${i}: clusters(at: "rev:${i + 1}", first: 1) { nodes { name } }`).join(' ')} }`;
  db.clear();
  expect((await ask(at(5))).errors).toBeUndefined();
  // Thousands of rows in one answer would hold everybody else up while it is taken apart.
  const pages = db.statements.filter((statement) => /FROM "public"\."cluster"/.test(statement));
  expect(pages.length).toBeGreaterThanOrEqual(5 * 40);
  expect(pages.filter((statement) => !statement.includes('LIMIT'))).toEqual([]);
  const { errors } = await ask(at(6));
  expect(errors?.map(({ message }) => message)).toEqual(['This looks back at more than 200,000 rows at once.']);
});
