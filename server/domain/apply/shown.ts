// The fields of an object as a manifest has them: what refers to another by its name, words as people write them.
import type { Writer } from '../../store/types.ts';
import { columnOf, type Field, type FieldType } from '../objects/fields.ts';
import { type Permissions, type Row } from '../objects/objects.ts';
import { MOST_PARTS } from '../objects/parts.ts';
import { table } from '../objects/tables.ts';
import type { PartSet } from '../objects/partSets.ts';
import { allOf } from '../where.ts';
import { word } from './values.ts';

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

/** The names of objects by their ids; of those that may be seen when the caller is given. */
async function namesOf(tx: Writer, kind: string, ids: readonly string[], may: Permissions | undefined) {
  const known = { id: { in: [...new Set(ids)] } };
  const rows = await table(tx.client, kind).findMany({
    where: may ? allOf(known, may.visible(kind)) : known,
    orderBy: { id: 'asc' },
    take: MOST_PARTS,
  });
  return new Map<unknown, string>(rows.map(({ id, name }) => [id, String(name)]));
}

/** What a set of parts names, in order of the names. */
async function partsShown(tx: Writer, { part, column, names, items, seenBy }: PartSet, row: Row, may: Permissions) {
  const own = { [part.key]: row.id };
  const rows = await table(tx.client, part.kind).findMany({
    where: seenBy === 'part' ? allOf(own, may.visible(part.kind)) : own,
    orderBy: { id: 'asc' },
    take: MOST_PARTS,
  });
  const leads = rows.map((one) => one[column]).filter((id) => typeof id === 'string');
  const called = await namesOf(tx, names, leads, seenBy === 'object' ? may : undefined);
  const item = (one: Row, name: string) =>
    items
      ? Object.fromEntries(
          Object.entries(items.fields).map(([field, { type }]) => [
            field,
            type.is === 'reference' ? name : word(one[field]),
          ]),
        )
      : name;
  return rows
    .flatMap((one) => {
      const name = called.get(one[column]);
      return name === undefined ? [] : [{ name, value: item(one, name) }];
    })
    .sort((a, b) => byText(a.name, b.name))
    .map(({ value }) => value);
}

type Show<T> = (type: T, kept: never, asked: { tx: Writer; row: Row; may: Permissions }) => unknown;

const asKept: Show<unknown> = (_type, kept): unknown => kept;

/** How each type is shown, from its column's value as the input would have it. */
const SHOWN: { readonly [K in FieldType['is']]: Show<Extract<FieldType, { is: K }>> } = {
  text: asKept,
  document: asKept,
  name: asKept,
  mac: asKept,
  cidr: asKept,
  address: asKept,
  texts: asKept,
  flag: asKept,
  labels: asKept,
  json: asKept,
  whole: asKept,
  counter: asKept,
  sealed: asKept,
  number: asKept,
  choice: (_type, kept) => word(kept),
  reference: async ({ kind }, kept: string | null, { tx, may }) =>
    kept === null ? null : ((await namesOf(tx, kind, [kept], may)).get(kept) ?? null),
  parts: (set, _kept, { tx, row, may }) => partsShown(tx, set, row, may),
};

/** A field of an object as a manifest has it; null when it has none. */
export async function shownField(tx: Writer, name: string, field: Field, row: Row, may: Permissions): Promise<unknown> {
  const { type, read = (kept: never) => kept } = field;
  const column = columnOf(name, field);
  const kept = column === undefined ? null : (read(row[column] as never) ?? null);
  return (await (SHOWN[type.is] as Show<FieldType>)(type, kept as never, { tx, row, may })) ?? null;
}
