// Making, changing and deleting objects through the graph.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { fill } from '../fleet.ts';

const problem = '__typename ... on UserError { message remedy } ... on InvalidInput { field }';
const changes = async ({ db }: TestGraph) =>
  (await db.prisma.change.findMany({ orderBy: { rev: 'asc' } })).map(
    ({ operation, kind, name, action }) => `${operation} ${kind} ${name} ${action}`,
  );

test.each([
  ['name: "Lab", cidr: "10.0.0.0/8"', 'input.name', '"Lab" is not a name.'],
  ['name: "", cidr: "10.0.0.0/8"', 'input.name', '"" is not a name.'],
  ['name: "lab", cidr: "10.0.0.1/8"', 'input.cidr', '10.0.0.1/8 has host bits set.'],
  ['name: "lab", cidr: "10.0.0.0"', 'input.cidr', '"10.0.0.0" is not a range.'],
  ['name: "lab", cidr: "10.0.0.0/33"', 'input.cidr', '"10.0.0.0/33" is not a range.'],
  ['name: "lab", cidr: "fd00::1/64"', 'input.cidr', 'fd00::1/64 has host bits set.'],
  ['name: "lab", cidr: "010.0.0.0/8"', 'input.cidr', '"010.0.0.0/8" is not a range.'],
  ['name: "lab", cidr: "0xa.0.0.0/8"', 'input.cidr', '"0xa.0.0.0/8" is not a range.'],
  ['name: "lab", cidr: "::ffff:10.0.0.0/104"', 'input.cidr', '"::ffff:10.0.0.0/104" is not a range.'],
  ['name: "lab", cidr: "fe80::/64", gateway: "fe80::1%eth0"', 'input.gateway', '"fe80::1%eth0" is not an IP address.'],
  ['name: "lab", cidr: "10.0.0.0/8", gateway: "11.0.0.1"', 'input.gateway', '11.0.0.1 does not lie in 10.0.0.0/8.'],
  ['name: "lab", cidr: "10.0.0.0/8", gateway: "fd00::1"', 'input.gateway', 'fd00::1 does not lie in 10.0.0.0/8.'],
  ['name: "lab", cidr: "10.0.0.0/8", gateway: "1"', 'input.gateway', '"1" is not an IP address.'],
  ['name: "lab", cidr: "10.0.0.0/8", vlan: 4095', 'input.vlan', '4095 is out of range.'],
  ['name: "lab", cidr: "10.0.0.0/8", vlan: 0', 'input.vlan', '0 is out of range.'],
  ['name: "lab", cidr: "10.0.0.0/8", cloud: "A B"', 'input.cloud', '"A B" is not a name.'],
  ['name: "lab", cidr: "10.0.0.0/8", labels: { a: "b c" }', 'input.labels.a', '"b c" is not a label value.'],
  [
    'name: "lab", cidr: "10.0.0.0/8", labels: { a: 1 }',
    'input.labels.a',
    'It has to be a text, and without quotes it is a number.',
  ],
  ['name: "lab", cidr: "10.0.0.0/8", domain: "a\\u001b[31m"', 'input.domain', 'It has control characters.'],
])('createNetwork(%s) names the field, and nothing is made', async (input, field, message) => {
  const graph = await openGraph({ calm: true });
  const { createNetwork } = await graph.data(`mutation { createNetwork(input: { ${input} }) { ${problem} } }`);
  expect(createNetwork).toEqual({
    __typename: 'InvalidInput',
    field,
    message,
    remedy: expect.stringMatching(/\w+.*\.$/),
  });
  expect(await changes(graph)).toEqual([]);
});

test('a name and a range are taken once; ranges repeat on other VLANs and across sites', async () => {
  const { data } = await openGraph();
  const make = async (input: string) =>
    (await data(`mutation { createNetwork(input: { ${input} }) { ${problem} } }`)).createNetwork.__typename;
  expect(await make('name: "a", cidr: "10.0.0.0/8"')).toBe('Network');
  expect(await make('name: "a", cidr: "11.0.0.0/8"')).toBe('Conflict');
  expect(await make('name: "b", cidr: "10.0.0.0/8"')).toBe('Conflict');
  expect(await make('name: "b", cidr: "10.0.0.0/8", vlan: 5')).toBe('Network');
  expect(await make('name: "c", cidr: "10.0.0.0/8", environment: "prod"')).toBe('Network');
  expect(await make('name: "d", cidr: "10.0.0.0/16"')).toBe('Network');
});

