// Searches of rows in memory with the conditions and orders that Prisma takes.
import type { Where } from '../../server/domain/where.ts';
import type { Find, Row } from '../base/rows.ts';
import { relation } from './models.ts';

/** The kinds that conditions and selections lead to from one, through relations. */
export function modelsIn(
  model: string,
  find: { where?: Where; select?: Record<string, unknown> },
  found: Set<string>,
): Set<string> {
  found.add(model);
  const into = (where: Where | undefined): void => {
    for (const [key, condition] of Object.entries(where ?? {})) {
      if (key === 'AND' || key === 'OR') for (const one of condition as Where[]) into(one);
      else if (key === 'NOT') into(condition as Where);
      else {
        const edge = relation(model, key);
        if (edge)
          modelsIn(edge.to, { where: edge.many ? (condition as { some: Where }).some : (condition as Where) }, found);
      }
    }
  };
  into(find.where);
  for (const [key, value] of Object.entries(find.select ?? {})) {
    const edge = relation(model, key);
    if (edge) modelsIn(edge.to, value as Find, found);
  }
  return found;
}

/** The ids that a condition keeps to, when it says so at its top. */
export function idsIn(where: Where): readonly string[] | undefined {
  const own = where['id'] as { in?: readonly string[] } | string | undefined;
  if (typeof own === 'object' && own.in) return own.in;
  for (const one of where.AND ?? []) {
    const ids = idsIn(one);
    if (ids) return ids;
  }
  return undefined;
}

const ordinal = (value: unknown) => (value instanceof Date ? value.getTime() : (value as string | number | bigint));

/** Compares rows by an order as Prisma takes it. */
export function byOrder(orderBy: readonly Record<string, 'asc' | 'desc'>[]): (a: Row, b: Row) => number {
  const orders = orderBy.flatMap((one) => Object.entries(one));
  return (a, b) => {
    for (const [column, direction] of orders) {
      const [x, y] = [ordinal(a[column]), ordinal(b[column])];
      if (x !== y) return x < y === (direction === 'asc') ? -1 : 1;
    }
    return 0;
  };
}
