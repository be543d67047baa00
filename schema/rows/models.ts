// What the graph knows of the database's models: their relations, and how to read their rows from the change log.
import { getDatamodel } from '../generated/pothos.ts';
import { labelColumns } from '../../server/domain/objects/validate.ts';

/** A relation, as rows in memory are joined by it. */
export interface Relation {
  readonly to: string;
  readonly many: boolean;
  /** The column that leads there: of the near row for one, of the far rows for many */
  readonly key: string;
}

type Read = (value: unknown) => unknown;

interface Column {
  readonly read: Read;
  /** What a row has that was written before there was such a column */
  readonly absent: unknown;
}

interface Model {
  readonly relations: ReadonlyMap<string, Relation>;
  readonly columns: ReadonlyMap<string, Column>;
}

const { models } = getDatamodel().datamodel;
type Field = (typeof models)[string]['fields'][number];

const same: Read = (value) => value;
/** What JSON has otherwise than the database's client, by type. */
const readers: Readonly<Record<string, Read>> = {
  DateTime: (value) => new Date(value as string),
  BigInt: (value) => BigInt(value as string),
};
const empty: Readonly<Record<string, unknown>> = {
  String: '',
  Boolean: false,
  Int: 0,
  Float: 0,
  BigInt: 0n,
  Json: {},
  DateTime: new Date(0),
};

function relationOf(model: string, field: Field): Relation {
  const many = field.isList;
  const holder = many
    ? models[field.type]!.fields.find((far) => far.relationName === field.relationName && far.type === model)!
    : field;
  return { to: field.type, many, key: holder.relationFromFields![0]! };
}

function modelOf(name: string): Model {
  const { fields } = models[name]!;
  const scalars = fields.filter(({ kind }) => kind !== 'object');
  const absent = ({ type, isList, isRequired }: Field) => (isList ? [] : isRequired ? empty[type] : null);
  return {
    relations: new Map(
      fields.filter(({ kind }) => kind === 'object').map((field) => [field.name, relationOf(name, field)]),
    ),
    columns: new Map(
      scalars.map((field) => [field.name, { read: readers[field.type] ?? same, absent: absent(field) }]),
    ),
  };
}

const known = new Map(Object.keys(models).map((name) => [name, modelOf(name)]));

/** A relation of a model by its name; undefined for what is none. */
export const relation = (model: string, name: string): Relation | undefined => known.get(model)!.relations.get(name);

/** A row as Prisma gives it, made of one in the change log. The table may have had other columns when it was written. */
export function revived(
  model: string,
  row: Readonly<Record<string, unknown>>,
): Record<string, unknown> & { id: string } {
  const { columns } = known.get(model)!;
  // A row from before its labels had a text is searched by what they would have had.
  const isOlder = row['labelText'] === undefined && columns.has('labelText') && row['labels'];
  const whole = isOlder ? { ...row, ...labelColumns(row['labels'] as Record<string, string>) } : row;
  const entries = [...columns].map(([name, { read, absent }]) => {
    const value = whole[name];
    return [name, value === undefined ? absent : value === null ? null : read(value)];
  });
  return Object.fromEntries(entries) as Record<string, unknown> & { id: string };
}