test('a change names the version it read, and two at once cannot both win', async () => {
  const { data } = await openGraph();
  await data('mutation { createCluster(input: { name: "k" }) { __typename } }');
  const set = (endpoint: string, version?: number) =>
    data(
      `mutation { updateCluster(by: { name: "k" }, ifVersion: ${version ?? 'null'}, input: { endpoint: "${endpoint}" }) { ${problem} ... on Cluster { version } } }`,
    );
  expect((await set('https://a', 1)).updateCluster).toEqual({ __typename: 'Cluster', version: 2 });
  expect((await set('https://b', 1)).updateCluster).toMatchObject({
    __typename: 'Conflict',
    message: expect.stringContaining('at version 2, not 1'),
  });
  const both = await Promise.all([set('https://c', 2), set('https://d', 2)]);
  expect(both.map(({ updateCluster }) => updateCluster.__typename).sort()).toEqual(['Cluster', 'Conflict']);
});

test('nothing to change, an unknown object and a foreign id are each said', async () => {
  const { data, ask } = await openGraph({ calm: true });
  await data('mutation { createBastion(input: { name: "b" }) { __typename } }');
  const { updateBastion } = await data(`mutation { updateBastion(by: { name: "b" }, input: {}) { ${problem} } }`);
  expect(updateBastion).toMatchObject({
    __typename: 'InvalidInput',
    field: 'input',
    message: 'Nothing is to be changed.',
  });
  const { deleteVm } = await data(`mutation { deleteVm(by: { name: "x" }) { ${problem} } }`);
  expect(deleteVm).toMatchObject({ __typename: 'NotFound', message: 'There is no VM "x".' });
  const { errors } = await ask('{ server(by: { id: "Network:01a20739-ff3b-700d-9f3f-cce885e7784a" }) { id } }');
  expect(errors![0]!.extensions['code']).toBe('BAD_USER_INPUT');
});

test('deleting a network gives its NICs to the next longest prefix, each as a change of its own', async () => {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  const make = (name: string, cidr: string) =>
    graph.data(`mutation { createNetwork(input: { name: "${name}", cidr: "${cidr}" }) { __typename } }`);
  await make('wide', '10.0.0.0/12');
  await make('narrow', '10.0.0.0/24');
  const links = async () =>
    (await graph.data('{ nics { nodes { name network { name } } } }')).nics.nodes.map(
      (nic: { network: { name: string } | null }) => nic.network?.name ?? null,
    );
  expect(await links()).toEqual(['narrow', 'net-1']);
  await graph.data(
    'mutation { a: deleteNetwork(by: { name: "narrow" }) { __typename } b: deleteNetwork(by: { name: "net-0" }) { __typename } }',
  );
  expect(await links()).toEqual(['wide', 'net-1']);
  await graph.data(
    'mutation { a: deleteNetwork(by: { name: "wide" }) { __typename } b: deleteNetwork(by: { name: "net-1" }) { __typename } }',
  );
  expect(await links()).toEqual([null, null]);
  expect((await changes(graph)).filter((change) => change.includes('ServerNic'))).toEqual([
    'UPDATE ServerNic m-000000 createNetwork',
    'UPDATE ServerNic m-000000 deleteNetwork',
    'UPDATE ServerNic m-000000 deleteNetwork',
    'UPDATE ServerNic m-000000 deleteNetwork',
    'UPDATE ServerNic m-000000 deleteNetwork',
  ]);
});

test('a server that moves to another environment is linked to the networks there', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 1);
  await data(
    'mutation { createNetwork(input: { name: "there", environment: "prod", cidr: "10.0.0.0/8" }) { __typename } }',
  );
  await data('mutation { updateServer(by: { name: "m-000000" }, input: { environment: "prod" }) { __typename } }');
  const { nics } = await data('{ nics { nodes { network { name } } } }');
  expect(nics.nodes).toEqual([{ network: { name: 'there' } }, { network: { name: 'there' } }]);
});

test('a MAC that several servers have changes and deletes none of them', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 2);
  await db.prisma.server.updateMany({ data: { bootMac: '02:00:00:00:00:77' } });
  const { deleteServer } = await data(`mutation { deleteServer(by: { mac: "0200.0000.0077" }) { ${problem} } }`);
  expect(deleteServer).toMatchObject({ __typename: 'Conflict', message: expect.stringContaining('Several servers') });
  expect(await db.prisma.server.count()).toBe(2);
});

test('a network of one address keeps its prefix, and takes a gateway', async () => {
  const { data } = await openGraph({ calm: true });
  await data('mutation { createNetwork(input: { name: "one", cidr: "10.0.0.1/32" }) { __typename } }');
  const { updateNetwork } = await data(
    `mutation { updateNetwork(by: { name: "one" }, input: { gateway: "10.0.0.1" }) { ... on Network { cidr gateway } ${problem} } }`,
  );
  expect(updateNetwork).toEqual({ __typename: 'Network', cidr: '10.0.0.1/32', gateway: '10.0.0.1' });
});

