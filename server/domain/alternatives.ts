// Joins conditions of which one must hold, and turns conditions round, so that alternatives about one column are said at
// once: of several lists of alternatives PostgreSQL weighs each against each before it begins, which takes seconds for a
// thousand of them, and labd's own time to write them down is longer too.
import { allOf, type Comparison, isEverything, type Scalar, type Where } from './where.ts';

/** What no row meets, whatever its columns are. Prisma leaves it out in places: `unweighed` names a column instead. */
const none: Where = { OR: [] };

/** A condition that is one comparison of one column. */
interface Single {
  readonly column: string;
  readonly operator: keyof Comparison;
  readonly operand: unknown;
  /** Guarded by `{ not: null }`, since the column is nullable */
  readonly guarded: boolean;
  /** What must hold of the object that the column leads to, as whoever asks sees it */
  readonly beside?: Where;
}

const parts = (operand: unknown): readonly unknown[] => (Array.isArray(operand) ? operand : [operand]);
const plain = (operand: unknown): boolean => parts(operand).every((one) => one === null || typeof one !== 'object');
const ordered = (operand: unknown): boolean => typeof operand === 'number' || operand instanceof Date;
const least = (operands: readonly unknown[]) => operands.reduce((a, b) => ((b as number) < (a as number) ? b : a));
const greatest = (operands: readonly unknown[]) => operands.reduce((a, b) => ((b as number) > (a as number) ? b : a));

/** How alternatives of one operator become one comparison, and of which operands that can be said. */
interface Union {
  readonly operator: keyof Comparison;
  readonly of: (operand: unknown) => boolean;
  readonly join: (operands: readonly unknown[]) => unknown;
}
const union: Union['join'] = (operands) => [...new Set(operands.flatMap(parts))];
const unions: Partial<Record<keyof Comparison, Union>> = {
  equals: { operator: 'in', of: plain, join: union },
  in: { operator: 'in', of: plain, join: union },
  has: { operator: 'hasSome', of: plain, join: union },
  hasSome: { operator: 'hasSome', of: plain, join: union },
  // Texts have another order in the database.
  gt: { operator: 'gt', of: ordered, join: least },
  gte: { operator: 'gte', of: ordered, join: least },
  lt: { operator: 'lt', of: ordered, join: greatest },
  lte: { operator: 'lte', of: ordered, join: greatest },
};

const isGuard = (where: Where | undefined, column: string): boolean =>
  where !== undefined && (where[column] as Comparison | null | undefined)?.not === null;

function singleOf(where: Where): Single | undefined {
  const { AND } = where;
  if (AND?.length === 2) {
    const [first, second] = AND as [Where, Where];
    const inner = singleOf(second);
    if (inner && !inner.guarded && isGuard(first, inner.column)) return { ...inner, guarded: true };
    const leading = singleOf(first);
    const relation = leading?.column.replace(/Id$/, '');
    const about = leading?.guarded === true && leading.beside === undefined && Object.keys(second);
    return about && about.length === 1 && about[0] === relation ? { ...leading, beside: second } : undefined;
  }
  const [column, ...others] = Object.keys(where);
  if (column === undefined || others.length > 0 || column === 'OR' || column === 'NOT') return undefined;
  const comparison = where[column];
  if (typeof comparison !== 'object' || comparison === null || comparison instanceof Date) return undefined;
  const [operator, ...more] = Object.keys(comparison) as (keyof Comparison)[];
  if (operator === undefined || more.length > 0) return undefined;
  return { column, operator, operand: (comparison as Comparison)[operator], guarded: false };
}

/** Joins conditions of which at least one must hold; those that say the same of a column are joined into one. */
export function anyOf(...wheres: readonly Where[]): Where {
  if (wheres.some(isEverything)) return {};
  const others: Where[] = [];
  const groups = new Map<string, { union: Union; first: Single; operands: unknown[] }>();
  const add = (where: Where): void => {
    if (where.OR && Object.keys(where).length === 1) return where.OR.forEach(add);
    const single = singleOf(where);
    const union = single && unions[single.operator];
    if (!single || !union?.of(single.operand)) return void others.push(where);
    const key = JSON.stringify([single.column, union.operator, single.guarded, single.beside]);
    const group = groups.get(key);
    if (group) group.operands.push(single.operand);
    else groups.set(key, { union, first: single, operands: [single.operand] });
  };
  wheres.forEach(add);
  const joined = [...groups.values()].map(({ union, first, operands }): Where => {
    const { column, operator, operand, guarded, beside } = first;
    const comparison = operands.length === 1 ? { [operator]: operand } : { [union.operator]: union.join(operands) };
    const compared = { [column]: comparison as Comparison };
    const own: Where = guarded ? { AND: [{ [column]: { not: null } }, compared] } : compared;
    return beside ? { AND: [own, beside] } : own;
  });
  const all = [...joined, ...others];
  return all.length === 1 ? all[0]! : { OR: all };
}

/**
 * The exact opposite of a condition. What is turned round twice is as before, and an opposite of what all must hold is a
 * list of alternatives: said as one here, it is not one list more for the database.
 */
export function opposite(where: Where): Where {
  if (isEverything(where)) return none;
  const [key, ...more] = Object.keys(where);
  if (more.length > 0) return { NOT: where };
  const { AND, OR, NOT } = where;
  if (NOT) return NOT;
  if (AND) return anyOf(...AND.map(opposite));
  if (OR) return allOf(...OR.map(opposite));
  const condition = where[key!] as Comparison | Scalar;
  if (condition === null) return { [key!]: { not: null } };
  const single = singleOf(where);
  if (single?.operator !== 'not') return { NOT: where };
  return { [single.column]: single.operand === null ? null : { equals: single.operand as Scalar } };
}

/** Joins conditions that must all hold; those that rule out values of one column are joined into one. */
export function everyOf(...wheres: readonly Where[]): Where {
  const conditions = wheres.filter((where) => !isEverything(where));
  return conditions.length < 2 ? allOf(...conditions) : opposite(anyOf(...conditions.map(opposite)));
}

/** So many alternatives in several lists are weighed in no time. */
const FEW = 60;

/** Those within a condition, each list by its length; opposites are of single conditions here. */
const listsIn = ({ AND = [], OR }: Where): number[] => [
  ...[...AND, ...(OR ?? [])].flatMap(listsIn),
  ...(OR ? [OR.length] : []),
];

const beginning = (where: Where, never: Where): Where => {
  const { AND, OR } = where;
  if (AND) return { ...where, AND: AND.map((one) => beginning(one, never)) };
  return OR ? { ...where, OR: [never, ...OR.map((one) => beginning(one, never))] } : where;
};

/** The same condition with `never` in place of alternatives of which there are none. */
const naming = (where: Where, never: Where): Where => {
  const { AND, OR, NOT } = where;
  if (OR?.length === 0) return never;
  if (AND) return { ...where, AND: AND.map((one) => naming(one, never)) };
  if (OR) return { ...where, OR: OR.map((one) => naming(one, never)) };
  return NOT ? { ...where, NOT: naming(NOT, never) } : where;
};

/**
 * The same condition as the database takes it. What never holds is `never`, which names a column. And where several lists of
 * alternatives are many, they begin with `never`, that no index answers. The database takes an index for a list only if each alternative has one, so it goes on to the rows at
 * the first, in place of weighing all ways to join the lists' indexes, for seconds.
 */
export function unweighed(given: Where, never: Where): Where {
  const where = naming(given, never);
  const lists = listsIn(where);
  const many = lists.length > 1 && lists.reduce((sum, length) => sum + length, 0) > FEW;
  return many ? beginning(where, never) : where;
}
