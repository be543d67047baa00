// Networks on the command line.
import * as inputs from '../generated/inputs.ts';
import { catalog } from '../../schema/catalog.ts';
import {
  CreateNetworkDocument,
  DeleteNetworkDocument,
  DescribeNetworkDocument,
  type DescribeNetworkQuery,
  NetworkDocument,
  type NetworkRowFragment,
  NetworksDocument,
  RenameNetworkDocument,
  WatchNetworksDocument,
} from '../generated/documents.ts';
import { age, word } from '../terminal/text.ts';
import { createFlags, decided } from './decided.ts';
import {
  conditionSection,
  counted,
  defineKind,
  list,
  manifestConditions,
  placeColumns,
  placeFacts,
  placedFlags,
  type Section,
  yesField,
  hanging,
} from './kind.ts';

type Described = NonNullable<DescribeNetworkQuery['one']>;

function describe(network: Described): Section {
  const { nics, vmNics } = network;
  return {
    title: `network/${network.name}`,
    facts: [
      ['Id', network.id],
      ['Range', network.cidr],
      ['VLAN', network.vlan],
      ['Gateway', network.gateway],
      ['Domain', network.domain],
      ['DHCP', network.dhcpEnabled ? `served by bastions, ${word(network.dhcpMode)}` : 'not served'],
      ['DHCP range', network.dhcpRange],
      ['DNS', network.dns.join(', ')],
      ['Relay to', network.relay && `bastion/${network.relay}`],
      ...placeFacts(network),
      ['Created', network.createdAt],
    ],
    below: [
      {
        title: counted('NICs', nics),
        below: nics.nodes.map(({ name, ip, state, server }) => ({
          title: `${server ? `server/${server.name}` : '(hidden)'} ${name}`,
          facts: [
            ['IP', ip],
            ['State', word(state)],
            ['Server', word(server?.status)],
          ],
        })),
      },
      ...list('Virtual NICs', vmNics.nodes, ({ name, ip, vm }) => ({
        title: `vm/${vm?.name ?? '(hidden)'} ${name}`,
        facts: [['IP', ip]],
      })),
      ...conditionSection(network.conditions),
    ],
  };
}

/** The column DHCP of tables. */
const served = { FULL: 'yes', PROXY: 'proxy' } as const;

export const network = defineKind<NetworkRowFragment, Described>({
  kind: catalog.Network,
  documents: {
    list: NetworksDocument,
    get: NetworkDocument,
    watch: WatchNetworksDocument,
    describe: DescribeNetworkDocument,
    create: CreateNetworkDocument,
    rename: RenameNetworkDocument,
    remove: DeleteNetworkDocument,
  },
  columns: [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'CIDR', value: ({ cidr }) => cidr },
    { header: 'VLAN', value: ({ vlan }) => vlan },
    { header: 'GATEWAY', value: ({ gateway }) => gateway },
    { header: 'DHCP', value: ({ dhcpEnabled, dhcpMode }) => (dhcpEnabled ? served[dhcpMode] : 'no') },
    { header: 'DHCP RANGE', wide: true, value: ({ dhcpRange }) => dhcpRange },
    { header: 'DOMAIN', wide: true, value: ({ domain }) => domain },
    ...placeColumns,
    { header: 'AGE', value: ({ createdAt }, now) => age(createdAt, now) },
  ],
  manifest: (row) => ({
    spec: { ...decided(inputs.Network, row), dhcpMode: word(row.dhcpMode) },
    status: { createdAt: row.createdAt, conditions: manifestConditions(row.conditions) },
  }),
  describe,
  hanging: ({ nics, vmNics }) => [
    hanging('These lose their network', nics, ({ name, server }) => server && `server/${server.name} ${name}`),
    hanging('These lose their network', vmNics, ({ name, vm }) => vm && `vm/${vm.name} ${name}`),
  ],
  create: createFlags(inputs.Network, {
    cidr: { field: 'cidr', required: true, description: 'range, such as 192.168.8.0/24' },
    gateway: { field: 'gateway', description: "router's address, inside the range" },
    vlan: { field: 'vlan', type: 'number', description: 'VLAN id, 1 to 4094' },
    domain: { field: 'domain', description: 'DNS domain of its hosts' },
    'dhcp-enabled': { field: 'dhcpEnabled', type: 'yes', description: 'let bastions serve DHCP on it' },
    'dhcp-mode': { field: 'dhcpMode', type: 'constant', description: 'full, or proxy beside another DHCP server' },
    'dhcp-range': { field: 'dhcpRange', description: 'what it gives out, such as 192.168.8.100-192.168.8.199' },
    dns: { field: 'dns', type: 'texts', description: 'DNS server of its hosts; again for more' },
    relay: { field: 'relay', description: 'bastion that serves it through a relay agent' },
    ...placedFlags,
  }),
  example: '--name lab --cidr 192.168.8.0/24 --gateway 192.168.8.1',
  fields: { 'spec.vlan': { field: 'vlan', value: Number }, 'spec.dhcpEnabled': yesField('dhcpEnabled') },
  orders: ['NAME', 'VLAN', 'CREATED_AT', 'UPDATED_AT'],
});
