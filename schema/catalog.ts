// Every kind of resource: its names, how it is referred to and which verbs it has. Pure data; imports nothing, so
// that the CLI and the bastion may read it without knowing the graph.

/** What may be done to objects of a kind from the command line and in manifests. */
export type Verb = 'get' | 'describe' | 'create' | 'delete' | 'watch';

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
  readonly by: readonly ('name' | 'mac')[];
  /** Verbs of the command line; empty for what is only seen as part of another kind */
  readonly verbs: readonly Verb[];
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
    by: ['name', 'mac'],
    verbs: ['get', 'describe', 'create', 'delete', 'watch'],
    about: 'A physical machine: what bastions observed of it and what people decided about it.',
  }),
  ServerNic: kind({
    type: 'ServerNic',
    field: 'nic',
    plural: 'nics',
    aliases: [],
    by: [],
    verbs: [],
    about: 'A network interface of a server, linked to the network its address lies in.',
  }),
  ServerDisk: kind({
    type: 'ServerDisk',
    field: 'disk',
    plural: 'disks',
    aliases: [],
    by: [],
    verbs: [],
    about: 'A disk of a server.',
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
    verbs: [],
    about: 'Servers that work together.',
  }),
  ClusterMember: kind({
    type: 'ClusterMember',
    field: 'member',
    plural: 'members',
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
    verbs: [],
    about: 'A virtual machine and the server that hosts it.',
  }),
  VmNic: kind({
    type: 'VmNic',
    field: 'vmNic',
    plural: 'vmNics',
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
} as const;

/** The GraphQL type name of a kind. */
export type KindName = keyof typeof catalog;

/** Every kind, in catalog order. */
export const kinds: readonly Kind[] = Object.values(catalog);
