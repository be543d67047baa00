// Reading objects: all of a kind, page by page, or some by name.
import { CliError } from '../terminal/errors.ts';
import type { KindView, ListVariables, Row, Shape } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';
import { references } from './references.ts';

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

/** An object that is not there, and how to see those that are. */
export class NotFound extends CliError {
  readonly view: KindView;
  readonly called: string;

  constructor(view: KindView, called: string) {
    const { field, plural } = view.kind;
    super('notFound', `${field} "${called}" not found`, (lab) => `See what there is: ${lab} get ${plural}`);
    this.view = view;
    this.called = called;
  }

  /** The same failure, or what the object is called now. */
  async clarify(client: Client): Promise<CliError> {
    return (await import('./renamed.ts')).toldApart(client, this);
  }
}

/** One object by what it was called, `taken` says by what it may be. Throws NotFound when there is none, and CliError when several are called so. */
export async function findOne<R>(
  run: (by: Record<string, string>) => Promise<{ one: R | null }>,
  view: KindView,
  called: string,
  taken?: readonly string[],
): Promise<R> {
  for (const by of references(view, called, taken)) {
    const { one } = await run(by);
    if (one) return one;
  }
  throw new NotFound(view, called);
}

/**
 * Those of some objects that are there, in the order they were called, and of the others why not. Throws what goes wrong
 * otherwise.
 */
export async function findSome<R>(
  run: (by: Record<string, string>) => Promise<{ one: R | null }>,
  view: KindView,
  names: readonly string[],
): Promise<{ rows: R[]; missing: NotFound[] }> {
  const missing: NotFound[] = [];
  const found = names.map((name) =>
    findOne(run, view, name).catch((error: unknown) => {
      if (!(error instanceof NotFound)) throw error;
      missing.push(error);
      return undefined;
    }),
  );
  const rows = (await Promise.all(found)).filter((row) => row !== undefined);
  return { rows, missing: missing.toSorted((a, b) => names.indexOf(a.called) - names.indexOf(b.called)) };
}
