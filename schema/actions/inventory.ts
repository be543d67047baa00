// Creating, changing and deleting objects: the inputs of each kind, and the mutations made from them.
import type { InputFieldMap } from '@pothos/core';
import type { GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import {
  createObject,
  deleteObject,
  type Input,
  type Inventory,
  type Target,
  updateObject,
} from '../../server/domain/inventory/objects.ts';
import { inventory } from '../../server/domain/inventory/index.ts';
import { wholeCidr } from '../../server/domain/inventory/validate.ts';
import { builder } from '../builder.ts';
import type { KindName } from '../catalog.ts';
import type { Context } from '../context.ts';
import { checkDocument } from '../documents.ts';
import { ServerRole, VmState } from '../enums.ts';
import { resultUnion } from '../errors.ts';
import { resources } from '../kinds/index.ts';
import { mutate } from './mutation.ts';

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
  /** Refuses what only who knows the graph can judge. Throws InvalidInput. */
  readonly check?: (field: string, value: never, schema: GraphQLSchema) => void;
  /** The column that holds it, when that is not called the same; null when it is not in the change log */
  readonly column?: string | null;
  /** A column's value as the input has it, when that is not the same */
  readonly read?: (value: unknown) => unknown;
  /** Rows that it is made of, when it is no column: these of this kind, by the column that leads to the object */
  readonly from?: { readonly kind: KindName; readonly key: string; readonly column: string };
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
  },
  ClusterMember: {
    cluster: {
      type: resources.Cluster.by,
      refers: 'Cluster',
      required: true,
      fixed: true,
      description: 'The cluster.',
    },
    server: { type: resources.Server.by, refers: 'Server', required: true, fixed: true, description: 'The server.' },
    role: { type: ServerRole, required: true, fixed: true, description: 'What it does in the cluster.' },
  },
  Vm: {
    ...named,
    vcpus: { type: 'Int', required: true, description: 'How many virtual CPUs.' },
    memoryGb: { type: 'Float', required: true, description: 'Memory, GiB.' },
    state: { type: VmState, description: 'What it does; STOPPED when absent.' },
    server: { type: resources.Server.by, refers: 'Server', description: 'The server that hosts it.' },
    networks: {
      type: [resources.Network.by],
      refers: 'Network',
      fixed: true,
      column: null,
      from: { kind: 'VmNic', key: 'vmId', column: 'networkId' },
      description: 'The networks it is attached to, one virtual NIC each.',
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
      fixed: true,
      column: null,
      description: 'The roles that it gets; you must hold all that they allow.',
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

interface InputBuilder {
  field(options: { type: never; required: boolean; description: string }): never;
}

function inputType(
  name: string,
  description: string,
  chosen: Record<string, Field>,
  required: (field: Field) => boolean,
) {
  return builder.inputType(name, {
    description,
    fields: (t: unknown): InputFieldMap =>
      Object.fromEntries(
        Object.entries(chosen).map(([field, spec]) => [
          field,
          (t as InputBuilder).field({
            type: spec.type as never,
            required: required(spec),
            description: spec.description,
          }),
        ]),
      ),
  });
}

/** Replaces references by what they may mean. */
function resolved(chosen: Record<string, Field>, input: Input): Input {
  const ways = (kind: KindName, reference: unknown) =>
    resources[kind].referenceWays(reference as Record<string, string>);
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => {
      const kind = chosen[name]?.refers;
      if (!kind || value == null) return [name, value];
      return [name, Array.isArray(value) ? value.map((one) => ways(kind, one)) : ways(kind, value)];
    }),
  );
}

interface ChangeArgs {
  by: Record<string, string>;
  ifVersion?: number | null;
  input: Input;
}

const target = (kind: KindName, { by, ifVersion }: ChangeArgs): Target => ({
  ways: resources[kind].referenceWays(by),
  called: `"${Object.values(by).find((value) => value != null)}"`,
  ifVersion,
});

function defineMutations(kind: keyof typeof inventory): void {
  const spec: Inventory = inventory[kind];
  const all: Record<string, Field> = fields[kind];
  const changeable = Object.fromEntries(Object.entries(all).filter(([, field]) => !field.fixed));
  const { object, by } = resources[kind];
  const change = (context: Context, name: string, work: Parameters<typeof mutate>[3]) =>
    mutate(context, name, kind, work, spec.lockHead);
  /** The input with its references resolved, and with what takes long done. */
  const prepared = async (input: Input, schema: GraphQLSchema): Promise<Input> => {
    for (const [field, { check }] of Object.entries(all))
      if (check && input[field] != null) check(`input.${field}`, input[field] as never, schema);
    const known = resolved(all, input);
    return spec.prepare ? spec.prepare(known) : known;
  };
  const which = builder.args((t) => ({
    by: t.field({ type: by, required: true, description: 'Which one.' }),
    ifVersion: t.field({ type: 'Counter', description: 'Only if it is still at this version.' }),
  }));

  const define = (
    verb: string,
    description: string,
    action: 'apply' | 'destroy',
    args: InputFieldMap,
    run: (args: ChangeArgs, context: Context, name: string, schema: GraphQLSchema) => Promise<object>,
  ) => {
    const name = `${verb.toLowerCase()}${kind}`;
    const type = resultUnion(`${verb}${kind}Result`, `What ${name} answers.`, [object]);
    builder.mutationField(name, (t) =>
      t.field({
        type,
        action,
        kind,
        description,
        args,
        resolve: ((_root: unknown, given: ChangeArgs, context: Context, { schema }: GraphQLResolveInfo) =>
          run(given, context, name, schema)) as never,
      }),
    );
  };
  const inputArg = (type: ReturnType<typeof inputType>, description: string) =>
    builder.args((t) => ({ input: t.field({ type, required: true, description }) }));

  if (Object.keys(all).length > 0) {
    const createInput = inputType(
      `Create${kind}Input`,
      `A ${spec.noun} to make.`,
      all,
      ({ required }) => required === true,
    );
    define(
      'Create',
      `Makes a ${spec.noun}.`,
      'apply',
      inputArg(createInput, 'What it is.'),
      (args, context, name, schema) =>
        change(context, name, async () => {
          const input = await prepared(args.input, schema);
          return (tx, may) => createObject(tx, spec, input, may);
        }),
    );
  }

  if (Object.keys(changeable).length > 0) {
    const updateInput = inputType(
      `Update${kind}Input`,
      `What to change of a ${spec.noun}; what is absent stays.`,
      changeable,
      () => false,
    );
    define(
      'Update',
      `Changes a ${spec.noun}.`,
      'apply',
      { ...which, ...inputArg(updateInput, 'What to change.') },
      (args, context, name, schema) =>
        change(context, name, async () => {
          const input = await prepared(args.input, schema);
          return (tx, may) => updateObject(tx, spec, target(kind, args), input, may);
        }),
    );
  }

  const deletes =
    kind === 'Server'
      ? 'Forgets a server: its bastion is told, and until it has acknowledged, its reports are answered by a tombstone.'
      : `Deletes a ${spec.noun}.`;
  define('Delete', `${deletes} Answers with the object as it was.`, 'destroy', which, (args, context, name) =>
    change(context, name, () => (tx, may) => deleteObject(tx, spec, target(kind, args), may)),
  );
}

for (const kind of Object.keys(fields)) defineMutations(kind as keyof typeof inventory);
