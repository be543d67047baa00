// Servers: physical machines.
import { modelOf } from '../../common/boot/models.ts';
import { hostAddress } from '../../common/address.ts';
import { normaliseHardwareAddress } from '../../common/mac.ts';
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedColumns, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { toMany, toOne } from '../rows/edges.ts';
import { Firmware, ServerRole, ServerRoleFilter, ServerStatus, ServerStatusFilter, stored } from './enums.ts';
import { filterBy } from '../lists/filter.ts';
import { withPrefixes } from '../lists/search.ts';
import { namedFields, NamedResource, Node } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';
import { allowedActionsField } from './serverActions.ts';
import { lastPower } from '../../server/domain/fleet/power/power.ts';
import { primaryIpField } from './primaryIp.ts';
import { ServerPower } from './serverPower.ts';
import { lastSightingField, sightingsField } from './sightings.ts';

/** What a server is found by. */
const searched = {
  own: {
    ...namedColumns,
    hostname: 'text?',
    vendor: 'text?',
    product: 'text?',
    serial: 'text?',
    dmiUuid: 'text?',
    bootMac: 'mac',
    ip: 'address?',
    address: 'address?',
    bmcAddress: 'address?',
  },
  parts: { nics: { mac: 'mac', ip: 'address?', addresses: 'addresses' }, disks: { serial: 'text?', wwn: 'text?' } },
} as const;

export const Server = defineResource('Server', {
  access: ownPlace,
  filter: {
    ...namedFilter,
    search: filterBy.search(
      searched,
      'its name, a label such as `rack=a1`, its host name, vendor, product, serial number, UUID or an address; so too a MAC address in any spelling, and serial numbers of its disks. In a watch its NICs and disks are not looked through',
    ),
    status: filterBy.choice(ServerStatusFilter, 'status', 'By where it is in its life.'),
    role: filterBy.choice(ServerRoleFilter, 'role', 'By its role in a cluster.', { nullable: true }),
    hostname: filterBy.text('hostname', 'By the host name that its system reported.', { nullable: true }),
    arch: filterBy.text('arch', 'By architecture, such as `x86_64`.', { nullable: true }),
    bootMac: filterBy.text('bootMac', 'By the MAC it boots from, in lower case with colons.'),
    locked: filterBy.flag('locked', 'By whether it is locked.'),
    maintenance: filterBy.flag('maintenance', 'By whether it is in maintenance.'),
    bastion: filterBy.related('Bastion', 'bastionId', 'By the bastion that holds it.'),
  },
  orders: { ...byName, STATUS: { column: 'status', description: 'By the name of the status.' }, ...byTime },
  references: {
    ...nameReference,
    mac: {
      description:
        'A MAC address in any spelling: of the NIC that it boots from, else of any of its NICs. A CONFLICT if several servers have it.',
      ways: (text) => {
        const mac = normaliseHardwareAddress(text);
        return mac === null ? [] : [{ bootMac: mac }, { nics: { some: { mac } } }];
      },
    },
    address: {
      description:
        'An IP address that it has or that is reserved for it, else that of its management controller. A CONFLICT if several servers have it.',
      ways: (text) => {
        const address = hostAddress(text.trim());
        if (address === undefined) return [];
        const ofNics = [{ ip: address }, { addresses: { hasSome: withPrefixes(address) } }];
        return [{ OR: [{ ip: address }, { address }, { nics: { some: { OR: ofNics } } }] }, { bmcAddress: address }];
      },
    },
    serial: {
      description: 'The serial number, from DMI; case does not matter. A CONFLICT if several servers have it.',
      ways: (text) => {
        const serial = text.trim();
        return serial === '' ? [] : [{ serial }, { serial: { in: [serial.toUpperCase(), serial.toLowerCase()] } }];
      },
    },
  },
});

