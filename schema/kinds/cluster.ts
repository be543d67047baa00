// Clusters of servers.
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { toMany } from '../rows/edges.ts';
import { filterBy } from '../lists/filter.ts';
import { healthField } from './clusterHealth.ts';
import { namedFields, NamedResource, Node } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const Cluster = defineResource('Cluster', {
  access: ownPlace,
  filter: { ...namedFilter, kind: filterBy.text('kind', 'By the software that runs it, such as `k3s`.') },
  orders: { ...byName, ...byTime },
  references: nameReference,
});

builder.prismaObject('Cluster', {
  description: 'Servers that work together.',
  interfaces: [Node, NamedResource],
  fields: (t) => ({
    ...namedFields(t, 'Cluster'),
    kind: t.exposeString('kind', { description: 'What runs it, such as `k3s`.' }),
    install: t.expose('install', {
      type: 'JSON',
      description: 'Values of parameters by name, for installs of its members: a map, empty when nobody said any.',
    }),
    endpoint: t.exposeString('endpoint', {
      nullable: true,
      description: 'The URL of its API; null when nobody gave one.',
    }),
    health: t.field(healthField),
    members: t.field(
      toMany('ClusterMember', {
        from: 'Cluster',
        relation: 'members',
        key: 'clusterId',
        description: 'Its members: servers, each with its role.',
      }),
    ),
  }),
});
