// Applying manifests through the graph.
import { type GraphQLInputObjectType, isNonNullType } from 'graphql';
import { expect, test } from 'vitest';
import { kinds } from '../../../schema/catalog.ts';
import { fieldsOf, MANIFESTS } from '../../../server/domain/apply/kinds.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { ensureRoles } from '../../../server/domain/access/roles.ts';
import { openGraph } from '../../support/graph.ts';
import { apply, house, manifest, rows, said, wrong } from '../manifests.ts';
import { schema } from '../../../schema/index.ts';

test('makes all kinds in any order, and the second time all are unchanged', async () => {
  const graph = await openGraph();
  const first = await apply(graph, house);
  expect(wrong(first)).toBeUndefined();
  expect(first.outcomes.map(({ outcome }) => outcome)).toEqual(house.map(() => 'CREATED'));
  const before = await rows(graph);
  const second = await apply(graph, [...house].reverse());
  expect(second.outcomes.map(({ outcome }) => outcome)).toEqual(house.map(() => 'UNCHANGED'));
  expect(await rows(graph)).toBe(before);
  const changed = await apply(graph, [
    manifest('Cluster', 'home', { members: [{ server: 'a', role: 'worker' }] }),
    manifest('Vm', 'web', { vcpus: 2, memoryGb: 4, server: null, networks: ['dmz'] }),
    manifest('User', 'ann', { roles: [], disabled: true, email: 'ann@lab.example' }),
  ]);
  expect(changed.outcomes).toMatchObject([
    {
      outcome: 'CONFIGURED',
      changes: [
        {
          path: 'spec.members',
          before: [
            { server: 'a', role: 'control-plane' },
            { server: 'b', role: 'worker' },
          ],
          after: [{ server: 'a', role: 'worker' }],
        },
      ],
    },
    {
      changes: [
        { path: 'spec.server', before: 'a', after: null },
        { path: 'spec.networks', before: ['dmz', 'lab'], after: ['dmz'] },
      ],
    },
    {
      changes: [
        { path: 'spec.disabled', before: false, after: true },
        { path: 'spec.roles', before: ['web'], after: [] },
      ],
    },
  ]);
});

test('a dry run says the same and writes nothing', async () => {
  const graph = await openGraph();
  const would = await apply(graph, house, { dryRun: true, set: 'house' });
  expect(would.outcomes.map(({ outcome }) => outcome)).toEqual(house.map(() => 'CREATED'));
  expect(await rows(graph)).toBe(0);
  expect(await graph.db.prisma.server.count()).toBe(0);
  expect(await graph.db.prisma.applySet.count()).toBe(0);
});

test('says all that is wrong at once, each with its manifest and path, and writes nothing', async () => {
  const graph = await openGraph();
  const answer = await apply(graph, [
    manifest('Network', 'ok', { cidr: '10.0.0.0/24' }),
    manifest('Network', 'bad', { cidr: '10.0.0.1/24', vlan: 9999, gatway: '10.0.0.1' }, { labels: { a: 'b c' } }),
    manifest('Netwrk', 'odd', {}),
    manifest('Vm', 'web', { vcpus: 'two', networks: ['ok', 'absent'] }),
    manifest('Cluster', 'k', { members: [{ server: 'gone', role: 'boss' }, { role: 'worker' }] }),
    manifest('User', 'ann', { password: 'secret', roles: ['absent'] }),
    manifest('Token', 't', {}),
    manifest('Network', 'ok', { cidr: '10.0.1.0/24' }),
    { kind: 'Network', metadata: {}, spec: { cidr: 7 } },
    manifest('Server', 's', {}),
    manifest('StoredQuery', 'q', { document: '{ nothing }' }),
    manifest('Vm', 'on-bad', { vcpus: 1, memoryGb: 1, networks: ['bad'], state: 'flying' }),
  ]);
  expect(wrong(answer)).toEqual([
    '1 spec.gatway InvalidInput: There is no field "gatway" here.',
    '1 metadata.labels.a InvalidInput: "b c" is not a label value.',
    '1 spec.cidr InvalidInput: 10.0.0.1/24 has host bits set.',
    '1 spec.vlan InvalidInput: 9999 is out of range.',
    '2 kind InvalidInput: There is no kind "Netwrk" for manifests.',
    '3 spec.vcpus InvalidInput: It has to be a whole number.',
    '3 spec.networks[1] InvalidInput: There is no such network.',
    '4 spec.members[0].role InvalidInput: It has to be one of control-plane, worker.',
    '4 spec.members[1].server InvalidInput: It has to be the name of a server.',
    '5 spec.password InvalidInput: It does not come by manifest.',
    '5 spec.roles[0] InvalidInput: There is no such role.',
    '6 kind InvalidInput: A Token is not made from a manifest.',
    '7 metadata.name InvalidInput: network "ok" is there twice.',
    '8 apiVersion InvalidInput: It has to be lab/v1.',
    '8 metadata.name InvalidInput: It is missing.',
    '8 spec.cidr InvalidInput: It has to be a text, and without quotes it is a number.',
    '9 spec.mac InvalidInput: It is missing: no server is made without.',
    expect.stringMatching(/^10 spec.document InvalidInput: .*nothing/s),
    '11 spec.state InvalidInput: It has to be one of running, stopped, paused.',
  ]);
  expect(await rows(graph)).toBe(0);
});

