// Undoing changes: all is as it was before, or it is said why not.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { fill } from '../fleet.ts';

const scope = (...permissions: string[]): Scope => permissions.map(readGrant);
const latest = async ({ db }: TestGraph) => (await db.prisma.head.findFirstOrThrow()).rev;

const undo = async (graph: TestGraph, revision: bigint | string, more: { dryRun?: boolean; scope?: Scope } = {}) =>
  (
    await graph.data(
      `mutation ($revision: Revision!, $dryRun: Boolean) { undoChange(revision: $revision, dryRun: $dryRun) { __typename
        ... on Undone { dryRun operation kind objectId name undone others note revision changes { field before after } }
        ... on UserError { message remedy } ... on Forbidden { permission } } }`,
      {
        variables: { revision: typeof revision === 'bigint' ? `rev:${revision}` : revision, dryRun: more.dryRun },
        ...(more.scope ? { scope: more.scope } : {}),
      },
    )
  ).undoChange;

const mutate = async (graph: TestGraph, text: string) => {
  const { it } = await graph.data(`mutation { it: ${text} { __typename ... on UserError { message } } }`);
  return it as { __typename: string; message?: string };
};

/** What people set of everything, without ids and times. */
const state = (graph: TestGraph) =>
  graph.data(`{
    servers { nodes { name cloud environment labels role locked maintenance bootMac memberships { nodes { role cluster { name } } } nics { nodes { name network { name } } } vms { nodes { name } } } }
    networks { nodes { name cloud environment labels cidr vlan gateway domain dhcpEnabled nics { totalCount } vmNics { nodes { name vm { name } } } } }
    clusters { nodes { name cloud environment labels kind endpoint members(first: 50) { totalCount } } }
    vms { nodes { name labels vcpus memoryGb state server { name } nics { nodes { name network { name } } } } }
    bastions { nodes { name labels } }
    users { nodes { name email disabled bindings { nodes { role { name } } } } }
    roles { nodes { name description permissions } }
    queries { nodes { name labels description document hash } }
  }`);

/** The latest change of what a mutation is about, that it made itself. */
async function ownChange({ db }: TestGraph, after: bigint, kind: string): Promise<bigint | undefined> {
  const found = await db.prisma.change.findFirst({ where: { rev: { gt: after }, kind }, orderBy: { rev: 'asc' } });
  return found?.rev;
}

const samples: readonly [kind: string, mutation: string][] = [
  ['Network', 'createNetwork(input: { name: "wide", cidr: "10.0.0.0/8", vlan: 3, labels: { a: "b" } })'],
  [
    'Network',
    'updateNetwork(by: { name: "net-0" }, input: { cidr: "10.9.0.0/16", vlan: 4, gateway: "10.9.0.1", domain: "x" })',
  ],
  [
    'Network',
    'updateNetwork(by: { name: "net-1" }, input: { name: "other", labels: { rack: "a" }, dhcpEnabled: true })',
  ],
  ['Network', 'deleteNetwork(by: { name: "net-2" })'],
  ['Server', 'createServer(input: { mac: "02:00:00:00:09:09", role: WORKER, maintenance: true })'],
  [
    'Server',
    'updateServer(by: { name: "m-000001" }, input: { environment: "prod", locked: true, role: null, labels: { a: "b" } })',
  ],
  ['Server', 'deleteServer(by: { name: "bare" })'],
  ['Cluster', 'createCluster(input: { name: "new", kind: "k8s" })'],
  ['Cluster', 'updateCluster(by: { name: "cluster-0" }, input: { endpoint: "https://x", cloud: "other" })'],
  ['Cluster', 'deleteCluster(by: { name: "cluster-1" })'],
  [
    'ClusterMember',
    'createClusterMember(input: { cluster: { name: "cluster-1" }, server: { name: "m-000000" }, role: CONTROL_PLANE })',
  ],
  ['Vm', 'createVm(input: { name: "new", vcpus: 1, memoryGb: 2, networks: [{ name: "net-0" }] })'],
  ['Vm', 'updateVm(by: { name: "vm" }, input: { vcpus: 8, memoryGb: 0.5, state: RUNNING, server: null })'],
  ['Vm', 'deleteVm(by: { name: "vm" })'],
  ['Bastion', 'createBastion(input: { name: "south" })'],
  ['Bastion', 'updateBastion(by: { name: "site" }, input: { labels: { x: "y" } })'],
  ['User', 'createUser(input: { name: "ann" })'],
  ['User', 'updateUser(by: { name: "bob" }, input: { email: "b@lab.example", disabled: true })'],
  ['Role', 'createRole(input: { name: "r", permissions: ["read:*:*:*"] })'],
  ['Role', 'updateRole(by: { name: "mine" }, input: { description: "x", permissions: ["read:*:*:x"] })'],
  ['Role', 'deleteRole(by: { name: "mine" })'],
  ['RoleBinding', 'createRoleBinding(input: { user: { name: "bob" }, role: { name: "mine" } })'],
  ['StoredQuery', 'createStoredQuery(input: { name: "new", document: "{ me { name } }" })'],
  [
    'StoredQuery',
    'updateStoredQuery(by: { name: "kept" }, input: { document: "{ servers { totalCount } }", description: "x" })',
  ],
  ['StoredQuery', 'deleteStoredQuery(by: { name: "kept" })'],
];

