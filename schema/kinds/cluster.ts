// Clusters of servers.
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { toMany } from '../rows/edges.ts';
import { filterBy } from '../lists/filter.ts';
import { ClusterHealth, healthField } from './clusterHealth.ts';
import { historyField } from '../log/history.ts';
import { conditionsField, idField, NamedResource, Node, revisionField, shared } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const Cluster = defineResource('Cluster', {
  access: ownPlace,
  filter: { ...namedFilter, kind: filterBy.text('kind', 'By what runs it.') },
  orders: { ...byName, ...byTime },
  references: nameReference,
});

builder.prismaObject('Cluster', {
  description: 'Servers that work together.',
  interfaces: [Node, NamedResource] as never,
  fields: (t) => ({
    id: t.field(idField('Cluster')),
    name: t.exposeString('name', shared.name),
    cloud: t.exposeString('cloud', shared.cloud),
    environment: t.exposeString('environment', shared.environment),
    labels: t.expose('labels', shared.labels),
    version: t.expose('version', shared.version),
    revision: t.field(revisionField('Cluster')),
    createdAt: t.expose('createdAt', shared.createdAt),
    updatedAt: t.expose('updatedAt', shared.updatedAt),
    conditions: t.field(conditionsField('Cluster')),
    history: t.field(historyField('Cluster')),
    kind: t.exposeString('kind', { description: 'What runs it, such as `k3s`.' }),
    endpoint: t.exposeString('endpoint', { nullable: true, description: 'The URL of its API.' }),
    health: t.field({ type: ClusterHealth, ...healthField }),
    members: t.field(
      toMany('ClusterMember', {
        from: 'Cluster',
        relation: 'members',
        key: 'clusterId',
        description: 'Its members.',
      }),
    ),
  }),
});
