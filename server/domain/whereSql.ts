// A condition on one row as SQL, for statements that Prisma cannot say.
import { Prisma } from '../store/generated/client.ts';
import type { Comparison, Scalar, Where } from './where.ts';

/** The columns that a condition may name, none of which is ever NULL. */
export type Columns = Readonly<Record<string, Prisma.Sql>>;

const operators: Readonly<Record<string, (column: Prisma.Sql, operand: Scalar | readonly Scalar[]) => Prisma.Sql>> = {
  startsWith: (column, text) => Prisma.sql`${column} LIKE ${`${String(text)}%`}`,
  gt: (column, value) => Prisma.sql`${column} > ${value}`,
  lt: (column, value) => Prisma.sql`${column} < ${value}`,
  lte: (column, value) => Prisma.sql`${column} <= ${value}`,
  in: (column, values) => Prisma.sql`${column} = ANY(${values}::text[])`,
};

const joined = (parts: readonly Prisma.Sql[], by: string, none: string): Prisma.Sql =>
  parts.length === 0 ? Prisma.raw(none) : Prisma.sql`(${Prisma.join([...parts], by)})`;

/** A condition as SQL. Throws when it names a column that is not among them, or compares it as no operator here does. */
export function sqlOf(where: Where, columns: Columns): Prisma.Sql {
  const below = (one: Where) => sqlOf(one, columns);
  const parts = Object.entries(where).map(([key, condition]) => {
    if (key === 'AND') return joined((condition as Where[]).map(below), ' AND ', 'true');
    if (key === 'OR') return joined((condition as Where[]).map(below), ' OR ', 'false');
    if (key === 'NOT') return Prisma.sql`NOT ${below(condition as Where)}`;
    const column = columns[key];
    if (!column) throw new Error(`No statement searches by ${key}`);
    if (typeof condition !== 'object') return Prisma.sql`${column} = ${condition}`;
    const compared = Object.entries(condition as Comparison).map(([operator, operand]) => {
      const compare = operators[operator];
      if (!compare) throw new Error(`No statement compares ${key} by ${operator}`);
      return compare(column, operand as Scalar);
    });
    return joined(compared, ' AND ', 'true');
  });
  return joined(parts, ' AND ', 'true');
}