builder.prismaObject('Server', {
  description: 'A physical machine: what bastions observed of it and what people decided about it.',
  interfaces: [Node, NamedResource],
  fields: (t) => ({
    ...namedFields(t, 'Server'),
    status: t.field({ ...stored(ServerStatus, 'status'), description: 'Where it is in its life.' }),
    statusSince: t.expose('statusSince', { type: 'DateTime', description: 'Since when it has its status.' }),
    allowedActions: t.field(allowedActionsField),
    role: t.field({
      ...stored(ServerRole, 'role'),
      nullable: true,
      description: 'Its role in a cluster; null until somebody decides it.',
    }),
    locked: t.exposeBoolean('locked', { description: 'Whether an operator forbade changing it.' }),
    maintenance: t.exposeBoolean('maintenance', { description: 'Whether an operator is working on it.' }),
    install: t.expose('install', {
      type: 'JSON',
      description: 'Values of parameters by name, for its installs: a map, empty when nobody said any.',
    }),
    boot: t.expose('boot', {
      type: 'JSON',
      description:
        'How it boots from the network, where that is not as other machines do: a map with `binary`, `leave`, `consoles` and `arguments`, empty when nobody said any.',
    }),
    bmc: t.field({
      type: 'JSON',
      extensions: { columns: ['bmc'] },
      description:
        'How it is powered from afar: a map with `type`, `address`, `user`, `password` (the name of a Secret), `system`, `fingerprint`, `insecure`; empty when nobody said any.',
      // A row of the log may be older than the column.
      resolve: ({ bmc }) => bmc ?? {},
    }),
    power: t.field({
      type: ServerPower,
      nullable: true,
      extensions: { columns: ['power'] },
      description: 'The last time that it was to be powered, and what came of it; null if it never was.',
      resolve: (row) => lastPower(row) ?? null,
    }),
    hostname: t.exposeString('hostname', {
      nullable: true,
      description: 'The host name that its installed system reported.',
    }),
    ip: t.exposeString('ip', { nullable: true, description: 'The address that its installed system reported.' }),
    primaryIp: t.field(primaryIpField),
    os: t.exposeString('os', { nullable: true, description: 'The operating system installed on it.' }),
    arch: t.exposeString('arch', { nullable: true, description: 'The architecture, such as `x86_64`.' }),
    cpuModel: t.exposeString('cpuModel', { nullable: true, description: "The processor's name." }),
    cpuCores: t.exposeInt('cpuCores', {
      nullable: true,
      description: 'How many processor cores it has; null when it was not reported.',
    }),
    memoryGb: t.exposeFloat('memoryGb', {
      nullable: true,
      description: 'Memory in GiB, fractions included; null when it was not reported.',
    }),
    vendor: t.exposeString('vendor', { nullable: true, description: 'The manufacturer, from DMI.' }),
    product: t.exposeString('product', { nullable: true, description: 'The product, from DMI.' }),
    serial: t.exposeString('serial', { nullable: true, description: 'The serial number, from DMI.' }),
    uuid: t.exposeString('dmiUuid', { nullable: true, description: 'The UUID, from DMI.' }),
    firmware: t.field({
      ...stored(Firmware, 'firmware'),
      nullable: true,
      description: 'Whether it boots by UEFI or a legacy BIOS; null when it was not reported.',
    }),
    address: t.exposeString('address', {
      nullable: true,
      description: 'The address that is reserved for it; DHCP gives it to the NIC that it boots from.',
    }),
    tpm: t.exposeString('tpm', {
      nullable: true,
      description: 'The version of its TPM, such as `2.0`; null for none.',
    }),
    firmwareBug: t.string({
      nullable: true,
      extensions: { columns: ['vendor', 'product'] },
      description:
        'What the firmware of its model does wrong when it boots from the network, and what is done about it; null where nothing is known.',
      resolve: ({ vendor, product }) => modelOf(vendor, product)?.bug ?? null,
    }),
    bmcAddress: t.exposeString('bmcAddress', {
      nullable: true,
      description: 'The address of its management controller; null when it has none, or nobody could ask it.',
    }),
    gpus: t.stringList({
      extensions: { columns: ['gpus'] },
      description: 'Its GPUs, one text each, with their numbers on the PCI bus; those of management controllers aside.',
      // A row of the log may be older than the column.
      resolve: ({ gpus }) => (gpus as string[] | undefined) ?? [],
    }),
    bootMac: t.exposeString('bootMac', { description: 'The MAC address it boots from.' }),
    heldSince: t.expose('heldSince', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when its bastion holds it.',
    }),
    lastSeenAt: t.field(
      lastSightingField(
        'serverId',
        'When a bastion last saw it; null at a revision, since it is not in the change log.',
      ),
    ),
    sightings: t.field(sightingsField('server')),
    bastion: t.field(
      toOne('Bastion', {
        relation: 'bastion',
        key: 'bastionId',
        description: 'The bastion that holds it: the one that boots and installs it.',
      }),
    ),
    nics: t.field(
      toMany('ServerNic', {
        from: 'Server',
        relation: 'nics',
        key: 'serverId',
        description: 'Its network interfaces.',
      }),
    ),
    disks: t.field(
      toMany('ServerDisk', {
        from: 'Server',
        relation: 'disks',
        key: 'serverId',
        description: 'The disks that were found in it.',
      }),
    ),
    installs: t.field(
      toMany('InstallAttempt', {
        from: 'Server',
        relation: 'attempts',
        key: 'serverId',
        description: 'The tries at installing it.',
      }),
    ),
    memberships: t.field(
      toMany('ClusterMember', {
        from: 'Server',
        relation: 'memberships',
        key: 'serverId',
        description: 'Its parts in clusters.',
      }),
    ),
    vms: t.field(
      toMany('Vm', {
        from: 'Server',
        relation: 'vms',
        key: 'serverId',
        description: 'The virtual machines that it hosts.',
      }),
    ),
  }),
});
