// Typed filters: one input type per kind, compiled to conditions on the kind's own columns.
import type { InputTypeParam } from '@pothos/core';
import { GraphQLError } from 'graphql';
import type { Comparison, Where } from '../../server/domain/where.ts';
import { anyOf, everyOf, opposite, unweighed } from '../../server/domain/alternatives.ts';
import { allOf, isEverything, likeable, nothing, storable } from '../../server/domain/where.ts';
import { UserError } from '../../server/domain/errors.ts';
import { builder, type Types } from '../base/builder.ts';
import type { KindName } from '../catalog.ts';
import { momentAt } from '../base/givenMoment.ts';
import { decodeId } from '../base/ids.ts';
import type { Counted } from '../base/counted.ts';
import { requirementsIn, selectorWhere } from './labelSelector.ts';
import { searchConditions, type SearchedColumns, searchWhere } from './search.ts';

type Operand = Record<string, unknown>;

/** What one field of a filter does: its input type and the condition it makes. */
export interface FilterField {
  readonly type: InputTypeParam<Types>;
  readonly description: string;
  /** The kind that it leads to, if it is about another object's id */
  readonly related?: KindName;
  readonly where: (operand: never, field: string, reader: Reader) => Where;
  /** How its values count, when not each as one condition */
  readonly counted?: Counted;
}

/** Who filters: what a filter says of objects that they may not see is as if there were none. */
export interface Reader {
  /** The condition that a related object meets which the reader may see */
  readonly sees: (kind: KindName) => Where;
  /** Only rows themselves are looked at, without what they lead to, as a watch does */
  readonly alone?: true;
  /** Milliseconds that how long ago is counted from, for logs */
  readonly now?: number;
  /** The changes whose actor the reader may not see, and what stands for it */
  readonly hiddenActors?: readonly { readonly shown: string; readonly where: Where }[];
}

/** Each operator of a filter input, as the comparison it makes. */
const operators: Record<string, (operand: never) => Comparison> = {
  eq: (operand: string) => ({ equals: operand }),
  in: (operand: string[]) => ({ in: operand }),
  startsWith: (operand: string) => ({ startsWith: likeable(operand) }),
  contains: (operand: string) => ({ contains: likeable(operand) }),
  gt: (operand: number) => ({ gt: operand }),
  gte: (operand: number) => ({ gte: operand }),
  lt: (operand: number) => ({ lt: operand }),
  lte: (operand: number) => ({ lte: operand }),
};

/**
 * The conditions of one column. Those on a nullable column are guarded, so that SQL answers true or false and never
 * NULL: `ne` then finds the absent ones too, and `not` is the exact opposite.
 */
function columnWhere(column: string, nullable: boolean, convert: (value: unknown) => unknown) {
  return (operand: Operand): Where =>
    allOf(
      ...Object.entries(operand).flatMap(([name, raw]): Where[] => {
        if (raw === undefined || raw === null) return [];
        const value = Array.isArray(raw) ? raw.map(convert) : convert(raw);
        if (name === 'ne') {
          const differs = { [column]: { not: value as string } };
          return [nullable ? { OR: [{ [column]: null }, differs] } : differs];
        }
        const compared = { [column]: operators[name]!(value as never) };
        return [nullable ? { AND: [{ [column]: { not: null } }, compared] } : compared];
      }),
    );
}

/** The same of a column that leads to an object: one that the reader may not see is none, whatever is said of its id. */
function relatedWhere(kind: KindName, column: string) {
  const where = columnWhere(column, true, (id) => decodeId(id as string, kind));
  const relation = column.replace(/Id$/, '');
  return ({ ne, ...same }: Operand, _field: string, { sees }: Reader): Where => {
    const seen = sees(kind);
    const hidden: Where = isEverything(seen) ? nothing : { NOT: { [relation]: seen } };
    const differs = ne == null ? {} : { OR: [where({ ne }), ...(hidden === nothing ? [] : [hidden])] };
    const found = where(same);
    return allOf(differs, found, isEverything(found) || hidden === nothing ? {} : { [relation]: seen });
  };
}

/** A value as it is, if the database takes it. */
const same = (value: unknown) => {
  if (typeof value !== 'string' || storable(value)) return value;
  throw new GraphQLError('A text to filter by has a NUL character.', { extensions: { code: 'BAD_USER_INPUT' } });
};

const StringFilter = builder.inputType('StringFilter', {
  description: 'Conditions on a text; all that are given must hold. Case matters.',
  fields: (t) => ({
    eq: t.string({ description: 'The text is exactly this, case included.' }),
    ne: t.string({ description: 'Is anything but this, or absent.' }),
    in: t.stringList({ description: 'The text is exactly one of these; an empty list matches nothing.' }),
    startsWith: t.string({ description: 'Begins with this.' }),
    contains: t.string({ description: 'Has this somewhere in it.' }),
  }),
});

const BooleanFilter = builder.inputType('BooleanFilter', {
  description: 'Conditions on yes or no.',
  fields: (t) => ({
    eq: t.boolean({ required: true, description: 'True for those of which it holds, false for all others.' }),
  }),
});

const IntFilter = builder.inputType('IntFilter', {
  description: 'Conditions on a whole number; all that are given must hold.',
  fields: (t) => ({
    eq: t.int({ description: 'The number is exactly this.' }),
    ne: t.int({ description: 'Is anything but this.' }),
    in: t.intList({ description: 'The number is one of these; an empty list matches nothing.' }),
    gt: t.int({ description: 'Is greater than this.' }),
    gte: t.int({ description: 'Is greater than this, or equal to it.' }),
    lt: t.int({ description: 'Is less than this.' }),
    lte: t.int({ description: 'Is less than this, or equal to it.' }),
  }),
});

