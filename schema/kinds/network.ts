// IP networks.
import { wholeCidr } from '../../server/domain/objects/validate.ts';
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedColumns, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { toMany } from '../rows/edges.ts';
import { filterBy } from '../lists/filter.ts';
import { DhcpMode } from './enums.ts';
import { namedFields, NamedResource, Node } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const Network = defineResource('Network', {
  access: ownPlace,
  filter: {
    ...namedFilter,
    search: filterBy.search(
      { own: { ...namedColumns, cidr: 'range', gateway: 'address?', domain: 'text?' } },
      'its name, a label such as `rack=a1`, its range, gateway or domain',
    ),
    vlan: filterBy.number('vlan', 'By VLAN id; 0 is untagged.'),
    dhcpEnabled: filterBy.flag('dhcpEnabled', 'By whether bastions serve DHCP on it.'),
  },
  orders: {
    ...byName,
    VLAN: { column: 'vlan', type: 'number', description: 'By VLAN id, untagged networks first.' },
    ...byTime,
  },
  references: nameReference,
});

builder.prismaObject('Network', {
  description: 'An IP network; NICs whose address lies in it are linked to it.',
  interfaces: [Node, NamedResource],
  fields: (t) => ({
    ...namedFields(t, 'Network'),
    cidr: t.string({
      description: 'The range, such as `192.168.8.0/24`.',
      extensions: { columns: ['cidr'] },
      resolve: ({ cidr }) => wholeCidr(cidr),
    }),
    vlan: t.int({
      nullable: true,
      description: 'The VLAN id, 1 to 4094; null when untagged.',
      extensions: { columns: ['vlan'] },
      resolve: ({ vlan }) => vlan || null,
    }),
    gateway: t.exposeString('gateway', { nullable: true, description: "The router's address." }),
    domain: t.exposeString('domain', { nullable: true, description: 'The DNS domain of its hosts.' }),
    dhcpEnabled: t.exposeBoolean('dhcpEnabled', { description: 'Whether bastions serve DHCP on it.' }),
    // Changes of before there were these columns do not have them.
    dhcpMode: t.field({
      type: DhcpMode,
      description: 'How bastions serve it: addresses too, or beside another DHCP server.',
      extensions: { columns: ['dhcpMode'] },
      resolve: ({ dhcpMode }) => (dhcpMode as 'FULL' | 'PROXY' | undefined) ?? 'FULL',
    }),
    dhcpRange: t.exposeString('dhcpRange', {
      nullable: true,
      description: 'What machines without a reserved address get; null: no others get one.',
    }),
    dns: t.stringList({
      description: 'The DNS servers of its hosts; the gateway when empty.',
      extensions: { columns: ['dns'] },
      resolve: ({ dns }) => (dns as string[] | undefined) ?? [],
    }),
    relay: t.exposeString('relay', {
      nullable: true,
      description: 'The name of the bastion that serves it through a relay agent, having no address in it.',
    }),
    nics: t.field(
      toMany('ServerNic', {
        from: 'Network',
        relation: 'nics',
        key: 'networkId',
        description: 'The NICs whose address lies in it.',
      }),
    ),
    vmNics: t.field(
      toMany('VmNic', {
        from: 'Network',
        relation: 'vmNics',
        key: 'networkId',
        description: 'The virtual NICs attached to it.',
      }),
    ),
  }),
});
