// Clusters and their members.
import type { Place } from '../../../common/place.ts';
import type { Writer } from '../../store/types.ts';
import { allOf } from '../where.ts';
import { InvalidInput, NotFound } from '../errors.ts';
import { differenceOf } from '../objects/difference.ts';
import { createObject, deleteObject, type Inventory, type Permissions, placeIn, record } from '../objects/objects.ts';
import type { PartSet } from '../objects/partSets.ts';
import { type Fields, map, named, reference, text } from '../objects/fields.ts';
import { givenParameters } from '../../../common/install/parameterShapes.ts';
import { demandUnlocked } from './locked.ts';
import { serverRole } from './server.ts';
import { resolveReference, type Ways } from '../objects/reference.ts';

/** A member that is wanted. */
interface Wanted {
  readonly server: Ways;
  readonly role: string;
}

/** What people decide about a server's part in a cluster. */
const memberFields = {
  server: { type: reference('Server'), required: true, fixed: true, description: 'The server that is the member.' },
  role: { type: serverRole, required: true, fixed: true, description: 'What it does in the cluster.' },
} satisfies Fields;

/** Its members: each comes and goes as by itself. Those that the caller may not see stay. */
const members: PartSet = {
  is: 'parts',
  part: { kind: 'ClusterMember', key: 'clusterId' },
  column: 'serverId',
  names: 'Server',
  items: { name: 'Member', description: 'A server and its part in a cluster.', fields: memberFields },
  seenBy: 'part',
  difference: async (tx, row, wanted, may) => {
    const found = new Map<string, { server: Ways; role: string; serverId: string }>();
    for (const [i, { server, role }] of (wanted as readonly Wanted[]).entries()) {
      const field = `input.members[${i}].server`;
      const serverId = await resolveReference(tx, 'Server', server, field, may);
      if (found.has(serverId))
        throw new InvalidInput(field, 'This server is a member already.', 'Name each server once.');
      found.set(serverId, { server: [{ id: serverId }], role, serverId });
    }
    const present = await tx.client.clusterMember.findMany({
      where: allOf({ clusterId: row.id }, may.visible('ClusterMember')) as never,
      orderBy: { id: 'asc' },
    });
    const key = ({ serverId, role }: { serverId: string | null; role: string }) => `${serverId} ${role}`;
    const { missing, extra } = differenceOf(present, [...found.values()], { present: key, wanted: key });
    return [
      ...extra.map(
        ({ id }) =>
          () =>
            deleteObject(tx, member, { ways: [{ id }], called: 'of this server' }, may),
      ),
      ...missing.map(
        ({ server, role }) =>
          () =>
            createObject(tx, member, { cluster: [{ id: row.id }], server, role }, may),
      ),
    ];
  },
};

export const cluster: Inventory = {
  kind: 'Cluster',
  noun: 'cluster',
  lockHead: true,
  fields: {
    ...named,
    kind: { type: text, absent: 'k3s', description: 'What runs it; `k3s` when absent.' },
    endpoint: { type: text, absent: null, description: 'The URL of its API.' },
    install: {
      type: map,
      absent: {},
      check: givenParameters,
      description: 'Values of parameters by name, for installs of its members.',
    },
    members: {
      type: members,
      absent: [],
      description: 'The servers in it, all of them: each that comes or goes is a change of its own.',
    },
  },
  check: async (tx, before, after, may) => {
    if (before === null || after !== null) return;
    const members = await tx.client.clusterMember.findMany({
      where: { clusterId: before.id, server: { locked: true } },
      select: { serverId: true },
    });
    await demandUnlocked(
      tx,
      members.map(({ serverId }) => serverId),
      may,
    );
  },
  // Its memberships go with it, each as a change of its own.
  remove: async (tx, row) => {
    const members = await tx.client.clusterMember.findMany({ where: { clusterId: row.id }, include: { server: true } });
    for (const { server, ...member } of members) record(tx, 'ClusterMember', placeIn(server ?? row), member, null);
    await tx.client.cluster.delete({ where: { id: row.id } });
    record(tx, 'Cluster', placeIn(row), row, null);
  },
};

/** A membership is placed where its server is. */
async function memberPlace(tx: Writer, row: Record<string, unknown>): Promise<Place> {
  const server = await tx.client.server.findUnique({ where: { id: String(row['serverId']) } });
  if (!server) throw new NotFound('The server of this membership is gone.', 'List the servers there are.');
  return placeIn(server);
}

/** Who joins a cluster changes it, too. That the caller may see it was asked before. */
async function demandCluster(tx: Writer, id: string, may: Permissions): Promise<void> {
  const joined = await tx.client.cluster.findUniqueOrThrow({ where: { id } });
  may.demand('apply', 'Cluster', { ...placeIn({ ...joined }), id });
}

export const member: Inventory = {
  kind: 'ClusterMember',
  noun: 'membership',
  lockHead: true,
  fields: {
    cluster: {
      type: reference('Cluster'),
      required: true,
      fixed: true,
      description: 'The cluster; it takes `apply` on that, too.',
    },
    ...memberFields,
  },
  check: async (tx, before, after, may) => {
    await demandUnlocked(tx, [(after ?? before)!['serverId']], may);
    if (after !== null) await demandCluster(tx, String(after['clusterId']), may);
  },
  unique: () => 'of this server in this cluster',
  place: memberPlace,
};
