// Virtual machines on the command line.
import { catalog } from '../../schema/catalog.ts';
import {
  CreateVmDocument,
  DeleteVmDocument,
  DescribeVmDocument,
  type DescribeVmQuery,
  RenameVmDocument,
  VmDocument,
  type VmRowFragment,
  VmsDocument,
  WatchVmsDocument,
} from '../generated/documents.ts';
import { age, type Style, word } from '../terminal/text.ts';
import {
  conditionSection,
  constantField,
  defineKind,
  list,
  manifestConditions,
  placeColumns,
  placeFacts,
  placedFlags,
  type Section,
  wholeList,
} from './kind.ts';

type Described = NonNullable<DescribeVmQuery['one']>;

const colours: Record<string, Style> = { RUNNING: 'green', PAUSED: 'yellow' };

function describe(vm: Described): Section {
  const { server } = vm;
  return {
    title: `vm/${vm.name}`,
    facts: [
      ['Id', vm.id],
      ['State', word(vm.state)],
      ['vCPUs', vm.vcpus],
      ['Memory', `${vm.memoryGb} GiB`],
      ['Host', server && `server/${server.name} (${word(server.status)})`],
      ['Bastion', server?.bastion?.name],
      ...placeFacts(vm),
      ['Created', vm.createdAt],
    ],
    below: [
      ...list('NICs', vm.nics.nodes, ({ name, mac, ip, network }) => ({
        title: name,
        facts: [
          ['MAC', mac],
          ['IP', ip],
          ['Network', network && `${network.name} (${network.cidr}${network.vlan ? `, VLAN ${network.vlan}` : ''})`],
        ],
      })),
      ...conditionSection(vm.conditions),
    ],
  };
}

export const vm = defineKind<VmRowFragment, Described>({
  kind: catalog.Vm,
  documents: {
    list: VmsDocument,
    get: VmDocument,
    watch: WatchVmsDocument,
    describe: DescribeVmDocument,
    create: CreateVmDocument,
    rename: RenameVmDocument,
    remove: DeleteVmDocument,
  },
  columns: [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'STATE', value: ({ state }) => word(state), style: ({ state }) => colours[state] },
    { header: 'VCPUS', value: ({ vcpus }) => vcpus },
    { header: 'MEMORY', value: ({ memoryGb }) => `${memoryGb}Gi` },
    { header: 'SERVER', value: ({ server }) => server?.name },
    {
      header: 'NETWORKS',
      wide: true,
      value: ({ nics }) => nics?.nodes.flatMap(({ network }) => network?.name ?? []).join(','),
    },
    { header: 'IPS', wide: true, value: ({ nics }) => nics?.nodes.flatMap(({ ip }) => ip ?? []).join(',') },
    ...placeColumns,
    { header: 'AGE', value: ({ createdAt }, now) => age(createdAt, now) },
  ],
  manifest: (row) => ({
    spec: {
      vcpus: row.vcpus,
      memoryGb: row.memoryGb,
      state: word(row.state),
      server: row.server?.name ?? null,
      networks: wholeList(row.nicsFull, ({ network }) => (network ? [network.name] : [])),
    },
    status: {
      createdAt: row.createdAt,
      nics: row.nicsFull?.nodes.map((nic) => ({ ...nic, network: nic.network?.name ?? null })),
      conditions: manifestConditions(row.conditions),
    },
  }),
  describe,
  create: {
    vcpus: { field: 'vcpus', type: 'number', required: true, description: 'how many virtual CPUs' },
    memory: { field: 'memoryGb', type: 'decimal', required: true, description: 'memory, GiB' },
    server: { field: 'server', type: 'name', description: 'server that hosts it' },
    network: { field: 'networks', type: 'names', description: 'network it is attached to; again for more' },
    state: { field: 'state', type: 'constant', description: 'running, stopped or paused; stopped when absent' },
    ...placedFlags,
  },
  example: '--name web-1 --vcpus 2 --memory 4 --server labmaster --network lab',
  fields: { 'spec.state': constantField('state') },
  orders: ['NAME', 'STATE', 'CREATED_AT', 'UPDATED_AT'],
});