test('what is done and undone is as it was, tried or not, for every kind and verb', { timeout: 120_000 }, async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 4);
  for (const text of [
    // So that NICs are linked as labd links them before anything is compared.
    'createNetwork(input: { name: "all", cidr: "10.0.0.0/8" })',
    'deleteNetwork(by: { name: "all" })',
    'createVm(input: { name: "vm", vcpus: 2, memoryGb: 4, server: { name: "m-000000" }, networks: [{ name: "net-0" }, { name: "net-1" }] })',
    'createServer(input: { mac: "02:00:00:00:08:08", name: "bare", role: WORKER, labels: { a: "b" } })',
    'createClusterMember(input: { cluster: { name: "cluster-0" }, server: { name: "bare" }, role: WORKER })',
    'createUser(input: { name: "bob" })',
    'createRole(input: { name: "mine", permissions: ["read:*:*:y"] })',
    'createStoredQuery(input: { name: "kept", document: "{ vms { totalCount } }", labels: { a: "b" } })',
  ])
    expect((await mutate(graph, text)).message).toBeUndefined();
  for (const [kind, text] of samples) {
    const before = await state(graph);
    const from = await latest(graph);
    expect([text, (await mutate(graph, text)).message]).toEqual([text, undefined]);
    const done = await state(graph);
    expect(done).not.toEqual(before);
    const all = await graph.db.prisma.change.findMany({ where: { rev: { gt: from }, kind }, orderBy: { rev: 'asc' } });
    const own = all.find(({ kind: one }) => one === kind)!.rev;
    const at = await latest(graph);
    const tried = await undo(graph, own, { dryRun: true });
    expect([text, tried]).toMatchObject([text, { __typename: 'Undone', dryRun: true, revision: null }]);
    expect(await state(graph)).toEqual(done);
    expect(await latest(graph)).toBe(at);
    const undone = await undo(graph, own);
    expect([text, undone]).toMatchObject([text, { __typename: 'Undone', dryRun: false, changes: expect.any(Array) }]);
    expect(undone.revision).toMatch(new RegExp(`\\.${await latest(graph)}$`));
    expect({ text, ...(await state(graph)) }).toEqual({ text, ...before });
    const last = await graph.db.prisma.change.findFirst({ orderBy: { rev: 'desc' } });
    expect(last?.action).toBe('undoChange');
  }
});

test('what hung on an object is attached again when its deletion is undone, as far as it was left alone', async () => {
  const graph = await openGraph({ calm: true });
  for (const text of [
    'createNetwork(input: { name: "lab", cidr: "10.0.0.0/24" })',
    'createNetwork(input: { name: "far", cidr: "10.1.0.0/24" })',
    'createServer(input: { mac: "02:00:00:00:08:08", name: "host" })',
    'createServer(input: { mac: "02:00:00:00:08:09", name: "spare" })',
    ...['a', 'b'].map(
      (name) =>
        `createVm(input: { name: "${name}", vcpus: 1, memoryGb: 1, server: { name: "host" }, networks: [{ name: "lab" }, { name: "far" }] })`,
    ),
  ])
    expect((await mutate(graph, text)).message).toBeUndefined();
  const shown = () => graph.data('{ vms { nodes { name server { name } nics { nodes { name network { name } } } } } }');
  const before = await shown();
  for (const [kind, text] of [
    ['Network', 'deleteNetwork(by: { name: "lab" })'],
    ['Server', 'deleteServer(by: { name: "host" })'],
  ] as const) {
    const from = await latest(graph);
    await mutate(graph, text);
    expect(await shown()).not.toEqual(before);
    expect(await undo(graph, (await ownChange(graph, from, kind))!)).toMatchObject({ operation: 'CREATE', others: 2 });
    expect(await shown()).toEqual(before);
  }
  const from = await latest(graph);
  await mutate(graph, 'deleteServer(by: { name: "host" })');
  await mutate(graph, 'updateVm(by: { name: "a" }, input: { server: { name: "spare" } })');
  await undo(graph, (await ownChange(graph, from, 'Server'))!);
  const hosts = (await shown()).vms.nodes.map((one: { name: string; server: { name: string } }) => [
    one.name,
    one.server.name,
  ]);
  expect(hosts).toEqual([
    ['a', 'spare'],
    ['b', 'host'],
  ]);
});