test('what one refuses may be right once another is done', async () => {
  const graph = await openGraph();
  await apply(graph, [manifest('Network', 'old', { cidr: '10.0.0.0/24' })]);
  const answer = await apply(graph, [
    manifest('Network', 'new', { cidr: '10.0.0.0/24' }),
    manifest('Network', 'old', { cidr: '10.0.1.0/24' }),
  ]);
  expect(said(answer)).toEqual(['Network/new CREATED', 'Network/old CONFIGURED']);
  expect(await graph.db.prisma.change.count({ where: { kind: 'Network' } })).toBe(3);
});

test('a field that another set stays theirs unless it is taken, and what is dropped goes back', async () => {
  const graph = await openGraph();
  const net = (spec: object) => [manifest('Network', 'lab', { cidr: '10.0.0.0/24', ...spec })];
  await apply(graph, net({ vlan: 5, domain: 'a.example' }), { manager: 'ann' });
  const theirs = await apply(graph, net({ vlan: 6, gateway: '10.0.0.1' }), { manager: 'bob' });
  expect(theirs.problems).toMatchObject([
    {
      path: 'spec.vlan',
      type: 'Conflict',
      message: 'spec.vlan of network "lab" was set by ann, to another value.',
      remedy: expect.stringContaining('--force'),
    },
  ]);
  expect(said(await apply(graph, net({ gateway: '10.0.0.1' }), { manager: 'bob' }))).toEqual([
    'Network/lab CONFIGURED',
  ]);
  const dropped = await apply(graph, net({ vlan: 5 }), { manager: 'ann' });
  expect(dropped.outcomes).toMatchObject([{ changes: [{ path: 'spec.domain', before: 'a.example', after: null }] }]);
  const taken = await apply(graph, net({ vlan: 6, domain: 'b.example' }), { manager: 'bob', takeOver: true });
  expect(taken.outcomes[0]!.changes.map(({ path }) => path)).toEqual(['spec.vlan', 'spec.domain', 'spec.gateway']);
  expect((await graph.db.prisma.network.findFirstOrThrow()).managers).toEqual({
    name: 'ann',
    cidr: 'ann',
    vlan: 'bob',
    domain: 'bob',
  });
});

test('an object that was changed since its revision is not overwritten, unless in other fields or by force', async () => {
  const graph = await openGraph();
  await graph.data('mutation { createCluster(input: { name: "k" }) { __typename } }');
  await graph.data('mutation { createServer(input: { name: "a", mac: "02:00:00:00:00:0a" }) { __typename } }');
  const revision = (await graph.data('{ cluster(by: { name: "k" }) { revision } }')).cluster.revision as string;
  const as = 'user/ann';
  await graph.data('mutation { updateCluster(by: { name: "k" }, input: { kind: "k8s" }) { __typename } }');
  await graph.data(
    `mutation { createClusterMember(input: { cluster: { name: "k" }, server: { name: "a" }, role: WORKER }) { __typename } }`,
  );
  const change = (spec: object, more: object = {}) =>
    apply(graph, [manifest('Cluster', 'k', spec, { revision })], { manager: as, takeOver: true, ...more });
  expect(wrong(await change({ kind: 'k3s', members: [], endpoint: 'https://k' }))).toEqual([
    `0 spec.kind Conflict: spec.kind of cluster "k" was changed since ${revision}.`,
    `0 spec.members Conflict: spec.members of cluster "k" was changed since ${revision}.`,
  ]);
  expect(said(await change({ endpoint: 'https://k' }))).toEqual(['Cluster/k CONFIGURED']);
  expect(said(await change({ kind: 'k3s', members: [], endpoint: 'https://k' }, { force: true }))).toEqual([
    'Cluster/k CONFIGURED',
  ]);
});

test('asks for the permission on each object, names what is missing, and keeps the refusals of a dry run too', async () => {
  const graph = await openGraph();
  await ensureRoles(graph.db);
  const scope = ['read:*:*:*', 'apply:*:*:networks/l*'].map(readGrant);
  const answer = await apply(graph, house.slice(5), { dryRun: true }, scope);
  expect(answer.problems.map(({ type, path }) => `${type} ${path}`)).toEqual(Array(3).fill('Forbidden '));
  expect(answer.problems).toMatchObject([
    { name: 'dmz', permission: 'apply:default:default:networks/dmz' },
    { name: 'web', permission: 'admin:default:default:roles/web' },
    { name: 'north', permission: 'apply:edge:default:bastions/north' },
  ]);
  const refusals = await graph.db.prisma.change.findMany({ where: { outcome: 'REFUSED' }, orderBy: { rev: 'asc' } });
  expect(refusals.map(({ kind, name, action }) => `${kind} ${name} ${action}`)).toEqual([
    'Network dmz applyManifests',
    'Role web applyManifests',
    'Bastion north applyManifests',
  ]);
});