test('members, VMs and their NICs lead to each other, and go with what they belong to', async () => {
  const graph = await openGraph({ calm: true });
  await graph.data(`mutation {
    createServer(input: { mac: "0200.0000.0001", name: "host" }) { __typename }
    createNetwork(input: { name: "lan", cidr: "10.0.0.0/8" }) { __typename }
    createCluster(input: { name: "k" }) { __typename }
    createClusterMember(input: { cluster: { name: "k" }, server: { mac: "02:00:00:00:00:01" }, role: CONTROL_PLANE }) { __typename }
    createVm(input: { name: "vm", vcpus: 2, memoryGb: 4, server: { name: "host" }, networks: [{ name: "lan" }] }) { __typename }
  }`);
  const there = `vms { nodes { name nics { nodes { network { name vmNics { nodes { vm { name } } } } } } } } memberships { nodes { role cluster { name health members { nodes { server { name } } } } } }`;
  const { server } = await graph.data(`{ server(by: { name: "host" }) { ${there} } }`);
  expect(server).toEqual({
    vms: {
      nodes: [
        { name: 'vm', nics: { nodes: [{ network: { name: 'lan', vmNics: { nodes: [{ vm: { name: 'vm' } }] } } }] } },
      ],
    },
    memberships: {
      nodes: [
        {
          role: 'CONTROL_PLANE',
          cluster: { name: 'k', health: 'UNHEALTHY', members: { nodes: [{ server: { name: 'host' } }] } },
        },
      ],
    },
  });
  const again = await graph.data(
    `mutation { createClusterMember(input: { cluster: { name: "k" }, server: { name: "host" }, role: WORKER }) { ${problem} } createVm(input: { name: "v", vcpus: 1, memoryGb: 1, server: { name: "nope" } }) { ${problem} } }`,
  );
  expect(again.createClusterMember.__typename).toBe('Conflict');
  expect(again.createVm).toMatchObject({
    __typename: 'InvalidInput',
    field: 'input.server',
    message: 'There is no such server.',
  });
  await graph.data(
    'mutation { deleteVm(by: { name: "vm" }) { __typename } deleteCluster(by: { name: "k" }) { __typename } }',
  );
  expect((await changes(graph)).slice(6)).toEqual([
    'DELETE VmNic vm deleteVm',
    'DELETE Vm vm deleteVm',
    'DELETE ClusterMember host deleteCluster',
    'DELETE Cluster k deleteCluster',
  ]);
});

test('a bastion that holds servers is not deleted', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 2);
  const { deleteBastion } = await data(`mutation { deleteBastion(by: { name: "site" }) { ${problem} } }`);
  expect(deleteBastion).toMatchObject({ __typename: 'Conflict', message: 'Bastion "site" holds 2 servers.' });
});

test('a deletion that is only tried is answered as the deletion would be, and changes nothing', async () => {
  const graph = await openGraph({ calm: true });
  await graph.data(`mutation {
    createCluster(input: { name: "k" }) { __typename }
    createServer(input: { name: "locked", mac: "52:54:00:00:00:01" }) { __typename }
    updateServer(by: { name: "locked" }, input: { locked: true }) { __typename }
    createNetwork(input: { name: "lab", cidr: "10.0.0.0/8" }) { __typename }
  }`);
  const before = await changes(graph);
  const tried = async (field: string, more = {}) =>
    (await graph.data(`mutation { it: ${field} { ${problem} ... on Node { id } } }`, more)).it;
  const { id } = await graph.db.prisma.network.findFirstOrThrow();
  expect(await tried('deleteNetwork(by: { name: "lab" }, dryRun: true)')).toEqual({
    __typename: 'Network',
    id: `Network:${id}`,
  });
  expect((await tried('deleteServer(by: { name: "locked" }, dryRun: true)')).__typename).toBe('Conflict');
  expect((await tried('deleteNetwork(by: { name: "lab" }, ifVersion: 9, dryRun: true)')).__typename).toBe('Conflict');
  expect((await tried('deleteNetwork(by: { name: "gone" }, dryRun: true)')).__typename).toBe('NotFound');
  expect(await changes(graph)).toEqual(before);
  // Whoever may not do it is refused, as when they do it; and that is written down, as then.
  const scope: Scope = [{ action: 'read', cloud: '*', environment: '*', target: '*' }];
  expect((await tried('deleteNetwork(by: { name: "lab" }, dryRun: true)', { scope })).__typename).toBe('Forbidden');
  expect(await graph.db.prisma.network.count()).toBe(1);
  expect((await tried('deleteNetwork(by: { name: "lab" }, dryRun: false)')).__typename).toBe('Network');
  expect(await graph.db.prisma.network.count()).toBe(0);
});
