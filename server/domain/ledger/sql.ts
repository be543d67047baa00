// Statements over whole sets of rows, derived from the columns of their tables. Portable: PostgreSQL, PGlite, CockroachDB.
import type { Prisma } from '../../store/generated/client.ts';
import type { ColumnType, Rows } from '../../store/generated/columns.ts';
import { columnsOf, tableNameOf, type Column, type RowKind } from './columns.ts';

type Client = Prisma.TransactionClient;

/** Between the elements of an array on its way into the database: a character that validation takes out of texts. */
const SEPARATOR = '\u001f';

/** A column as statements name it: some are called like keywords. */
const quoted = ({ name }: Column) => `"${name}"`;

/** The rows that meet a condition on the alias `t`, fields named as Prisma does. */
export function select<K extends RowKind>(
  client: Client,
  kind: K,
  condition: string,
  ...values: unknown[]
): Promise<Rows[K][]> {
  const list = columnsOf(kind).map((column) => `t.${quoted(column)} AS "${column.field}"`);
  return client.$queryRawUnsafe(`SELECT ${list.join(', ')} FROM ${tableNameOf(kind)} t WHERE ${condition}`, ...values);
}

/** A statement's `unnest`: one array of text per column, cast where it is read. */
export function unnest(columns: readonly Column[]): { from: string; casts: string[] } {
  const names = columns.map(quoted);
  const arrays = columns.map((_, i) => `$${i + 1}::text[]`);
  return {
    from: `unnest(${arrays.join(', ')}) AS u(${names.join(', ')})`,
    casts: columns.map((column) => cast(`u.${quoted(column)}`, column.type)),
  };
}

const cast = (name: string, type: ColumnType): string => {
  if (type === 'text') return name;
  return type === 'text[]' ? `string_to_array(${name}, '${SEPARATOR}')` : `${name}::${type}`;
};

/** The arrays that an `unnest` of these columns takes, one element per row. */
export function toArrays(columns: readonly Column[], rows: readonly object[]): (string | null)[][] {
  return columns.map(({ field, type }) => rows.map((row) => encode((row as Record<string, unknown>)[field], type)));
}

function encode(value: unknown, type: ColumnType): string | null {
  if (value === null || value === undefined) return null;
  if (type === 'jsonb') return JSON.stringify(value);
  if (type === 'text[]') return (value as string[]).join(SEPARATOR);
  return value instanceof Date ? value.toISOString() : String(value);
}

/**
 * Inserts rows and updates those that exist, provided that they are so many versions behind; returns how many it took.
 * Rows go in the order of their ids, so that two writers never wait for each other in a circle.
 */
export async function upsert<K extends RowKind>(
  client: Client,
  kind: K,
  rows: readonly Rows[K][],
  behind: number,
): Promise<number> {
  const columns = columnsOf(kind);
  const { from, casts } = unnest(columns);
  const names = columns.map(quoted);
  const set = names.filter((name) => name !== '"id"').map((name) => `${name} = excluded.${name}`);
  const table = tableNameOf(kind);
  const sorted = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return client.$executeRawUnsafe(
    `INSERT INTO ${table} (${names.join(', ')}) SELECT ${casts.join(', ')} FROM ${from}
     ON CONFLICT (id) DO UPDATE SET ${set.join(', ')} WHERE ${table}.version = excluded.version - ${behind}`,
    ...toArrays(columns, sorted),
  );
}

/** Deletes rows by id; returns how many there were. */
export const remove = (client: Client, kind: RowKind, ids: readonly string[]): Promise<number> =>
  client.$executeRawUnsafe(`DELETE FROM ${tableNameOf(kind)} WHERE id = ANY($1::uuid[])`, ids.toSorted());

/**
 * Locks rows, without waiting: whoever holds one, in another labd, may be waiting for the head that we hold. Throws
 * what makes `write` begin again, which lets them go first.
 */
export async function lock(client: Client, kind: RowKind, ids: readonly string[]): Promise<void> {
  const sql = `SELECT id FROM ${tableNameOf(kind)} WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE NOWAIT`;
  await retryIfLost(client.$queryRawUnsafe(sql, ids));
}

/** 55P03: locked by another. 23505: another was first with a unique name. 23503: what a row refers to has gone. */
const LOST = new Set(['55P03', '23505', '23503']);

/** Turns losing against another transaction into what makes `write` begin again. */
export async function retryIfLost<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const fault = error as { meta?: { driverAdapterError?: { cause?: { originalCode?: string } } } };
    if (LOST.has(fault.meta?.driverAdapterError?.cause?.originalCode ?? ''))
      throw retryError('another transaction was first', error);
    throw error;
  }
}

/** An error that makes `write` begin again, having re-read everything. */
export const retryError = (why: string, cause?: unknown): Error =>
  Object.assign(new Error(`To be tried again: ${why}`, { cause }), { code: '40001' });