test('lists are set back with the rest, and refused once they were changed later', async () => {
  const graph = await openGraph({ calm: true });
  for (const text of [
    ...['x', 'y', 'z'].map((name, i) => `createNetwork(input: { name: "${name}", cidr: "10.${i}.0.0/24" })`),
    ...['s', 't'].map((name, i) => `createServer(input: { mac: "02:00:00:00:08:0${i}", name: "${name}" })`),
    'createRole(input: { name: "r", permissions: ["read:*:*:*"] })',
    'createUser(input: { name: "u" })',
    'createVm(input: { name: "v", vcpus: 1, memoryGb: 1, networks: [{ name: "x" }, { name: "y" }] })',
    'createCluster(input: { name: "c", members: [{ server: { name: "s" }, role: WORKER }] })',
  ])
    expect((await mutate(graph, text)).message).toBeUndefined();
  for (const [kind, text] of [
    ['Vm', 'updateVm(by: { name: "v" }, input: { vcpus: 2, networks: [{ name: "y" }, { name: "z" }] })'],
    [
      'Cluster',
      'updateCluster(by: { name: "c" }, input: { endpoint: "https://x", members: [{ server: { name: "s" }, role: CONTROL_PLANE }, { server: { name: "t" }, role: WORKER }] })',
    ],
    ['User', 'updateUser(by: { name: "u" }, input: { email: "u@lab.example", roles: [{ name: "r" }] })'],
  ] as const) {
    const before = await state(graph);
    const from = await latest(graph);
    expect([text, (await mutate(graph, text)).message]).toEqual([text, undefined]);
    expect(await undo(graph, (await ownChange(graph, from, kind))!)).toMatchObject({ __typename: 'Undone' });
    expect(await state(graph)).toEqual(before);
  }
  const from = await latest(graph);
  await mutate(graph, 'updateVm(by: { name: "v" }, input: { networks: [{ name: "z" }] })');
  await mutate(graph, 'updateVm(by: { name: "v" }, input: { networks: [{ name: "x" }] })');
  expect((await undo(graph, (await ownChange(graph, from, 'Vm'))!)).message).toMatch(
    /cannot be undone: networks of VM "v" was changed later; a tester did so/,
  );
  // What has been filled since is not nullMeansAbsent by undoing how it began.
  const begun = await latest(graph);
  await mutate(graph, 'createCluster(input: { name: "d" })');
  await mutate(graph, 'createClusterMember(input: { cluster: { name: "d" }, server: { name: "s" }, role: WORKER })');
  expect((await undo(graph, (await ownChange(graph, begun, 'Cluster'))!)).message).toMatch(
    /cannot be undone: members of cluster "d" was changed later; a tester did so at .+ with createClusterMember/,
  );
});

