// Sets of parts in the inputs: a cluster's members, a VM's networks, a user's roles.
import { expect, test } from 'vitest';
import { ensureRoles } from '../../../server/domain/access/roles.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';

const problem = '__typename ... on UserError { message remedy } ... on InvalidInput { field }';

/** The changes after a revision, as words. */
const changesSince = async ({ db }: TestGraph, rev: bigint) =>
  (await db.prisma.change.findMany({ where: { rev: { gt: rev } }, orderBy: { rev: 'asc' } })).map(
    ({ operation, kind, name }) => `${operation} ${kind} ${name}`,
  );
const head = async ({ db }: TestGraph) => (await db.prisma.head.findUniqueOrThrow({ where: { id: 1 } })).rev;

const makeServers = ({ data }: TestGraph) =>
  data(`mutation {
    a: createServer(input: { name: "a", mac: "02:00:00:00:00:0a" }) { __typename }
    b: createServer(input: { name: "b", mac: "02:00:00:00:00:0b" }) { __typename }
    c: createServer(input: { name: "c", mac: "02:00:00:00:00:0c", cloud: "far" }) { __typename }
  }`);

const set = (graph: TestGraph, members: string, more?: object) =>
  graph.data(`mutation { updateCluster(by: { name: "k" }, input: { members: [${members}] }) { ${problem} } }`, more);
const membersOf = async ({ data }: TestGraph) =>
  (await data('{ cluster(by: { name: "k" }) { members { nodes { role server { name } } } } }')).cluster.members.nodes
    .map(({ role, server }: { role: string; server: { name: string } }) => `${server.name} ${role}`)
    .sort();

test('members are made with their cluster, and a change makes only the difference', async () => {
  const graph = await openGraph();
  await makeServers(graph);
  const made = await graph.data(`mutation { createCluster(input: { name: "k", members: [
    { server: { name: "a" }, role: CONTROL_PLANE }, { server: { name: "b" }, role: WORKER }] }) { ${problem} } }`);
  expect(made.createCluster).toEqual({ __typename: 'Cluster' });
  expect(await membersOf(graph)).toEqual(['a CONTROL_PLANE', 'b WORKER']);
  const before = await head(graph);
  await set(graph, '{ server: { name: "b" }, role: WORKER }, { server: { name: "c" }, role: WORKER }');
  expect(await membersOf(graph)).toEqual(['b WORKER', 'c WORKER']);
  expect(await changesSince(graph, before)).toEqual([
    'UPDATE Cluster k',
    'DELETE ClusterMember a',
    'CREATE ClusterMember c',
  ]);
  const settled = await head(graph);
  await set(graph, '{ server: { name: "c" }, role: WORKER }, { server: { name: "b" }, role: WORKER }');
  expect(await changesSince(graph, settled)).toEqual([]);
});

test('a set asks for the permissions of its parts, leaves what may not be seen, and heeds locks', async () => {
  const graph = await openGraph();
  await makeServers(graph);
  await graph.data('mutation { createCluster(input: { name: "k" }) { __typename } }');
  await set(graph, '{ server: { name: "a" }, role: WORKER }, { server: { name: "c" }, role: WORKER }');
  const near = ['read:default:*:*', 'apply:default:*:*'].map(readGrant);
  const refused = await set(graph, '', { scope: near });
  expect(refused.updateCluster).toMatchObject({ __typename: 'Forbidden', message: expect.stringContaining('destroy') });
  const done = await set(graph, '', { scope: [...near, readGrant('destroy:default:*:*')] });
  expect(done.updateCluster).toEqual({ __typename: 'Cluster' });
  expect(await membersOf(graph)).toEqual(['c WORKER']);
  await graph.data('mutation { updateServer(by: { name: "c" }, input: { locked: true }) { __typename } }');
  expect((await set(graph, '')).updateCluster).toMatchObject({
    __typename: 'Conflict',
    message: 'Server "c" is locked.',
  });
  expect((await set(graph, '{ server: { name: "a" }, role: WORKER }, { server: { name: "a" }, role: WORKER }')).updateCluster) // prettier-ignore
    .toMatchObject({ __typename: 'InvalidInput', field: 'input.members[1].server' });
});

test('networks of a VM come and go as virtual NICs, and those that stay keep their name', async () => {
  const graph = await openGraph();
  for (const i of [0, 1, 2])
    await graph.data(`mutation { createNetwork(input: { name: "n${i}", cidr: "10.${i}.0.0/16" }) { __typename } }`);
  await graph.data(`mutation { createVm(input: { name: "web", vcpus: 1, memoryGb: 1,
    networks: [{ name: "n0" }, { name: "n1" }] }) { __typename } }`);
  const change = (names: string) =>
    graph.data(`mutation { updateVm(by: { name: "web" }, input: { networks: [${names}] }) { ${problem} } }`);
  await change('{ name: "n2" }, { name: "n1" }');
  const { vm } = await graph.data('{ vm(by: { name: "web" }) { nics { nodes { name network { name } } } } }');
  expect(vm.nics.nodes).toEqual([
    { name: 'eth0', network: { name: 'n2' } },
    { name: 'eth1', network: { name: 'n1' } },
  ]);
  expect((await change('{ name: "nowhere" }')).updateVm).toMatchObject({ field: 'input.networks[0]' });
});

test('roles of a user are given and taken, none that the caller does not hold, and the last administrator stays', async () => {
  const graph = await openGraph();
  await ensureRoles(graph.db);
  await graph.data('mutation { createUser(input: { name: "ann", roles: [{ name: "admin" }] }) { __typename } }');
  const change = (names: string, more?: object) =>
    graph.data(`mutation { updateUser(by: { name: "ann" }, input: { roles: [${names}] }) { ${problem} } }`, more);
  expect((await change('{ name: "viewer" }')).updateUser).toMatchObject({ __typename: 'Conflict' });
  await graph.data('mutation { createUser(input: { name: "bob", roles: [{ name: "admin" }] }) { __typename } }');
  expect((await change('{ name: "viewer" }')).updateUser).toEqual({ __typename: 'User' });
  const scope = [readGrant('admin:*:*:*')];
  expect((await change('{ name: "operator" }', { scope })).updateUser.__typename).toBe('Forbidden');
  const { user } = await graph.data('{ user(by: { name: "ann" }) { bindings { nodes { role { name } } } } }');
  expect(user.bindings.nodes).toEqual([{ role: { name: 'viewer' } }]);
});