const IdFilter = builder.inputType('IdFilter', {
  description: 'Conditions on which object it is; all that are given must hold.',
  fields: (t) => ({
    eq: t.id({ description: 'Is the object with this id.' }),
    ne: t.id({ description: 'Is any other object, or none.' }),
    in: t.idList({ description: 'Is one of the objects with these ids.' }),
  }),
});

/** The filter input of an enum, made once per enum. */
export function enumFilter(type: ReturnType<typeof builder.enumType>) {
  return builder.inputType(`${type.name}Filter`, {
    description: `Conditions on a ${type.name}; all that are given must hold.`,
    fields: (t) => ({
      eq: t.field({ type, description: `The ${type.name} is exactly this.` }),
      ne: t.field({ type, description: 'Is anything but this, or absent.' }),
      in: t.field({ type: [type], description: `The ${type.name} is one of these; an empty list matches nothing.` }),
    }),
  });
}

interface ColumnOptions {
  nullable?: boolean;
}

/** The kinds of filter fields: which input type they take and how it is compiled. */
export const filterBy = {
  text: (column: string, description: string, { nullable = false }: ColumnOptions = {}): FilterField => ({
    type: StringFilter,
    description,
    where: columnWhere(column, nullable, same),
  }),
  flag: (column: string, description: string): FilterField => ({
    type: BooleanFilter,
    description,
    where: columnWhere(column, false, same),
  }),
  number: (column: string, description: string): FilterField => ({
    type: IntFilter,
    description,
    where: columnWhere(column, false, same),
  }),
  choice: (
    filter: ReturnType<typeof enumFilter>,
    column: string,
    description: string,
    { nullable = false }: ColumnOptions = {},
  ): FilterField => ({ type: filter, description, where: columnWhere(column, nullable, same) }),
  itself: (kind: KindName, description: string): FilterField => ({
    type: IdFilter,
    description,
    where: columnWhere('id', false, (id) => decodeId(id as string, kind)),
  }),
  related: (kind: KindName, column: string, description: string): FilterField => ({
    type: IdFilter,
    description,
    related: kind,
    where: relatedWhere(kind, column),
  }),
  moment: (column: string, compare: 'gte' | 'lt', description: string): FilterField => ({
    type: 'DateTime',
    description,
    where: (given: Date, path, { now = NaN }) => ({ [column]: { [compare]: momentAt(given, now, path) } }),
  }),
  labels: (): FilterField => ({
    type: 'String',
    description: 'A label selector as kubectl has it, such as `rack=a1,role!=db,env in (a,b),!legacy`.',
    where: (selector: string, field) => selectorWhere(selector, field),
    counted: { conditions: requirementsIn },
  }),
  search: (columns: SearchedColumns, of: string): FilterField => ({
    type: 'String',
    description: `Only those that have this text, in upper or lower case, somewhere in ${of}.`,
    where: (text: string, field, { alone = false }) => searchWhere(columns, text, { field, alone }),
    counted: { conditions: () => searchConditions(columns) },
  }),
} as const;

/** The fields of one kind's filter. */
export type FilterFields = Readonly<Record<string, FilterField>>;

const maxDepth = 10;

/**
 * Makes a kind's filter input, with `and`, `or` and `not`, and the function that compiles it. `never` is what no row
 * meets, of a column that has no index.
 */
export function defineFilter(
  kind: KindName | 'AuditEntry' | 'Change',
  fields: FilterFields,
  never: Where = { version: { lt: 0 } },
) {
  const ref = builder.inputRef<Operand>(`${kind}Filter`);
  ref.implement({
    description: `Conditions on a ${kind}; all that are given must hold.`,
    fields: (t) => ({
      ...Object.fromEntries(
        Object.entries(fields).map(([name, { type, description, counted }]) => [
          name,
          t.field({ type, description, required: false, extensions: { ...counted } }),
        ]),
      ),
      and: t.field({ type: [ref], description: 'All of these hold.' }),
      or: t.field({ type: [ref], description: 'At least one of these holds.' }),
      not: t.field({ type: ref, description: 'This does not hold.' }),
    }),
  });

  const compile = (filter: Operand, path: string, depth: number, reader: Reader): Where => {
    if (depth > maxDepth) {
      throw new GraphQLError(`A filter may nest at most ${maxDepth} deep.`, { extensions: { code: 'BAD_USER_INPUT' } });
    }
    const nested = (value: unknown, name: string) => compile(value as Operand, `${path}.${name}`, depth + 1, reader);
    const combine: Record<string, (value: unknown) => Where> = {
      and: (value) => everyOf(...(value as Operand[]).map((one, i) => nested(one, `and[${i}]`))),
      or: (value) => anyOf(...(value as Operand[]).map((one, i) => nested(one, `or[${i}]`))),
      not: (value) => opposite(nested(value, 'not')),
    };
    return allOf(
      ...Object.entries(filter).flatMap(([name, value]) => {
        if (value === undefined || value === null) return [];
        const make = combine[name];
        return [make ? make(value) : fields[name]!.where(value as never, `${path}.${name}`, reader)];
      }),
    );
  };

  /** Compiles a filter; a mistake in it is a top-level error, since queries have no typed ones. */
  const where = (filter: Operand | null | undefined, reader: Reader): Where => {
    if (!filter) return {};
    try {
      return unweighed(compile(filter, 'filter', 0, reader), never);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new GraphQLError(`${error.message} ${error.remedy}`, { extensions: { code: 'BAD_USER_INPUT' } });
    }
  };
  return { ref, fields, where };
}
