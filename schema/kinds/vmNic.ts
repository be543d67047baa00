// Virtual network interfaces.
import { placeOf } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byLocalName } from '../lists/namedKinds.ts';
import { toOne } from '../rows/edges.ts';
import { filterBy } from '../lists/filter.ts';
import { historyField, idField, Node, shared } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const VmNic = defineResource('VmNic', {
  access: placeOf('vm', 'vmId'),
  filter: {
    name: filterBy.text('name', 'By name, which is unique within the virtual machine.'),
    mac: filterBy.text('mac', 'By MAC address, in lower case with colons.', { nullable: true }),
    vm: filterBy.related('Vm', 'vmId', 'By the virtual machine it is in.'),
    network: filterBy.related('Network', 'networkId', 'By the network it is attached to.'),
  },
  orders: byLocalName,
});

builder.prismaObject('VmNic', {
  description: 'A virtual network interface and the network it is attached to.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.field(idField('VmNic')),
    history: t.field(historyField('VmNic')),
    name: t.exposeString('name', { description: 'Its name, unique within the virtual machine.' }),
    mac: t.exposeString('mac', {
      nullable: true,
      description: 'The MAC address, in lower case with colons; null when none is known.',
    }),
    ip: t.exposeString('ip', { nullable: true, description: 'The IP address; null when none is known.' }),
    version: t.expose('version', shared.version),
    vm: t.field(
      toOne('Vm', {
        relation: 'vm',
        key: 'vmId',
        description: 'The virtual machine it is in; null when you may not see it.',
      }),
    ),
    network: t.field(
      toOne('Network', { relation: 'network', key: 'networkId', description: 'The network it is attached to.' }),
    ),
  }),
});