test('what was changed later is not set back: who did that, when and at which revision is said', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  await mutate(graph, 'updateNetwork(by: { name: "net-0" }, input: { vlan: 7 })');
  const own = (await ownChange(graph, 0n, 'Network'))!;
  await mutate(graph, 'updateNetwork(by: { name: "net-0" }, input: { domain: "elsewhere" })');
  const between = await latest(graph);
  await mutate(graph, 'updateNetwork(by: { name: "net-0" }, input: { vlan: 9 })');
  const later = (await ownChange(graph, between, 'Network'))!;
  expect(await undo(graph, own)).toEqual({
    __typename: 'Conflict',
    message: expect.stringMatching(
      new RegExp(
        `^Revision ${own} cannot be undone: vlan of network "net-0" was changed later, from 7 to 9; a tester did so at [-0-9T:.]+Z with updateNetwork, revision ${later}\\.$`,
      ),
    ),
    remedy: `Look at it with lab history, or undo that first: lab undo ${later}.`,
  });
  // What was changed later besides stays as it is.
  expect(await undo(graph, later)).toMatchObject({ changes: [{ field: 'vlan', before: 9, after: 7 }] });
  const { network } = await graph.data('{ network(by: { name: "net-0" }) { vlan domain } }');
  expect(network).toEqual({ vlan: 7, domain: 'elsewhere' });
  await mutate(graph, 'deleteNetwork(by: { name: "net-0" })');
  expect((await undo(graph, later)).message).toMatch(/network "net-0" was deleted later; a tester did so/);
});

test('what cannot be undone is refused with the reason', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  await mutate(graph, 'createNetwork(input: { name: "wide", cidr: "10.0.0.0/15" })');
  await mutate(graph, 'deleteNetwork(by: { name: "net-0" })');
  const nic = await ownChange(graph, 0n, 'ServerNic');
  expect((await undo(graph, nic!)).message).toMatch(/nobody sets a ServerNic/);
  await mutate(graph, 'createUser(input: { name: "ann", password: "correct horse battery" })');
  const from = await latest(graph);
  await mutate(graph, 'updateUser(by: { name: "ann" }, input: { password: "battery horse correct" })');
  const password = await ownChange(graph, from, 'User');
  expect((await undo(graph, password!)).message).toMatch(
    /changed nothing of user "ann" that people set and the change log keeps/,
  );
  await mutate(graph, 'deleteUser(by: { name: "ann" })');
  expect((await undo(graph, await latest(graph))).message).toMatch(/had a password and roles/);
  expect(await undo(graph, 'rev:9999')).toMatchObject({ __typename: 'NotFound' });
  expect(await undo(graph, '00000000-0000-0000-0000-000000000000.1')).toMatchObject({ __typename: 'NotFound' });
});

test('undoing takes the permissions of the opposite, and what is hidden is not found', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  await mutate(graph, 'createCluster(input: { name: "made" })');
  const created = await latest(graph);
  await mutate(graph, 'updateServer(by: { name: "m-000000" }, input: { maintenance: true })');
  const changed = await latest(graph);
  const viewer = scope('read:*:*:*');
  expect(await undo(graph, changed, { scope: viewer })).toMatchObject({
    __typename: 'Forbidden',
    permission: 'apply:default:default:m-000000',
  });
  expect(await undo(graph, created, { scope: scope('read:*:*:*', 'apply:*:*:*') })).toMatchObject({
    __typename: 'Forbidden',
    permission: 'destroy:default:default:clusters/made',
  });
  const refused = await graph.db.prisma.change.findMany({ where: { outcome: 'REFUSED' }, orderBy: { rev: 'asc' } });
  expect(refused.map(({ action, kind, name }) => [action, kind, name])).toEqual([
    ['undoChange', 'Server', 'm-000000'],
    ['undoChange', 'Cluster', 'made'],
  ]);
  expect(await undo(graph, changed, { scope: scope('read:*:*:networks/*', 'apply:*:*:*') })).toMatchObject({
    __typename: 'NotFound',
  });
  expect(await undo(graph, changed, { scope: scope('read:*:*:*', 'apply:*:*:*') })).toMatchObject({
    __typename: 'Undone',
  });
});

test('what happened since where the caller may not see it is not told', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  await mutate(graph, 'updateNetwork(by: { name: "net-0" }, input: { domain: "known" })');
  const own = await latest(graph);
  await mutate(graph, 'updateNetwork(by: { name: "net-0" }, input: { environment: "vault" })');
  await mutate(graph, 'updateNetwork(by: { name: "net-0" }, input: { domain: "hush" })');
  const here = scope('read:default:default:*', 'apply:default:default:*');
  const refused = await undo(graph, own, { scope: here });
  expect(refused).toMatchObject({
    __typename: 'Conflict',
    message: `Revision ${own} cannot be undone: network "net-0" was changed later, where you may not see it.`,
  });
  expect(JSON.stringify(refused)).not.toMatch(/hush|vault/);
});
