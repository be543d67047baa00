// Virtual machines.
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { toMany, toOne } from '../rows/edges.ts';
import { VmState, VmStateFilter, stored } from './enums.ts';
import { filterBy } from '../lists/filter.ts';
import { historyField } from '../log/history.ts';
import { conditionsField, idField, NamedResource, Node, revisionField, shared } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const Vm = defineResource('Vm', {
  access: ownPlace,
  filter: {
    ...namedFilter,
    state: filterBy.choice(VmStateFilter, 'state', 'By state.'),
    server: filterBy.related('Server', 'serverId', 'By the server that hosts it.'),
  },
  orders: { ...byName, STATE: { column: 'state', description: 'By state.' }, ...byTime },
  references: nameReference,
});

builder.prismaObject('Vm', {
  description: 'A virtual machine and the server that hosts it.',
  interfaces: [Node, NamedResource] as never,
  fields: (t) => ({
    id: t.field(idField('Vm')),
    name: t.exposeString('name', shared.name),
    cloud: t.exposeString('cloud', shared.cloud),
    environment: t.exposeString('environment', shared.environment),
    labels: t.expose('labels', shared.labels),
    version: t.expose('version', shared.version),
    revision: t.field(revisionField('Vm')),
    createdAt: t.expose('createdAt', shared.createdAt),
    updatedAt: t.expose('updatedAt', shared.updatedAt),
    conditions: t.field(conditionsField('Vm')),
    history: t.field(historyField('Vm')),
    state: t.field({ ...stored(VmState, 'state'), description: 'What it does.' }),
    vcpus: t.exposeInt('vcpus', { description: 'How many virtual CPUs.' }),
    memoryGb: t.exposeFloat('memoryGb', { description: 'Memory, GiB.' }),
    server: t.field(toOne('Server', { relation: 'server', key: 'serverId', description: 'The server that hosts it.' })),
    nics: t.field(
      toMany('VmNic', {
        from: 'Vm',
        relation: 'nics',
        key: 'vmId',
        description: 'Its virtual network interfaces.',
      }),
    ),
  }),
});
