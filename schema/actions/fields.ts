// The types of the graph for the fields that people decide: the domain's tables say which fields each kind has.
import type { InputFieldMap } from '@pothos/core';
import type { GraphQLSchema } from 'graphql';
import type { InvalidInput } from '../../server/domain/errors.ts';
import { inventory } from '../../server/domain/inventory/index.ts';
import { type Field, type Fields, type FieldType, partSetsOf } from '../../server/domain/objects/fields.ts';
import type { Inventory } from '../../server/domain/objects/objects.ts';
import type { Input } from '../../server/domain/objects/types.ts';
import { builder } from '../base/builder.ts';
import type { KindName } from '../catalog.ts';
import { DhcpMode, ServerRole, VmState } from '../kinds/enums.ts';
import { resources } from '../kinds/index.ts';
import { TokenPurpose } from '../kinds/token.ts';
import { documentProblems } from '../roots/storedDocuments.ts';

interface InputBuilder {
  field(options: { type: never; required: boolean; description: string }): never;
}

/** An input with these fields. */
export const inputOf = (
  name: string,
  description: string,
  fields: Fields,
  required: (field: Field) => boolean = (field) => field.required === true,
) =>
  builder.inputType(name, {
    description,
    fields: (t: unknown): InputFieldMap =>
      Object.fromEntries(
        Object.entries(fields).map(([field, spec]) => [
          field,
          (t as InputBuilder).field({
            type: graphTypeOf(spec.type) as never,
            required: required(spec),
            description: spec.description,
          }),
        ]),
      ),
  });

/** The enums that choices are made from. */
const CHOICES: Readonly<Record<string, object>> = { DhcpMode, ServerRole, VmState, TokenPurpose };

/** What each of the domain's types is in the graph. */
const GRAPH_TYPES: { readonly [K in FieldType['is']]: (type: Extract<FieldType, { is: K }>) => unknown } = {
  text: () => 'String',
  document: () => 'String',
  name: () => 'String',
  mac: () => 'String',
  cidr: () => 'String',
  address: () => 'String',
  sealed: () => 'String',
  texts: () => ['String'],
  flag: () => 'Boolean',
  labels: () => 'Labels',
  json: () => 'JSON',
  whole: () => 'Int',
  counter: () => 'Counter',
  number: () => 'Float',
  choice: ({ of }) => CHOICES[of],
  reference: ({ kind }) => resources[kind as KindName].by,
  parts: ({ names, items: each }) => [each ? itemInputs.get(each.name) : resources[names as KindName].by],
};

const graphTypeOf = (type: FieldType): unknown => (GRAPH_TYPES[type.is] as (type: FieldType) => unknown)(type);

/** What the items of sets are that say more than a name, by what such an item is called. */
const itemInputs = new Map<string, object>();
for (const { fields } of Object.values<Inventory>(inventory))
  for (const [, { items }] of partSetsOf(fields))
    if (items) itemInputs.set(items.name, inputOf(`${items.name}Input`, items.description, items.fields));

/** Replaces references by what they may mean. */
export function resolved(fields: Fields, input: Input): Input {
  const ways = (kind: string, reference: unknown) =>
    resources[kind as KindName].referenceWays(reference as Record<string, string>);
  const value = ({ type }: Field, given: unknown): unknown => {
    if (given == null) return given;
    if (type.is === 'reference') return ways(type.kind, given);
    if (type.is !== 'parts') return given;
    const { items: each, names } = type;
    return (given as Input[]).map((one) => (each ? resolved(each.fields, one) : ways(names, one)));
  };
  return Object.fromEntries(
    Object.entries(input).map(([name, given]) => [name, fields[name] ? value(fields[name], given) : given]),
  );
}

/** What is wrong with a value that only who knows the graph can judge. */
export const judged = (
  fields: Fields,
  field: string,
  value: unknown,
  schema: GraphQLSchema,
): readonly InvalidInput[] =>
  fields[field]?.type.is === 'document' && typeof value === 'string'
    ? documentProblems(`input.${field}`, value, schema)
    : [];
