// Cluster memberships.
import { placeOf } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { toOne } from '../rows/edges.ts';
import { ServerRole, ServerRoleFilter, stored } from './enums.ts';
import { filterBy } from '../lists/filter.ts';
import { historyField, idField, Node, shared } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const ClusterMember = defineResource('ClusterMember', {
  access: placeOf('server', 'serverId'),
  filter: {
    role: filterBy.choice(ServerRoleFilter, 'role', 'By role in the cluster.'),
    cluster: filterBy.related('Cluster', 'clusterId', 'By the cluster that the server is in.'),
    server: filterBy.related('Server', 'serverId', 'By the server that is the member.'),
  },
  orders: {
    CREATED_AT: { column: 'createdAt', type: 'moment', description: 'By when the server became a member.' },
    ROLE: { column: 'role', description: 'By the name of the role in the cluster.' },
  },
});

builder.prismaObject('ClusterMember', {
  description: "One server's part in one cluster.",
  interfaces: [Node],
  fields: (t) => ({
    id: t.field(idField('ClusterMember')),
    history: t.field(historyField('ClusterMember')),
    role: t.field({ ...stored(ServerRole, 'role'), description: 'What it does in the cluster.' }),
    version: t.expose('version', shared.version),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When the server became a member of the cluster.',
    }),
    cluster: t.field(
      toOne('Cluster', {
        relation: 'cluster',
        key: 'clusterId',
        description: 'The cluster; null when you may not see it.',
      }),
    ),
    server: t.field(
      toOne('Server', {
        relation: 'server',
        key: 'serverId',
        description: 'The server; null when you may not see it.',
      }),
    ),
  }),
});
