// Network interfaces of servers.
import { placeOf } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byLocalName } from '../lists/namedKinds.ts';
import { toOne } from '../rows/edges.ts';
import { NicState, NicStateFilter, stored } from './enums.ts';
import { filterBy } from '../lists/filter.ts';
import { historyField, idField, Node, shared } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const ServerNic = defineResource('ServerNic', {
  access: placeOf('server', 'serverId'),
  filter: {
    name: filterBy.text('name', 'By the name that the system gave the interface, such as `eno1`.'),
    mac: filterBy.text('mac', 'By MAC address, in lower case with colons.'),
    state: filterBy.choice(NicStateFilter, 'state', 'By whether the interface has a link.'),
    server: filterBy.related('Server', 'serverId', 'By the server it is in.'),
    network: filterBy.related('Network', 'networkId', 'By the network it is linked to.'),
  },
  orders: { ...byLocalName, MAC: { column: 'mac', description: 'By MAC address, in lower case with colons.' } },
});

builder.prismaObject('ServerNic', {
  description: 'A network interface of a server, linked to the network its address lies in.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.field(idField('ServerNic')),
    history: t.field(historyField('ServerNic')),
    name: t.exposeString('name', { description: 'The name that the system gave it, unique within the server.' }),
    mac: t.exposeString('mac', { description: 'The MAC address. Not unique: bonds and VLANs share one.' }),
    ip: t.exposeString('ip', { nullable: true, description: 'The address it had when it was last reported.' }),
    state: t.field({ ...stored(NicState, 'state'), description: 'Whether it has a link.' }),
    addresses: t.stringList({
      extensions: { columns: ['addresses'] },
      description: 'All addresses it had when it was last reported, with their prefixes, such as `192.168.8.20/24`.',
      // A row of the log may be older than the column.
      resolve: ({ addresses }) => (addresses as string[] | undefined) ?? [],
    }),
    speedMbps: t.exposeInt('speedMbps', {
      nullable: true,
      description: 'The speed of its link in megabits a second; null without a link.',
    }),
    driver: t.exposeString('driver', {
      nullable: true,
      description: 'The driver that the system used for it, such as `igb`; null when it was not reported.',
    }),
    pciAddress: t.exposeString('pciAddress', {
      nullable: true,
      description: 'Its place on the PCI bus, such as `0000:01:00.0`; null for what is on none.',
    }),
    bond: t.exposeString('bond', { nullable: true, description: 'The bond that it is part of; null for none.' }),
    vlanParent: t.exposeString('vlanParent', {
      nullable: true,
      description: "The interface that carries this one's tagged frames; null when it is none of a VLAN.",
    }),
    lldpSwitch: t.exposeString('lldpSwitch', {
      nullable: true,
      description: 'The switch that it is plugged into, as that said by LLDP; null when none said so.',
    }),
    lldpPort: t.exposeString('lldpPort', { nullable: true, description: 'The port of that switch, in its own words.' }),
    version: t.expose('version', shared.version),
    server: t.field(
      toOne('Server', {
        relation: 'server',
        key: 'serverId',
        description: 'The server it is in; null when you may not see it.',
      }),
    ),
    network: t.field(
      toOne('Network', {
        relation: 'network',
        key: 'networkId',
        description:
          'The network its address lies in: the longest matching prefix in the cloud and environment of its server.',
      }),
    ),
  }),
});
