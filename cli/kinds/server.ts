// Servers on the command line.
import type { BootWay } from '../../common/boot/way.ts';
import { catalog } from '../../schema/catalog.ts';
import {
  CreateServerDocument,
  DeleteServerDocument,
  DescribeServerDocument,
  type DescribeServerQuery,
  RenameServerDocument,
  ServerDocument,
  type ServerRowFragment,
  ServersDocument,
  WatchServersDocument,
} from '../generated/documents.ts';
import { age, gigabytes, type Style, word } from '../terminal/text.ts';
import { installSection, openText } from './install.ts';
import {
  conditionSection,
  constantField,
  counted,
  defineKind,
  list,
  macField,
  manifestConditions,
  placeFacts,
  placedFlags,
  type Section,
  yesField,
  hanging,
} from './kind.ts';

type Described = NonNullable<DescribeServerQuery['one']>;

const colours: Record<string, Style> = { INSTALLED: 'green', PROVISIONING: 'yellow', FAILED: 'red', RETIRED: 'dim' };

const disks = (nodes: { sizeGb: number | null }[] | undefined) =>
  nodes?.map(({ sizeGb }) => (sizeGb === null ? '?' : gigabytes(sizeGb))).join(',');

function describe(server: Described, now: number): Section {
  const { bastion } = server;
  return {
    title: `server/${server.name}`,
    facts: [
      ['Id', server.id],
      ['Status', `${word(server.status)}, since ${server.statusSince}`],
      ['Role', word(server.role)],
      ...placeFacts(server),
      ['Locked', server.locked || null],
      ['Maintenance', server.maintenance || null],
      ['For installs', Object.keys(server.install as object).join(', ') || null],
      ['Boots with', bootsWith(server.boot as BootWay)],
      ['Power', server.power && [word(server.power.state), server.power.message].filter(Boolean).join(', ')],
      ['Bastion', bastion && `${bastion.name} (${bastion.online ? 'online' : 'offline'})`],
      ['Discovered', server.createdAt],
      ['Last seen', server.lastSeenAt && `${server.lastSeenAt} (${age(server.lastSeenAt, now)} ago)`],
    ],
    below: [
      {
        title: 'System',
        facts: [
          ['OS', server.os],
          ['Hostname', server.hostname],
          ['IP', server.ip],
          ['Reserved address', server.address],
        ],
      },
      {
        title: 'Hardware',
        facts: [
          [
            'CPU',
            [server.cpuModel, server.cpuCores && `${server.cpuCores} cores`, server.arch].filter(Boolean).join(', '),
          ],
          ['Memory', server.memoryGb && `${server.memoryGb} GiB`],
          ['Product', [server.vendor, server.product].filter(Boolean).join(' ')],
          ['Serial', server.serial],
          ['UUID', server.uuid],
          ['Firmware', word(server.firmware)],
          ['Its bug', server.firmwareBug],
          ['TPM', server.tpm],
          ['BMC', server.bmcAddress],
          ['GPUs', server.gpus.join(', ')],
          ['Boot MAC', server.bootMac],
        ],
      },
      ...list('NICs', server.nics.nodes, ({ name, mac, ip, state, network, ...nic }) => ({
        title: name,
        facts: [
          ['MAC', mac],
          ['State', word(state)],
          ['Speed', nic.speedMbps && `${nic.speedMbps} Mb/s`],
          ['IP', ip],
          ['Addresses', nic.addresses.join(', ')],
          ['Driver', [nic.driver, nic.pciAddress && `at ${nic.pciAddress}`].filter(Boolean).join(' ')],
          ['Bond', nic.bond],
          ['VLAN of', nic.vlanParent],
          ['Switch', [nic.lldpSwitch, nic.lldpPort && `port ${nic.lldpPort}`].filter(Boolean).join(', ')],
          ['Network', network && `${network.name} (${network.cidr}${network.vlan ? `, VLAN ${network.vlan}` : ''})`],
        ],
      })),
      ...list('Disks', server.disks.nodes, ({ name, sizeGb, model, serial, ...disk }) => ({
        title: name,
        facts: [
          ['Size', sizeGb === null ? null : gigabytes(sizeGb)],
          ['Model', model],
          ['Serial', serial],
          ['WWN', disk.wwn],
          ['Transport', disk.transport],
          ['Rotational', disk.rotational],
          ['Removable', disk.removable],
          ['Partitions', disk.partitions],
        ],
      })),
      ...list('Clusters', server.memberships.nodes, ({ role, cluster }) => ({
        title: cluster?.name ?? '(hidden)',
        facts: [
          ['Role', word(role)],
          ['Health', word(cluster?.health)],
        ],
      })),
      ...list(counted('Installs', server.installs), server.installs.nodes, (one) => installSection(one, now)),
      ...list('VMs', server.vms.nodes, ({ name, state }) => ({ title: name, facts: [['State', word(state)]] })),
      ...list('Sightings', server.sightings, ({ bastion: by, source, lastSeenAt }) => ({
        title: by?.name ?? '(hidden)',
        facts: [
          ['Source', source],
          ['Last', `${lastSeenAt} (${age(lastSeenAt, now)} ago)`],
        ],
      })),
      ...conditionSection(server.conditions),
    ],
  };
}

