// Virtual machines.
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { toMany, toOne } from '../rows/edges.ts';
import { VmState, VmStateFilter, stored } from './enums.ts';
import { filterBy } from '../lists/filter.ts';
import { namedFields, NamedResource, Node } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const Vm = defineResource('Vm', {
  access: ownPlace,
  filter: {
    ...namedFilter,
    state: filterBy.choice(VmStateFilter, 'state', 'By whether it runs.'),
    server: filterBy.related('Server', 'serverId', 'By the server that hosts it.'),
  },
  orders: { ...byName, STATE: { column: 'state', description: 'By the name of the state.' }, ...byTime },
  references: nameReference,
});

builder.prismaObject('Vm', {
  description: 'A virtual machine and the server that hosts it.',
  interfaces: [Node, NamedResource],
  fields: (t) => ({
    ...namedFields(t, 'Vm'),
    state: t.field({ ...stored(VmState, 'state'), description: 'Whether it runs, is off or is paused.' }),
    vcpus: t.exposeInt('vcpus', { description: 'How many virtual CPUs.' }),
    memoryGb: t.exposeFloat('memoryGb', { description: 'Its memory in GiB, fractions included.' }),
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
