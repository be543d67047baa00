// The kinds that manifests may be of: what each may say, how it is read back, and what it goes back to.
import type { Writer } from '../../store/types.ts';
import { normaliseMac } from '../../../common/mac.ts';
import { inventory } from '../inventory/index.ts';
import type { Inventory, Permissions, Row } from '../objects/objects.ts';
import { wholeCidr } from '../objects/validate.ts';
import { allOf } from '../where.ts';
import { flag, labels, listOf, mapOf, nameOf, number, oneOf, text, type ValueType, whole, word } from './values.ts';

/** One field of a kind's manifests. Its name is that of the mutations' input. */
export interface ManifestField {
  readonly type: ValueType;
  /** The column that it decides; none for a set of parts */
  readonly column?: string;
  /** Needed to make one; it never goes away */
  readonly required?: true;
  /** Said when one is made; later only compared: whether the row is so already */
  readonly fixed?: (tx: Writer, row: Row, value: unknown) => Promise<boolean>;
  /** The input that stands for null, and for a field that its manager no longer sets */
  readonly reset?: unknown;
  /** The value as a manifest has it */
  readonly read: (tx: Writer, row: Row, may: Permissions) => unknown;
}

/** One kind that manifests may be of. */
export interface ManifestKind {
  readonly inventory: Inventory;
  /** What refers to another comes after it */
  readonly turn: number;
  readonly fields: Readonly<Record<string, ManifestField>>;
  /** Fields that never come by manifest, and what to do instead */
  readonly refused?: Readonly<Record<string, string>>;
}

type More = Partial<Omit<ManifestField, 'type'>>;

/** A field that is one column. */
const column = (name: string, type: ValueType, more: More = {}): ManifestField => ({
  type,
  column: name,
  ...(more.required ? {} : { reset: null }),
  read: (_tx, row) => row[name] ?? null,
  ...more,
});

const required: More = { required: true };
const role = oneOf('CONTROL_PLANE', 'WORKER');

/** The fields of `metadata` that people decide. */
export const PLACED: Readonly<Record<string, ManifestField>> = {
  cloud: column('cloud', text, { reset: 'default' }),
  environment: column('environment', text, { reset: 'default' }),
  labels: column('labels', labels, { reset: {} }),
};

const byName = (a: string, b: string): number => (a < b ? -1 : 1);
const namesOf = (rows: readonly ({ name: string } | null)[]): string[] =>
  rows.flatMap((row) => row?.name ?? []).sort(byName);

/** Whether a server boots from a MAC, or has a NIC with it: which one it boots from is observed. */
async function hasMac({ client }: Writer, row: Row, value: unknown): Promise<boolean> {
  const mac = normaliseMac(String(value));
  return (
    mac === row['bootMac'] || (mac !== null && (await client.serverNic.count({ where: { serverId: row.id, mac } })) > 0)
  );
}

async function membersOf({ client }: Writer, { id }: Row, may: Permissions) {
  const found = await client.clusterMember.findMany({
    where: allOf({ clusterId: id }, may.visible('ClusterMember')) as never,
    include: { server: { select: { name: true } } },
  });
  return found
    .flatMap(({ server, role: part }) => (server ? [{ server: server.name, role: word(part) }] : []))
    .sort((a, b) => byName(a.server, b.server));
}

async function networksOf({ client }: Writer, { id }: Row, may: Permissions) {
  const nics = await client.vmNic.findMany({ where: { vmId: id }, select: { networkId: true } });
  const ids = nics.flatMap(({ networkId }) => networkId ?? []);
  const seen = await client.network.findMany({ where: allOf({ id: { in: ids } }, may.visible('Network')) as never });
  const names = new Map(seen.map((network) => [network.id, network.name]));
  return ids.flatMap((one) => names.get(one) ?? []).sort(byName);
}

async function rolesOf({ client }: Writer, { id }: Row, may: Permissions) {
  const where = allOf({ userId: id }, may.visible('RoleBinding')) as never;
  return namesOf((await client.roleBinding.findMany({ where, include: { role: true } })).map((one) => one.role));
}

async function hostOf({ client }: Writer, row: Row, may: Permissions) {
  const id = row['serverId'] as string | null;
  const where = id === null ? null : allOf({ id }, may.visible('Server'));
  return where && ((await client.server.findFirst({ where: where as never }))?.name ?? null);
}

/** Every kind that manifests may be of, by its name in them. */
export const MANIFESTS: Readonly<Record<string, ManifestKind>> = {
  Role: {
    inventory: inventory.Role,
    turn: 0,
    fields: {
      description: column('description', text, { reset: '' }),
      permissions: column('permissions', listOf(text), required),
    },
  },
  User: {
    inventory: inventory.User,
    turn: 1,
    fields: {
      email: column('email', text),
      issuer: column('issuer', text),
      subject: column('subject', text),
      disabled: column('disabledAt', flag, { reset: false, read: (_tx, row) => row['disabledAt'] !== null }),
      roles: { type: listOf(nameOf('Role')), reset: [], read: rolesOf },
    },
    refused: { password: 'Leave it out: passwords are typed, with lab auth passwd.' },
  },
  Network: {
    inventory: inventory.Network,
    turn: 0,
    fields: {
      cidr: column('cidr', text, { ...required, read: (_tx, row) => wholeCidr(String(row['cidr'])) }),
      vlan: column('vlan', whole, { read: (_tx, row) => row['vlan'] || null }),
      gateway: column('gateway', text),
      domain: column('domain', text),
      dhcpEnabled: column('dhcpEnabled', flag, { reset: false }),
    },
  },
  Server: {
    inventory: inventory.Server,
    turn: 1,
    fields: {
      mac: column('bootMac', text, { ...required, fixed: hasMac }),
      role: column('role', role, { read: (_tx, row) => word(row['role']) }),
      locked: column('locked', flag, { reset: false }),
      maintenance: column('maintenance', flag, { reset: false }),
    },
  },
  Bastion: { inventory: inventory.Bastion, turn: 0, fields: {} },
  StoredQuery: {
    inventory: inventory.StoredQuery,
    turn: 0,
    fields: {
      description: column('description', text, { reset: '' }),
      document: column('document', text, required),
    },
  },
  Cluster: {
    inventory: inventory.Cluster,
    turn: 2,
    fields: {
      kind: column('kind', text, { reset: 'k3s' }),
      endpoint: column('endpoint', text),
      members: { type: listOf(mapOf({ server: nameOf('Server'), role })), reset: [], read: membersOf },
    },
  },
  Vm: {
    inventory: inventory.Vm,
    turn: 2,
    fields: {
      vcpus: column('vcpus', whole, required),
      memoryGb: column('memoryGb', number, required),
      state: column('state', oneOf('RUNNING', 'STOPPED', 'PAUSED'), {
        reset: 'STOPPED',
        read: (_tx, row) => word(row['state']),
      }),
      server: column('serverId', nameOf('Server'), { read: hostOf }),
      networks: { type: listOf(nameOf('Network')), reset: [], read: networksOf },
    },
  },
};

/** Kinds that are shown as manifests but not made from them, and why. */
export const REFUSED: Readonly<Record<string, string>> = {
  Token: 'Its secret is shown once, to whoever makes it: lab create token.',
  Session: 'A session begins when somebody signs in: lab login.',
};
