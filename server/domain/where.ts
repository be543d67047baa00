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
  /** Of texts: upper and lower case are the same */
  mode?: 'insensitive';
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

type Test<T> = (value: T) => boolean;

const ordered =
  (holds: (a: string | number | bigint, b: string | number | bigint) => boolean) =>
  (operand: Scalar): Test<unknown> => {
    const than = comparable(operand);
    return (value) => value != null && holds(comparable(value), than);
  };

const equals = (operand: Scalar): Test<unknown> => {
  const to = comparable(operand);
  return (value) => comparable(value) === to;
};

/** Makes a test of each comparison's operand, once for all the rows that it is asked of. */
const comparisons: Record<Exclude<keyof Comparison, 'mode'>, (operand: never) => Test<unknown>> = {
  equals,
  not: (operand: Scalar) => {
    const isEqual = equals(operand);
    return (value) => !isEqual(value);
  },
  in: (operand: readonly Scalar[]) => {
    const among = new Set(operand);
    return (value) => among.has(value as Scalar);
  },
  startsWith: (operand: string) => {
    const start = literal(operand);
    return (value) => typeof value === 'string' && value.startsWith(start);
  },
  contains: (operand: string) => {
    const part = literal(operand);
    return (value) => typeof value === 'string' && value.includes(part);
  },
  gt: ordered((a, b) => a > b),
  gte: ordered((a, b) => a >= b),
  lt: ordered((a, b) => a < b),
  lte: ordered((a, b) => a <= b),
  has: (operand: string) => (value) => Array.isArray(value) && value.includes(operand),
  hasSome: (operand: readonly string[]) => {
    const among = new Set<unknown>(operand);
    return (value) => Array.isArray(value) && value.some((one) => among.has(one));
  },
};

const isComparison = (condition: unknown): condition is Comparison =>
  typeof condition === 'object' && condition !== null && !(condition instanceof Date);

const every =
  <T>(tests: readonly Test<T>[]): Test<T> =>
  (value) =>
    tests.every((test) => test(value));

const lowered = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

function comparing(condition: unknown): Test<unknown> {
  if (!isComparison(condition)) return equals(condition as Scalar);
  const { mode, ...operators } = condition;
  const same = mode ? lowered : (value: unknown) => value;
  return every(
    (Object.entries(operators) as [keyof typeof comparisons, unknown][]).map(([operator, operand]) => {
      const isMet = comparisons[operator](same(operand) as never);
      return mode ? (value) => isMet(lowered(value)) : isMet;
    }),
  );
}

/**
 * Makes a test of a `where`, once for all the rows that it is asked of. `onEdge` makes that of a condition on a relation,
 * and answers undefined for a column. Comparisons that SQL would answer with NULL are not supported: whoever compiles a
 * `where` for a nullable column guards it with `{ not: null }`.
 */
export function testOf<R extends Row>(
  where: Where,
  onEdge: (name: string, condition: unknown) => Test<R> | undefined = () => undefined,
): Test<R> {
  const below = (one: Where) => testOf(one, onEdge);
  return every(
    Object.entries(where).map(([key, condition]): Test<R> => {
      if (key === 'AND') return every((condition as Where[]).map(below));
      if (key === 'OR') {
        const tests = (condition as Where[]).map(below);
        return (row) => tests.some((test) => test(row));
      }
      if (key === 'NOT') {
        const isMet = below(condition as Where);
        return (row) => !isMet(row);
      }
      const edge = onEdge(key, condition);
      if (edge) return edge;
      const isMet = comparing(condition);
      return (row) => isMet(row[key] ?? null);
    }),
  );
}

/** Whether a row meets a `where` that has no conditions on relations. */
export const matches = (where: Where, row: Row): boolean => testOf(where)(row);