/** What people said of how it boots, on one line. */
const bootsWith = ({ binary, leave, consoles = [], arguments: more = [] }: BootWay): string | null =>
  [binary, leave && `${leave} for its disk`, ...consoles.map((one) => `console=${one}`), ...more]
    .filter(Boolean)
    .join(', ') || null;

export const server = defineKind<ServerRowFragment, Described>({
  kind: catalog.Server,
  documents: {
    list: ServersDocument,
    get: ServerDocument,
    watch: WatchServersDocument,
    describe: DescribeServerDocument,
    create: CreateServerDocument,
    rename: RenameServerDocument,
    remove: DeleteServerDocument,
  },
  columns: [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'STATUS', value: ({ status }) => word(status), style: ({ status }) => colours[status] },
    { header: 'ROLE', value: ({ role }) => word(role) },
    { header: 'IP', value: ({ ip }) => ip },
    { header: 'BASTION', value: ({ bastion }) => bastion?.name },
    { header: 'INSTALL', wide: true, value: ({ lastInstalls }) => lastInstalls && openText(lastInstalls.nodes) },
    { header: 'CPU', wide: true, value: ({ cpuCores }) => cpuCores },
    { header: 'MEMORY', wide: true, value: ({ memoryGb }) => (memoryGb == null ? null : `${memoryGb}Gi`) },
    { header: 'DISKS', wide: true, value: (row) => disks(row.disks?.nodes) },
    {
      header: 'NICS',
      wide: true,
      value: ({ nics }) => nics?.nodes.map(({ name, state }) => (state === 'UP' ? name : `(${name})`)).join(','),
    },
    { header: 'ARCH', wide: true, value: ({ arch }) => arch },
    { header: 'OS', wide: true, value: ({ os }) => os },
    { header: 'MAC', wide: true, value: ({ bootMac }) => bootMac },
    { header: 'AGE', value: ({ createdAt }, now) => age(createdAt, now) },
  ],
  manifest: (row) => ({
    // What it boots from is needed to make it anew.
    spec: {
      mac: row.bootMac,
      address: row.address,
      role: word(row.role),
      locked: row.locked,
      maintenance: row.maintenance,
      install: row.install,
      boot: row.boot,
      bmc: row.bmc,
    },
    status: {
      status: word(row.status),
      statusSince: row.statusSince,
      createdAt: row.createdAt,
      lastSeenAt: row.lastSeenAt,
      bastion: row.bastion?.name ?? null,
      hostname: row.hostname,
      ip: row.ip,
      os: row.os,
      arch: row.arch,
      cpuModel: row.cpuModel,
      cpuCores: row.cpuCores,
      memoryGb: row.memoryGb,
      vendor: row.vendor,
      product: row.product,
      serial: row.serial,
      uuid: row.uuid,
      firmware: word(row.firmware),
      tpm: row.tpm,
      bmcAddress: row.bmcAddress,
      gpus: row.gpus,
      bootMac: row.bootMac,
      nics: row.nicsFull?.nodes.map((nic) => ({ ...nic, state: word(nic.state), network: nic.network?.name ?? null })),
      disks: row.disksFull?.nodes,
      memberships: row.memberships?.nodes.map(({ role, cluster }) => ({
        role: word(role),
        cluster: cluster?.name ?? null,
      })),
      conditions: manifestConditions(row.conditions),
    },
  }),
  describe,
  hanging: ({ memberships, vms, installs }) => [
    hanging('Its part ends in', memberships, ({ cluster }) => cluster && `cluster/${cluster.name}`),
    hanging('These lose their host', vms, ({ name }) => `vm/${name}`),
    hanging('Its history of installs goes', installs, ({ name }) => `install/${name}`),
  ],
  create: {
    mac: { field: 'mac', required: true, description: 'MAC address it boots from, in any spelling' },
    address: {
      field: 'address',
      description: 'address reserved for it, auto for the lowest free one, or auto:NETWORK',
    },
    role: { field: 'role', type: 'constant', description: 'control-plane or worker' },
    ...placedFlags,
  },
  example: '--mac 38:05:25:33:e2:e4 --name labmaster --role control-plane',
  filters: {
    role: ['control-plane', 'worker'],
    status: ['discovered', 'provisioning', 'installed', 'failed', 'retired'],
  },
  fields: {
    'status.status': constantField('status'),
    'spec.role': constantField('role'),
    'spec.locked': yesField('locked'),
    'spec.maintenance': yesField('maintenance'),
    'status.hostname': { field: 'hostname' },
    'status.arch': { field: 'arch' },
    'spec.mac': macField('bootMac'),
    'status.bootMac': macField('bootMac'),
  },
  orders: ['NAME', 'STATUS', 'CREATED_AT', 'UPDATED_AT'],
  deleted: (result) => {
    const { bastion } = result as { bastion?: { name: string; online: boolean } | null };
    if (!bastion) return undefined;
    return bastion.online
      ? `Bastion "${bastion.name}" forgets it too; seen again after that, it is a new server.`
      : `Bastion "${bastion.name}" is offline: until it is back and has forgotten it too, its reports are ignored.`;
  },
});
