// Objects that are moved or renamed, as those see it who watch what belongs to them.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { fill } from '../fleet.ts';

const at = (environment: string, target = '*'): Scope => [{ action: 'read', cloud: '*', environment, target }];

/** What is watched of each kind. */
const watched: Readonly<Record<string, string>> = {
  ServerNic: 'watchNics',
  ServerDisk: 'watchDisks',
  ClusterMember: 'watchMembers',
  VmNic: 'watchVmNics',
  Lease: 'watchLeases',
};

/** Follows a kind as a caller with a scope; what is called returns the next events, up to a bookmark. */
async function follow({ follow: open }: TestGraph, kind: string, scope: Scope) {
  const events = await open(`subscription { event: ${watched[kind]} { __typename } }`, { scope });
  const next = async () => {
    const { value } = await events.next();
    const { data } = value as { data: { event: { __typename: string } } };
    return data.event.__typename.replace(kind, '');
  };
  while ((await next()) !== 'Bookmark');
  return async (count: number) => {
    const seen = [];
    for (let i = 0; i < count; i++) seen.push(await next());
    return seen;
  };
}

/** A server with NICs, a disk and a membership, a VM with a NIC, and a bastion with a lease. */
async function lab() {
  const graph = await openGraph({ calm: true });
  await fill(graph.db, 1);
  await graph.data(
    'mutation { createVm(input: { name: "vm", vcpus: 1, memoryGb: 1, networks: [{ name: "net-0" }] }) { __typename } }',
  );
  const { id: bastionId } = await graph.db.prisma.bastion.findFirstOrThrow();
  const lease = { ip: '10.0.0.20', mac: '02:00:00:00:00:20', expiresAt: new Date() };
  await graph.db.prisma.lease.create({ data: { ...lease, bastionId } });
  const update = async (kind: string, by: string, input: string) =>
    expect(
      (await graph.data(`mutation { it: update${kind}(by: { name: "${by}" }, input: { ${input} }) { __typename } }`))
        .it,
    ).toEqual({ __typename: kind });
  return { ...graph, graph, update };
}

test.each([
  ['ServerNic', 'Server', 'm-000000', 2],
  ['ServerDisk', 'Server', 'm-000000', 1],
  ['ClusterMember', 'Server', 'm-000000', 1],
  ['VmNic', 'Vm', 'vm', 1],
  ['Lease', 'Bastion', 'site', 1],
])('a %s goes with its %s: away from those who see only where it was', async (kind, whole, name, count) => {
  const { graph, update } = await lab();
  const [here, there, both] = [
    await follow(graph, kind, at('default')),
    await follow(graph, kind, at('prod')),
    await follow(graph, kind, at('*')),
  ];
  const all = (type: string) => Array.from({ length: count }, () => type);
  await update(whole, name, 'environment: "prod"');
  expect(await here(count)).toEqual(all('Deleted'));
  expect(await there(count)).toEqual(all('Added'));
  expect(await both(count)).toEqual(all('Modified'));
  await update(whole, name, 'environment: "default"');
  expect(await here(count)).toEqual(all('Added'));
});

test('a server that is renamed takes its NICs into the sight of those who may see it by its new name', async () => {
  const { graph, update } = await lab();
  const [old, renamed] = [
    await follow(graph, 'ServerNic', at('*', 'm-*')),
    await follow(graph, 'ServerNic', at('*', 'web')),
  ];
  await update('Server', 'm-000000', 'name: "web"');
  expect(await old(2)).toEqual(['Deleted', 'Deleted']);
  expect(await renamed(2)).toEqual(['Added', 'Added']);
});

test('history has one update of each part, with the place before and after, and the row as it is', async () => {
  const { graph, update, db } = await lab();
  const attempt = await db.prisma.installAttempt.create({
    data: {
      serverId: (await db.prisma.server.findFirstOrThrow()).id,
      number: 1,
      profile: 'fedora-43',
      fromStatus: 'QUEUED',
    },
  });
  const from = (await db.prisma.head.findFirstOrThrow()).rev;
  await update('Server', 'm-000000', 'cloud: "east"');
  const rows = await db.prisma.change.findMany({ where: { rev: { gt: from } }, orderBy: { rev: 'asc' } });
  const moved = rows.filter(({ before }) => Object.hasOwn(before as object, '$place'));
  expect(moved.map(({ kind, operation, cloud }) => `${operation} ${kind} ${cloud}`)).toEqual([
    'UPDATE ServerNic east',
    'UPDATE ServerNic east',
    'UPDATE ServerDisk east',
    'UPDATE ClusterMember east',
    'UPDATE InstallAttempt east',
  ]);
  const { before, after } = moved.at(-1)!;
  const place = { name: 'm-000000', environment: 'default' };
  expect(before).toMatchObject({ id: attempt.id, $place: { ...place, cloud: 'default' } });
  expect(after).toEqual({ ...(before as object), $place: { ...place, cloud: 'east' } });
  const { auditEntries } = await graph.data(
    '{ auditEntries(filter: { kind: { eq: "ServerDisk" } }) { nodes { changes { field } } } }',
  );
  expect(auditEntries.nodes).toEqual([{ changes: [{ field: '$place' }] }]);
});

test('a change that moves nothing says nothing of the parts', async () => {
  const { update, db } = await lab();
  const from = (await db.prisma.head.findFirstOrThrow()).rev;
  await update('Server', 'm-000000', 'role: CONTROL_PLANE');
  const rows = await db.prisma.change.findMany({ where: { rev: { gt: from } } });
  expect(rows.map(({ kind }) => kind)).toEqual(['Server']);
});