test('what was read and changed in places overwrites nothing that was changed since, not even by the same manager', async () => {
  const graph = await openGraph();
  const manager = 'an-editor';
  const made = await apply(graph, [manifest('Cluster', 'k', { kind: 'k3s', endpoint: 'https://one' })], { manager });
  expect(said(made)).toEqual(['Cluster/k CREATED']);
  const { id: uid, revision } = (await graph.data('{ cluster(by: { name: "k" }) { id revision } }')).cluster;
  const edit = (spec: object, metadata: object = {}, more: object = {}) =>
    apply(graph, [manifest('Cluster', 'k', spec, { uid, revision, ...metadata })], {
      manager,
      takeOver: true,
      asRead: true,
      ...more,
    });
  expect(said(await edit({ endpoint: 'https://two' }))).toEqual(['Cluster/k CONFIGURED']);
  expect(wrong(await edit({ endpoint: 'https://three' }))).toEqual([
    `0 spec.endpoint Conflict: spec.endpoint of cluster "k" was changed since ${revision}.`,
  ]);
  // What it does not name stays, though the same manager set it.
  expect(said(await edit({}, { labels: { a: 'b' } }))).toEqual(['Cluster/k CONFIGURED']);
  expect((await graph.data('{ cluster(by: { name: "k" }) { kind endpoint labels } }')).cluster).toEqual({
    kind: 'k3s',
    endpoint: 'https://two',
    labels: { a: 'b' },
  });
  expect(said(await edit({ endpoint: 'https://three' }, {}, { force: true }))).toEqual(['Cluster/k CONFIGURED']);
  await graph.data('mutation { deleteCluster(by: { name: "k" }) { __typename } }');
  expect(wrong(await edit({ kind: 'k8s' }))).toEqual(['0  Conflict: There is no cluster "k" any more.']);
  expect((await graph.data('{ clusters { totalCount } }')).clusters.totalCount).toBe(0);
});

test('manifests have the fields that people may set, but passwords and originals, and those that they may only give back', () => {
  for (const [kind, manifests] of Object.entries(MANIFESTS)) {
    const input = schema.getType(`Create${kind}Input`) as GraphQLInputObjectType;
    const settable = Object.values(input.getFields()).filter(
      ({ name }) => !['name', 'password', 'from'].includes(name),
    );
    const said = Object.entries(fieldsOf(manifests)).filter(([, { echo }]) => echo === undefined);
    expect(said.map(([field]) => field).sort(), kind).toEqual(settable.map(({ name }) => name).sort());
    for (const [field, { required = false }] of said)
      expect(required, `${kind}.${field}`).toBe(isNonNullType(input.getFields()[field]!.type));
  }
  const made = kinds.filter(({ verbs }) => verbs.includes('create')).map(({ type }) => type);
  // A stored query is made by lab query save, a token never from a file.
  expect([...Object.keys(MANIFESTS), 'Token'].sort()).toEqual([...made, 'StoredQuery'].sort());
});

test('what comes into a set and leaves it is in the audit trail, also when no object changes', async () => {
  const { db, data } = await openGraph({ calm: true });
  for (const [i, name] of ['a', 'b'].entries())
    await data(`mutation { createNetwork(input: { name: "${name}", cidr: "10.${i}.0.0/24" }) { __typename } }`);
  const applied = async (names: string[], more: object = {}) => {
    const manifests = names.map((name) => ({ apiVersion: 'lab/v1', kind: 'Network', metadata: { name } }));
    const { rev } = await db.prisma.head.findFirstOrThrow();
    const { applyManifests } = await data(
      'mutation ($input: ApplyManifestsInput!) { applyManifests(input: $input) { __typename } }',
      { variables: { input: { manifests, set: 'nets', ...more } } },
    );
    expect(applyManifests.__typename).toBe('AppliedManifests');
    const { nodes } = (
      await data(`{ auditEntries(filter: { kind: { eq: "ApplySet" } }) { nodes { revision action name
      changes { field before after } } } }`)
    ).auditEntries;
    return nodes.filter((one: { revision: string }) => BigInt(one.revision.split('.')[1]!) > rev);
  };
  const [a, b] = (await db.prisma.network.findMany({ orderBy: { name: 'asc' } })).map(({ id }) => `Network:${id}`);
  const entry = (before: unknown[], after: unknown[]) => [
    {
      revision: expect.any(String),
      action: 'applyManifests',
      name: 'nets',
      changes: [{ field: 'members', before, after }],
    },
  ];
  expect(await applied(['a', 'b'], { dryRun: true })).toEqual([]);
  expect(await applied(['a', 'b'])).toEqual(entry([], [a, b]));
  expect(await applied(['a', 'b'])).toEqual([]);
  expect(await applied(['a'], { prune: true })).toEqual(entry([b], []));
});
