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
import { inventory } from '../../server/domain/inventory/index.ts';
import { builder } from '../base/builder.ts';
import type { KindName } from '../catalog.ts';
import type { Context } from '../base/context.ts';
import { resultUnion } from '../base/errors.ts';
import { resources } from '../kinds/index.ts';
import { type Field, fields } from './fields.ts';
import { mutate } from './mutation.ts';

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
function resolved(chosen: Readonly<Record<string, Field>>, input: Input): Input {
  const ways = (kind: KindName, reference: unknown) =>
    resources[kind].referenceWays(reference as Record<string, string>);
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => {
      const { refers: kind, items } = chosen[name] ?? {};
      if (items && value != null) return [name, (value as Input[]).map((one) => resolved(items, one))];
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
