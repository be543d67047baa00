// Conditions on one row, in the form of a Prisma `where`, and the same conditions evaluated in memory. A list asks the
// database, a watch asks `matches` of the rows in the change log: one form for both keeps them from disagreeing.

/** A value that a column is compared with. */
export type Scalar = string | number | boolean | bigint | Date | null;

/** A comparison of one column; all parts must hold. */
export interface Comparison {
  equals?: Scalar;
  not?: Scalar;
  in?: readonly Scalar[];
  /** Both as `likeable` makes them */
  startsWith?: string;
  contains?: string;
  gt?: Scalar;
  gte?: Scalar;
  lt?: Scalar;
  lte?: Scalar;
  /** The array column holds this value */
  has?: string;
  /** The array column holds one of these values */
  hasSome?: readonly string[];
}

/** Conditions on the columns of one row; all must hold. */
export interface Where {
  AND?: readonly Where[];
  OR?: readonly Where[];
  NOT?: Where;
  [column: string]: Comparison | Scalar | readonly Where[] | Where | undefined;
}

/** Whether the database can hold a text: PostgreSQL's have no NUL, and it takes none to compare with either. */
export const storable = (text: string): boolean => !text.includes('\u0000');

/**
 * A `where` that no row meets. It names a column: no alternatives at all (`OR: []`) would be left out by Prisma below a
 * relation, which would then lead to everything.
 */
export const nothing: Where = { id: { in: [] } };

/** Whether a `where` is met by every row, having no conditions. */
export const isEverything = (where: Where): boolean => Object.keys(where).length === 0;

/** Joins conditions, leaving out what is always true. */
export function allOf(...wheres: readonly Where[]): Where {
  const conditions = wheres.filter((where) => !isEverything(where));
  return conditions.length < 2 ? (conditions[0] ?? {}) : { AND: conditions };
}

type Row = Readonly<Record<string, unknown>>;

const comparable = (value: unknown): string | number | bigint =>
  value instanceof Date ? value.getTime() : (value as string | number | bigint);

/** A text as `startsWith` and `contains` take it: SQL's LIKE, which Prisma makes of them, would read % and _ as wildcards. */
export const likeable = (text: string): string => text.replace(/[\\%_]/g, '\\$&');
const literal = (text: string): string => text.replace(/\\([\\%_])/g, '$1');

const comparisons: Record<keyof Comparison, (value: unknown, operand: never) => boolean> = {
  equals: (value, operand: Scalar) => comparable(value) === comparable(operand),
  not: (value, operand: Scalar) => comparable(value) !== comparable(operand),
  in: (value, operand: readonly Scalar[]) => operand.includes(value as Scalar),
  startsWith: (value, operand: string) => typeof value === 'string' && value.startsWith(literal(operand)),
  contains: (value, operand: string) => typeof value === 'string' && value.includes(literal(operand)),
  gt: (value, operand: Scalar) => value != null && comparable(value) > comparable(operand),
  gte: (value, operand: Scalar) => value != null && comparable(value) >= comparable(operand),
  lt: (value, operand: Scalar) => value != null && comparable(value) < comparable(operand),
  lte: (value, operand: Scalar) => value != null && comparable(value) <= comparable(operand),
  has: (value, operand: string) => Array.isArray(value) && value.includes(operand),
  hasSome: (value, operand: readonly string[]) => Array.isArray(value) && operand.some((one) => value.includes(one)),
};

const isComparison = (condition: unknown): condition is Comparison =>
  typeof condition === 'object' && condition !== null && !(condition instanceof Date);

function meets(value: unknown, condition: unknown): boolean {
  if (!isComparison(condition)) return comparable(value) === comparable(condition);
  return Object.entries(condition).every(([operator, operand]) =>
    comparisons[operator as keyof Comparison](value, operand as never),
  );
}

/**
 * Whether a row meets a `where`. Conditions on relations are not supported, nor are comparisons that SQL would answer
 * with NULL: whoever compiles a `where` for a nullable column guards it with `{ not: null }`.
 */
export function matches(where: Where, row: Row): boolean {
  return Object.entries(where).every(([key, condition]) => {
    if (key === 'AND') return (condition as Where[]).every((one) => matches(one, row));
    if (key === 'OR') return (condition as Where[]).some((one) => matches(one, row));
    if (key === 'NOT') return !matches(condition as Where, row);
    return meets(row[key] ?? null, condition);
  });
}
