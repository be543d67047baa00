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
} from '../../server/domain/objects/objects.ts';
import { settable } from '../../server/domain/objects/fields.ts';
import { inventory } from '../../server/domain/inventory/index.ts';
import { builder } from '../base/builder.ts';
import type { KindName } from '../catalog.ts';
import type { Context } from '../base/context.ts';
import { resultUnion } from '../base/errors.ts';
import { resources } from '../kinds/index.ts';
import { inputOf, judged, resolved } from './fields.ts';
import { mutate } from './mutation.ts';

interface ChangeArgs {
  by: Record<string, string>;
  ifVersion?: number | null;
  dryRun?: boolean | null;
  input: Input;
}

const target = (kind: KindName, { by, ifVersion }: ChangeArgs): Target => ({
  ways: resources[kind].referenceWays(by),
  called: `"${Object.values(by).find((value) => value != null)}"`,
  ifVersion,
});

/** Kinds whose making answers with more than the object: it has a mutation of its own. */
const MADE_APART: ReadonlySet<string> = new Set(['Token']);

function defineMutations(kind: keyof typeof inventory): void {
  const spec: Inventory = inventory[kind];
  const all = settable(spec.fields);
  const changeable = Object.fromEntries(Object.entries(all).filter(([, field]) => !field.fixed));
  const { object, by } = resources[kind];
  const change = (context: Context, name: string, work: Parameters<typeof mutate>[3], dryRun = false) =>
    mutate(context, name, kind, work, { lockHead: spec.lockHead, dryRun });
  /** The input with its references resolved, and with what takes long done. */
  const prepared = async (input: Input, schema: GraphQLSchema): Promise<Input> => {
    for (const [field, value] of Object.entries(input))
      for (const problem of judged(all, field, value, schema)) throw problem;
    const known = resolved(all, input);
    return spec.prepare ? spec.prepare(known) : known;
  };
  const which = builder.args((t) => ({
    by: t.field({
      type: by,
      required: true,
      description: `Which ${spec.noun}: give exactly one of the ways that ${kind}By has.`,
    }),
    ifVersion: t.field({
      type: 'Counter',
      description: `Only if the ${spec.noun} is still at this version; else a Conflict is answered.`,
    }),
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
  const inputArg = (type: ReturnType<typeof inputOf>, description: string) =>
    builder.args((t) => ({ input: t.field({ type, required: true, description }) }));

  if (Object.keys(all).length > 0 && !MADE_APART.has(kind)) {
    const createInput = inputOf(`Create${kind}Input`, `What is said of a ${spec.noun} when it is made.`, all);
    define(
      'Create',
      `Makes a ${spec.noun}, and answers with it.`,
      'apply',
      inputArg(createInput, `The ${spec.noun} to make; what is absent gets its default.`),
      (args, context, name, schema) =>
        change(context, name, async () => {
          const input = await prepared(args.input, schema);
          return (tx, may) => createObject(tx, spec, input, may);
        }),
    );
  }

  if (Object.keys(changeable).length > 0) {
    const updateInput = inputOf(
      `Update${kind}Input`,
      `What to change of a ${spec.noun}; what is absent stays.`,
      changeable,
      () => false,
    );
    define(
      'Update',
      `Changes a ${spec.noun}, and answers with it.`,
      'apply',
      { ...which, ...inputArg(updateInput, `What to change of the ${spec.noun}; what is absent stays.`) },
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
  const tried = builder.args((t) => ({
    dryRun: t.boolean({ description: 'Only try: answer as if it were done, or why not, and change nothing.' }),
  }));
  define(
    'Delete',
    `${deletes} Answers with the object as it was.`,
    'destroy',
    { ...which, ...tried },
    (args, context, name) =>
      change(context, name, () => (tx, may) => deleteObject(tx, spec, target(kind, args), may), args.dryRun === true),
  );
}

for (const kind of Object.keys(inventory)) defineMutations(kind as keyof typeof inventory);
