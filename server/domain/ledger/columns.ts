// Which columns each kind has and of what type: everything that raw SQL about them is derived from.
import type {
  Bastion,
  ClusterMember,
  Condition,
  InstallAttempt,
  Network,
  Server,
  ServerDisk,
  ServerNic,
  Vm,
  VmNic,
} from '../../store/generated/client.ts';

/** Rows of the kinds that ledgers hold, as Prisma names their fields. */
export interface Rows {
  Bastion: Bastion;
  Network: Network;
  Server: Server;
  ServerNic: ServerNic;
  ServerDisk: ServerDisk;
  ClusterMember: ClusterMember;
  Vm: Vm;
  VmNic: VmNic;
  InstallAttempt: InstallAttempt;
  Condition: Condition;
}

export type RowKind = keyof Rows;

export type ColumnType =
  'uuid' | 'text' | 'text[]' | 'inet' | 'int4' | 'int8' | 'float8' | 'bool' | 'timestamptz' | 'jsonb';

type Columns<Row> = { readonly [Field in keyof Row]-?: ColumnType };

/** What every kind with manifests has. */
const named = {
  id: 'uuid',
  name: 'text',
  cloud: 'text',
  environment: 'text',
  labels: 'jsonb',
  labelTokens: 'text[]',
  version: 'int8',
  managers: 'jsonb',
  createdAt: 'timestamptz',
  updatedAt: 'timestamptz',
} as const;

/** What every part of another object has. */
const part = { id: 'uuid', version: 'int8', createdAt: 'timestamptz', updatedAt: 'timestamptz' } as const;

/** Columns by kind; in tables they are called the same in snake case. */
export const columns: { readonly [Kind in RowKind]: Columns<Rows[Kind]> } = {
  Bastion: {
    ...named,
    instance: 'text',
    protocol: 'int4',
    software: 'text',
    enrolment: 'uuid',
    certificateSerial: 'text',
    certificateExpiresAt: 'timestamptz',
    revokedAt: 'timestamptz',
  },
  Network: { ...named, cidr: 'inet', vlan: 'int4', gateway: 'inet', domain: 'text', dhcpEnabled: 'bool' },
  Server: {
    ...named,
    status: 'text',
    statusSince: 'timestamptz',
    role: 'text',
    locked: 'bool',
    maintenance: 'bool',
    hostname: 'text',
    ip: 'inet',
    os: 'text',
    arch: 'text',
    cpuModel: 'text',
    cpuCores: 'int4',
    memoryGb: 'float8',
    vendor: 'text',
    product: 'text',
    serial: 'text',
    dmiUuid: 'text',
    firmware: 'text',
    bootMac: 'text',
    bastionId: 'uuid',
    heldSince: 'timestamptz',
  },
  ServerNic: { ...part, serverId: 'uuid', name: 'text', mac: 'text', ip: 'inet', state: 'text', networkId: 'uuid' },
  ServerDisk: { ...part, serverId: 'uuid', name: 'text', sizeGb: 'float8', model: 'text', serial: 'text' },
  ClusterMember: { ...part, clusterId: 'uuid', serverId: 'uuid', role: 'text' },
  Vm: { ...named, state: 'text', vcpus: 'int4', memoryGb: 'float8', serverId: 'uuid' },
  VmNic: { ...part, vmId: 'uuid', name: 'text', mac: 'text', ip: 'inet', networkId: 'uuid' },
  InstallAttempt: {
    ...part,
    serverId: 'uuid',
    number: 'int4',
    profile: 'text',
    role: 'text',
    phase: 'text',
    outcome: 'text',
    fromStatus: 'text',
    diskTouched: 'bool',
    secretHash: 'text',
    lastSequence: 'int8',
    phaseDeadline: 'timestamptz',
    hardDeadline: 'timestamptz',
    pausedAt: 'timestamptz',
    failureStage: 'text',
    failureReason: 'text',
    failureLines: 'text[]',
    logTotal: 'int8',
    logDropped: 'int8',
    finishedAt: 'timestamptz',
  },
  Condition: {
    id: 'uuid',
    subjectKind: 'text',
    subjectId: 'uuid',
    cloud: 'text',
    environment: 'text',
    subjectName: 'text',
    type: 'text',
    detail: 'text',
    status: 'bool',
    reason: 'text',
    message: 'text',
    evidence: 'jsonb',
    since: 'timestamptz',
    version: 'int8',
  },
};

/** A field's column: its name in snake case. */
export const columnOf = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A kind's table: its name in snake case. */
export const tableOf = (kind: RowKind): string => columnOf(kind[0]!.toLowerCase() + kind.slice(1));
