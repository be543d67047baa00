// Every kind of resource: its names, how it is referred to and which verbs it has. Pure data; imports nothing, so
// that the CLI and the bastion may read it without knowing the graph.

/** What may be done to objects of a kind from the command line and in manifests. */
type Verb = 'get' | 'describe' | 'create' | 'delete' | 'watch';

/** One kind of resource. */
export interface Kind {
  /** GraphQL type, and `kind` in manifests */
  readonly type: string;
  /** Root field for one object */
  readonly field: string;
  /** Root field for the list; the first name on the command line */
  readonly plural: string;
  /** Other names on the command line */
  readonly aliases: readonly string[];
  /** Ways to refer to one object, as in `server(by: …)`; an id always works */
  readonly by: readonly ('name' | 'mac' | 'address' | 'serial')[];
  /** Verbs of the command line; empty for what is only seen as part of another kind */
  readonly verbs: readonly Verb[];
  /** The kind that it is a part of: permissions on that are permissions on it */
  readonly partOf?: string;
  /** It says who may do what: even to see it takes the action `admin` */
  readonly administered?: boolean;
  /** One sentence for help texts */
  readonly about: string;
}

const kind = <const K extends Kind>(row: K): K => row;

export const catalog = {
  Server: kind({
    type: 'Server',
    field: 'server',
    plural: 'servers',
    aliases: ['server', 'srv'],
    by: ['name', 'mac', 'address', 'serial'],
    verbs: ['get', 'describe', 'create', 'delete', 'watch'],
    about: 'A physical machine: what bastions observed of it and what people decided about it.',
  }),
  ServerNic: kind({
    type: 'ServerNic',
    field: 'nic',
    plural: 'nics',
    partOf: 'Server',
    aliases: [],
    by: [],
    verbs: [],
    about: 'A network interface of a server, linked to the network its address lies in.',
  }),
  ServerDisk: kind({
    type: 'ServerDisk',
    field: 'disk',
    plural: 'disks',
    partOf: 'Server',
    aliases: [],
    by: [],
    verbs: [],
    about: 'A disk of a server.',
  }),
  InstallAttempt: kind({
    type: 'InstallAttempt',
    field: 'install',
    plural: 'installs',
    partOf: 'Server',
    aliases: ['install'],
    by: ['name'],
    verbs: ['get', 'describe', 'watch'],
    about: 'One try at installing a server: how far it came, what the installer said, and what came of it.',
  }),
  Network: kind({
    type: 'Network',
    field: 'network',
    plural: 'networks',
    aliases: ['network', 'net'],
    by: ['name'],
    verbs: ['get', 'describe', 'create', 'delete', 'watch'],
    about: 'An IP network; NICs whose address lies in it are linked to it.',
  }),
  Cluster: kind({
    type: 'Cluster',
    field: 'cluster',
    plural: 'clusters',
    aliases: ['cluster'],
    by: ['name'],
    verbs: ['get', 'describe', 'create', 'delete', 'watch'],
    about: 'Servers that work together.',
  }),
  ClusterMember: kind({
    type: 'ClusterMember',
    field: 'member',
    plural: 'members',
    partOf: 'Server',
    aliases: [],
    by: [],
    verbs: [],
    about: "One server's part in one cluster.",
  }),
  Vm: kind({
    type: 'Vm',
    field: 'vm',
    plural: 'vms',
    aliases: ['vm'],
    by: ['name'],
    verbs: ['get', 'describe', 'create', 'delete', 'watch'],
    about: 'A virtual machine and the server that hosts it.',
  }),
  VmNic: kind({
    type: 'VmNic',
    field: 'vmNic',
    plural: 'vmNics',
    partOf: 'Vm',
    aliases: [],
    by: [],
    verbs: [],
    about: 'A virtual network interface and the network it is attached to.',
  }),
  Bastion: kind({
    type: 'Bastion',
    field: 'bastion',
    plural: 'bastions',
    aliases: ['bastion'],
    by: ['name'],
    verbs: ['get', 'describe', 'create', 'delete', 'watch'],
    about: 'The site service that finds machines, boots them and installs them.',
  }),
  Lease: kind({
    type: 'Lease',
    field: 'lease',
    plural: 'leases',
    partOf: 'Bastion',
    aliases: ['lease'],
    by: [],
    verbs: ['get', 'describe', 'watch'],
    about: 'An address that the DHCP server of a bastion gave to a machine.',
  }),
  StoredQuery: kind({
    type: 'StoredQuery',
    field: 'query',
    plural: 'queries',
    aliases: ['query'],
    by: ['name'],
    verbs: ['get', 'describe', 'delete', 'watch'],
    about: 'A GraphQL document kept under a name, which automation runs by its hash.',
  }),
  Secret: kind({
    type: 'Secret',
    field: 'secret',
    plural: 'secrets',
    aliases: ['secret'],
    by: ['name'],
    verbs: ['get', 'describe', 'create', 'delete', 'watch'],
    about: 'A value that labd keeps encrypted and tells nobody: it is known by its name, and by a reference.',
  }),
  Profile: kind({
    type: 'Profile',
    field: 'profile',
    plural: 'profiles',
    aliases: ['profile'],
    by: ['name'],
    verbs: ['get', 'describe', 'create', 'delete', 'watch'],
    about: 'A system that can be installed, and how: those that come with labd, and copies of them that people change.',
  }),
  User: kind({
    type: 'User',
    field: 'user',
    plural: 'users',
    aliases: ['user'],
    by: ['name'],
    verbs: ['get', 'describe', 'create', 'delete', 'watch'],
    administered: true,
    about: 'A person, or a robot that people gave a name: who may do what its roles say.',
  }),
  Role: kind({
    type: 'Role',
    field: 'role',
    plural: 'roles',
    aliases: ['role'],
    by: ['name'],
    verbs: ['get', 'describe', 'create', 'delete', 'watch'],
    administered: true,
    about: 'A named set of permissions.',
  }),
  RoleBinding: kind({
    type: 'RoleBinding',
    field: 'roleBinding',
    plural: 'roleBindings',
    partOf: 'User',
    aliases: [],
    by: [],
    verbs: [],
    administered: true,
    about: 'That a user has a role.',
  }),
  Token: kind({
    type: 'Token',
    field: 'token',
    plural: 'tokens',
    aliases: ['token'],
    by: ['name'],
    verbs: ['get', 'describe', 'create', 'delete', 'watch'],
    administered: true,
    about: "A credential that is handed to a program: for a user's automation, or to enrol a bastion or an agent.",
  }),
  Session: kind({
    type: 'Session',
    field: 'session',
    plural: 'sessions',
    partOf: 'User',
    aliases: ['session'],
    by: [],
    verbs: ['get', 'describe', 'delete', 'watch'],
    administered: true,
    about: "A person's sign-in.",
  }),
  Agent: kind({
    type: 'Agent',
    field: 'agent',
    plural: 'agents',
    aliases: ['agent'],
    by: ['name'],
    verbs: [],
    administered: true,
    about: 'The agent on an installed server, known by its certificate.',
  }),
} as const;

/** The GraphQL type name of a kind. */
export type KindName = keyof typeof catalog;

/** Every kind, in catalog order. */
export const kinds: readonly Kind[] = Object.values(catalog);
