// Reading objects: all of a kind, page by page, or some by name.
import { CliError } from '../terminal/errors.ts';
import type { KindView, ListVariables, Row, Shape } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';
import { reference } from './references.ts';

/** Rows per page: what hangs on each makes a page dear, and labd bounds what one costs. */
const pageSizeOf = ({ wide, full }: Shape): number => (full ? 50 : wide ? 100 : 500);

export interface Query {
  readonly shape: Shape;
  readonly filter: object | undefined;
  readonly orderBy: ListVariables['orderBy'];
  /** At most so many; all when undefined */
  readonly limit: number | undefined;
}

/** All objects of a kind that meet the query, however many pages they take. */
export async function listAll(
  client: Client,
  view: KindView,
  { shape, filter, orderBy, limit = Infinity }: Query,
): Promise<Row[]> {
  const rows: Row[] = [];
  const pageSize = pageSizeOf(shape);
  let after: string | null | undefined;
  while (rows.length < limit) {
    const first = Math.min(pageSize, limit - rows.length);
    const { page } = await client.run(view.documents.list, { ...shape, first, after, filter, orderBy } as never);
    rows.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) break;
    after = page.pageInfo.endCursor;
  }
  return rows;
}

/** Says that an object is not there, and how to see those that are. */
export const notFound = ({ kind }: KindView, called: string): CliError =>
  new CliError(
    'notFound',
    `${kind.field} "${called}" not found`,
    (lab) => `See what there is: ${lab} get ${kind.plural}`,
  );

/** One object by what it was called: what looks like a MAC may be a name all the same. Throws CliError when there is none. */
export async function findOne<R>(
  run: (by: Record<string, string>) => Promise<{ one: R | null }>,
  view: KindView,
  called: string,
): Promise<R> {
  const by = reference(view, called);
  const { one } = await run(by);
  if (one) return one;
  const named = by['mac'] ? (await run({ name: called.toLowerCase() })).one : null;
  if (named) return named;
  throw notFound(view, called);
}
