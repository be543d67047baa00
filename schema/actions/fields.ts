// The fields that people may set, of each kind: what mutations take, and what undoing sets back.
import type { GraphQLSchema } from 'graphql';
import type { inventory } from '../../server/domain/inventory/index.ts';
import { wholeCidr } from '../../server/domain/objects/validate.ts';
import { builder } from '../base/builder.ts';
import type { KindName } from '../catalog.ts';
import { checkDocument } from '../roots/storedDocuments.ts';
import { ServerRole, VmState } from '../kinds/enums.ts';
import { resources } from '../kinds/index.ts';

type Type = 'String' | 'Int' | 'Float' | 'Boolean' | 'Labels' | object;

/** One field of the inputs of a kind. */
export interface Field {
  readonly type: Type;
  readonly description: string;
  /** Needed to create */
  readonly required?: boolean;
  /** Only said at creation */
  readonly fixed?: boolean;
  /** Refers to an object of this kind */
  readonly refers?: KindName;
  /** The fields of each of its items, when it is a list of such */
  readonly items?: Readonly<Record<string, Field>>;
  /** Refuses what only who knows the graph can judge. Throws InvalidInput. */
  readonly check?: (field: string, value: never, schema: GraphQLSchema) => void;
  /** The column that holds it, when that is not called the same; null when it is not in the change log */
  readonly column?: string | null;
  /** A column's value as the input has it, when that is not the same */
  readonly read?: (value: unknown) => unknown;
  /** Rows that it is made of, when it is no column: these of this kind, by the column that leads to the object */
  readonly from?: {
    readonly kind: KindName;
    readonly key: string;
    /** The column of those rows that leads to what the field names, and its kind */
    readonly column: string;
    readonly refers: KindName;
  };
}

const placed: Record<string, Field> = {
  cloud: { type: 'String', description: 'The cloud it belongs to; `default` when absent.' },
  environment: { type: 'String', description: 'The environment it belongs to; `default` when absent.' },
  labels: { type: 'Labels', description: 'Its labels, all of them.' },
};

const named: Record<string, Field> = {
  name: { type: 'String', required: true, description: 'The name, a DNS label, unique per kind.' },
  ...placed,
};

/** The name of who may do what is for good: the log speaks of it by its name. */
const fixedName: Record<string, Field> = { ...named, name: { ...named['name']!, fixed: true } };

const flag = (description: string): Field => ({ type: 'Boolean', description });

/** A server's part in a cluster. */
const memberFields = {
  server: { type: resources.Server.by, refers: 'Server', required: true, fixed: true, description: 'The server.' },
  role: { type: ServerRole, required: true, fixed: true, description: 'What it does in the cluster.' },
} satisfies Record<string, Field>;

const MemberInput = builder.inputType('MemberInput', {
  description: 'A server and its part in a cluster.',
  fields: (t) => ({
    server: t.field({ type: resources.Server.by, required: true, description: memberFields.server.description }),
    role: t.field({ type: ServerRole, required: true, description: memberFields.role.description }),
  }),
});

/** The fields that people may set, per kind. */
export const fields = {
  Server: {
    mac: {
      type: 'String',
      required: true,
      fixed: true,
      column: 'bootMac',
      description: 'The MAC address it boots from, in any spelling.',
    },
    name: { type: 'String', description: 'The name, a DNS label; `m-` and the digits of the MAC when absent.' },
    ...placed,
    role: { type: ServerRole, description: 'What it does in a cluster.' },
    locked: flag(
      'Whether people may change nothing of it, its memberships and which VMs it hosts until it is unlocked.',
    ),
    maintenance: flag('Whether someone is working on it.'),
  },
  Network: {
    ...named,
    cidr: {
      type: 'String',
      required: true,
      read: (cidr) => wholeCidr(cidr as string),
      description: 'The range, such as `192.168.8.0/24`, without host bits.',
    },
    vlan: { type: 'Int', read: (vlan) => vlan || null, description: 'The VLAN id, 1 to 4094; null for untagged.' },
    gateway: { type: 'String', description: "The router's address, inside the range." },
    domain: { type: 'String', description: 'The DNS domain of its hosts.' },
    dhcpEnabled: flag('Whether bastions serve DHCP on it.'),
  },
  Cluster: {
    ...named,
    kind: { type: 'String', description: 'What runs it; `k3s` when absent.' },
    endpoint: { type: 'String', description: 'The URL of its API.' },
    members: {
      type: [MemberInput],
      items: memberFields,
      column: null,
      from: { kind: 'ClusterMember', key: 'clusterId', column: 'serverId', refers: 'Server' },
      description: 'The servers in it, all of them: each that comes or goes is a change of its own.',
    },
  },
  ClusterMember: {
    cluster: {
      type: resources.Cluster.by,
      refers: 'Cluster',
      required: true,
      fixed: true,
      description: 'The cluster; it takes `apply` on that, too.',
    },
    ...memberFields,
  },
  Vm: {
    ...named,
    vcpus: { type: 'Int', required: true, description: 'How many virtual CPUs.' },
    memoryGb: { type: 'Float', required: true, description: 'Memory, GiB.' },
    state: { type: VmState, description: 'What it does; STOPPED when absent.' },
    server: {
      type: resources.Server.by,
      refers: 'Server',
      description: 'The server that hosts it; it takes `apply` on that, too.',
    },
    networks: {
      type: [resources.Network.by],
      refers: 'Network',
      column: null,
      from: { kind: 'VmNic', key: 'vmId', column: 'networkId', refers: 'Network' },
      description: 'The networks it is attached to, one virtual NIC each: all of them.',
    },
  },
  Bastion: named,
  StoredQuery: {
    ...named,
    description: { type: 'String', description: 'What it is for.' },
    document: { type: 'String', required: true, description: 'The GraphQL document.', check: checkDocument },
  },
  User: {
    ...fixedName,
    email: { type: 'String', description: 'The e-mail address.' },
    password: {
      type: 'String',
      column: null,
      description: 'The password; without one it signs in elsewhere, or only by token.',
    },
    issuer: { type: 'String', description: 'The OpenID Connect provider that vouches for it.' },
    subject: { type: 'String', description: 'What that provider calls it.' },
    disabled: {
      ...flag('Whether it may not sign in, and its tokens are worth nothing.'),
      column: 'disabledAt',
      read: (since) => since !== null,
    },
    roles: {
      type: [resources.Role.by],
      refers: 'Role',
      column: null,
      from: { kind: 'RoleBinding', key: 'userId', column: 'roleId', refers: 'Role' },
      description: 'The roles that it has, all of them; you must hold all that those you give or take allow.',
    },
  },
  Role: {
    ...fixedName,
    description: { type: 'String', description: 'What it is for.' },
    permissions: {
      type: ['String'],
      required: true,
      description: 'What it allows, each `action:cloud:environment:target`; you must hold all of it yourself.',
    },
  },
  RoleBinding: {
    user: { type: resources.User.by, refers: 'User', required: true, fixed: true, description: 'The user.' },
    role: { type: resources.Role.by, refers: 'Role', required: true, fixed: true, description: 'The role.' },
  },
  Token: {},
  Session: {},
  Agent: {},
} satisfies Record<keyof typeof inventory, Record<string, Field>>;
