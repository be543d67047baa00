// The latest changes of each of some objects, so many of each, in one statement.
import { Prisma, type Change } from '../store/generated/client.ts';
import type { Comparison, Scalar, Where } from './where.ts';
import type { Reader } from '../store/changes.ts';

const columns: Readonly<Record<string, Prisma.Sql>> = {
  rev: Prisma.raw('c.rev'),
  name: Prisma.raw('c.name'),
  cloud: Prisma.raw('c.cloud'),
  environment: Prisma.raw('c.environment'),
  count: Prisma.raw('c.count'),
};

const operators: Readonly<Record<string, (column: Prisma.Sql, operand: Scalar | readonly Scalar[]) => Prisma.Sql>> = {
  startsWith: (column, text) => Prisma.sql`${column} LIKE ${`${String(text)}%`}`,
  gt: (column, value) => Prisma.sql`${column} > ${value}`,
  lt: (column, value) => Prisma.sql`${column} < ${value}`,
  lte: (column, value) => Prisma.sql`${column} <= ${value}`,
  in: (column, values) => Prisma.sql`${column} = ANY(${values}::text[])`,
};

const joined = (parts: readonly Prisma.Sql[], by: string, none: string): Prisma.Sql =>
  parts.length === 0 ? Prisma.raw(none) : Prisma.sql`(${Prisma.join([...parts], by)})`;

/** A condition on where a change was, as SQL. */
function sqlOf(where: Where): Prisma.Sql {
  const parts = Object.entries(where).map(([key, condition]) => {
    if (key === 'AND') return joined((condition as Where[]).map(sqlOf), ' AND ', 'true');
    if (key === 'OR') return joined((condition as Where[]).map(sqlOf), ' OR ', 'false');
    if (key === 'NOT') return Prisma.sql`NOT ${sqlOf(condition as Where)}`;
    const column = columns[key];
    if (!column) throw new Error(`The change log cannot be searched by ${key}`);
    if (typeof condition !== 'object') return Prisma.sql`${column} = ${condition}`;
    return joined(
      Object.entries(condition as Comparison).map(([operator, operand]) =>
        operators[operator]!(column, operand as Scalar),
      ),
      ' AND ',
      'true',
    );
  });
  return joined(parts, ' AND ', 'true');
}

export interface Latest {
  readonly kind: string;
  readonly ids: readonly string[];
  readonly where: Where;
  readonly direction: 'asc' | 'desc';
  readonly take: number;
}

/** The latest changes (or the first) of each object that meet a condition. Refusals are none of its history. */
export function latestChanges(client: Reader, { kind, ids, where, direction, take }: Latest): Promise<Change[]> {
  return client.$queryRaw<Change[]>`
    SELECT l.* FROM unnest(${[...new Set(ids)]}::text[]) AS o(id) CROSS JOIN LATERAL (
      SELECT c.rev, c.tx_id AS "txId", c.n, c.kind, c.object_id AS "objectId", c.name, c.cloud, c.environment,
             c.operation, c.action, c.outcome, c.before, c.after, c.shape, c.actor, c.request_id AS "requestId",
             c.address, c.count, c.closed, c.at
        FROM change c WHERE c.kind = ${kind} AND c.object_id = o.id::uuid AND c.outcome = 'DONE' AND ${sqlOf(where)}
       ORDER BY c.rev ${Prisma.raw(direction)} LIMIT ${take}) l`;
}
