// Clusters and their members.
import type { Writer } from '../../store/types.ts';
import { NotFound } from '../errors.ts';
import {
  type Input,
  type Inventory,
  namedColumns,
  type Permissions,
  type Place,
  placeIn,
  record,
  type Row,
  textColumns,
} from './objects.ts';
import { demandUnlocked } from './locked.ts';
import { resolveReference, type Ways } from './reference.ts';

export const cluster: Inventory = {
  kind: 'Cluster',
  noun: 'cluster',
  lockHead: true,
  columns: (_tx: Writer, input: Input, before: Row | null, may: Permissions) => ({
    ...namedColumns(input, before, may.actor),
    ...textColumns(input, input['kind'] === null ? ['endpoint'] : ['kind', 'endpoint']),
  }),
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

export const member: Inventory = {
  kind: 'ClusterMember',
  noun: 'membership',
  lockHead: true,
  columns: async (tx, input, _before, may) => ({
    clusterId: await resolveReference(tx, 'Cluster', input['cluster'] as Ways, 'input.cluster', may),
    serverId: await resolveReference(tx, 'Server', input['server'] as Ways, 'input.server', may),
    role: input['role'],
  }),
  check: (tx, before, after, may) => demandUnlocked(tx, [(after ?? before)!['serverId']], may),
  unique: () => 'of this server in this cluster',
  place: memberPlace,
};
