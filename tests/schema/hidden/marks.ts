// Marks: a text of its own for every text column of every hidden row, which says what column it stands in. Whoever
// finds one in an answer has seen what is hidden, and where it comes from.
import { getNullableType, isEnumType, isObjectType } from 'graphql';
import { schema } from '../../../schema/index.ts';
import { columnsReadBy } from '../../../schema/rows/plan.ts';
import { tables, type ColumnType, type Rows } from '../../../server/store/generated/columns.ts';
import type { TestDatabase } from '../../support/database.ts';
import { isShown } from './world.ts';

type Model = keyof Rows;
type Asked = Pick<TestDatabase, 'prisma'>;

/** What no root field leads to by itself, and labd's own. Changes are marked by themselves, once all rows are logged. */
const APART: ReadonlySet<Model> = new Set(['Authority', 'SealedSecret', 'Head', 'Change', 'Seal', 'MigrationLease']);

/** What decides what a row is, rather than what it says: a word of a few, that labd alone writes. */
const WORDS: ReadonlySet<string> = new Set([
  'Order kind',
  'Order outcome',
  'Sighting source',
  'Condition subjectKind',
  'Condition type',
  'InstallAttempt fromStatus',
  'Session openedBy',
  'ApplySetMember kind',
]);

/** All columns, in the order that marks count them by. */
const columns = Object.entries(tables).flatMap(([model, { columns: own }]) =>
  Object.entries(own).map(([field, { name, type }]) => ({ model: model as Model, field, name, type })),
);
type Column = (typeof columns)[number];

/** The columns of a kind that fields of the graph read as one of a few words. */
function enumsOf(model: Model): Set<string> {
  const type = schema.getType(model);
  const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
  const words = fields.filter((one) => isEnumType(getNullableType(one.type))).map(columnsReadBy);
  return new Set(words.filter(({ length }) => length === 1).flat());
}

const isWord = ({ model, field }: Column): boolean => WORDS.has(`${model} ${field}`) || enumsOf(model).has(field);

const text = (at: string, hash: string) => `'zq${at}' || substr(${hash}, 1, 9) || 'q'`;
const mac = (at: string, hash: string) =>
  `'0e:f${at[0]}:${at.slice(1)}:' || substr(${hash}, 1, 2) || ':' || substr(${hash}, 3, 2) || ':' || substr(${hash}, 5, 2)`;
const address = (at: string, hash: string) =>
  `('fd9a:1${at}:a' || substr(${hash}, 1, 3) || ':a' || substr(${hash}, 4, 3) || '::1')::inet`;

/** A hash that can be compared with, of nobody's password. */
const password = (at: string, hash: string) =>
  `'$argon2id$v=19$m=19456,t=2,p=1$' || ${text(at, hash)} || 'A$' || repeat('A', 43)`;

/** Columns that bear a mark as something of their form. */
const FORMED: Readonly<Record<string, typeof text>> = { mac, bootMac: mac, passwordHash: password };

/** How each type of column bears a mark: SQL of the column's number and of a hash of row and column. */
const bearing: Partial<Record<ColumnType, (at: string, hash: string) => string>> = {
  text,
  'text[]': (at, hash) => `ARRAY[${text(at, hash)}]`,
  jsonb: (at, hash) => `jsonb_build_object('mark', ${text(at, hash)})`,
  inet: address,
};

/** A column's mark as SQL, or undefined for a column that bears none. */
function markOf(column: Column, row: string): string | undefined {
  const at = columns.indexOf(column).toString(16).padStart(3, '0');
  const bear = FORMED[column.field] ?? bearing[column.type];
  return isWord(column) ? undefined : bear?.(at, `md5(${row} || '${column.name}')`);
}

const setsOf = (model: Model, row: string, only?: readonly string[]): string[] =>
  columns
    .filter((one) => one.model === model && (only?.includes(one.field) ?? true))
    .flatMap((one) => markOf(one, row)?.replace(/^/, `"${one.name}" = `) ?? []);

/** The columns that bear a mark, as `Server.serial`. */
export const markedColumns: readonly string[] = columns
  .filter((one) => !APART.has(one.model) && markOf(one, '') !== undefined)
  .map(({ model, field }) => `${model}.${field}`);

/** Marks every text of every hidden row. */
export async function markHidden({ prisma }: Asked): Promise<void> {
  const statements = Object.entries(tables).flatMap(([name, { table, columns: own }]) => {
    const model = name as Model;
    const sets = APART.has(model) ? [] : setsOf(model, 'id' in own ? 't.id::text' : 't::text');
    return sets.length === 0 ? [] : [`UPDATE "${table}" AS t SET ${sets.join(', ')} WHERE NOT (${isShown(model)})`];
  });
  // Parts before what they are parts of: which are seen depends on the whole's environment.
  for (const statement of statements.toReversed()) await prisma.$executeRawUnsafe(statement);
}

/** Marks what the change log says of hidden objects, but for what it was that was done. */
export async function markChanges({ prisma }: Asked): Promise<void> {
  const sets = setsOf('Change', 't.rev::text', ['name', 'cloud', 'environment', 'actor', 'requestId', 'address']);
  await prisma.$executeRawUnsafe(`UPDATE change AS t SET ${sets.join(', ')} WHERE NOT (${isShown('Change')})`);
}

/** All that is hidden, by id, with its kind. */
export async function hiddenIds({ prisma }: Asked): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [name, { table, columns: own }] of Object.entries(tables)) {
    if (APART.has(name as Model) || !('id' in own)) continue;
    const sql = `SELECT id::text AS id FROM "${table}" WHERE NOT (${isShown(name as Model)})`;
    for (const { id } of await prisma.$queryRawUnsafe<{ id: string }[]>(sql)) found.set(id, name);
  }
  return found;
}

const FORMS = [
  /zq([0-9a-f]{3})[0-9a-f]{9}q/gi,
  /fd9a:1([0-9a-f]{3})(?::a[0-9a-f]{3}){2}/gi,
  /0e:f([0-9a-f]:[0-9a-f]{2})(?::[0-9a-f]{2}){3}/gi,
];
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** What cursors and tokens say within: text that is base64url. */
const within = (said: string): string =>
  [...said.matchAll(/[\w-]{16,}/g)].map(([word]) => Buffer.from(word, 'base64url').toString('latin1')).join(' ');

/** The marks in a text, and the ids of what is hidden, each with what it stands in. */
export function findMarks(said: string, ids: ReadonlyMap<string, string>): Map<string, string> {
  const found = new Map<string, string>();
  const all = `${said} ${within(said)}`;
  for (const form of FORMS)
    for (const [mark, at] of all.matchAll(form)) {
      const column = columns[parseInt(at!.replace(':', ''), 16)];
      if (column) found.set(mark.toLowerCase(), `${column.model}.${column.field}`);
    }
  for (const [id] of all.matchAll(UUID)) {
    const model = ids.get(id.toLowerCase());
    if (model !== undefined) found.set(id.toLowerCase(), `${model}.id`);
  }
  return found;
}
