// Relay connections by keyset: a cursor is the order's value and the id of a row, and a page continues after them.
// Prisma's own cursors are not used: they drop rows when the cursor's row has left the filter or is gone.
import { GraphQLError } from 'graphql';
import { type Scalar, storable, type Where } from '../../server/domain/where.ts';
import { builder } from '../base/builder.ts';
import { isUuid } from '../base/ids.ts';
import type { Row } from '../base/rows.ts';
import type { Sizes } from '../base/sizes.ts';

/** One order that a kind offers: a NOT NULL column that has an index ending in id. */
export interface OrderBy {
  readonly column: string;
  readonly description: string;
  /** No two rows share a value: the id is not needed to break ties */
  readonly unique?: boolean;
  /** What the column holds; texts when absent */
  readonly type?: keyof typeof readers;
}

export type Orders = Readonly<Record<string, OrderBy>>;

export interface PageArgs {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

/** A page to load: how many rows, in which order, from where. */
export interface PageRequest {
  readonly size: number;
  /** Read from the end, then turned round */
  readonly backward: boolean;
  readonly order: OrderBy;
  readonly direction: 'asc' | 'desc';
  /** Disjoint index ranges that make up the page, in order; each is a condition of its own */
  readonly segments: readonly Where[];
}

/** A loaded page, as the connection types resolve it. */
export interface Page {
  readonly rows: readonly Row[];
  readonly request: PageRequest;
  readonly more: boolean;
  readonly continued: boolean;
  /** Counts all rows of the list; runs only when it is selected */
  readonly count: () => Promise<number>;
  readonly revision: string | null;
}

const defaultPageSize = 100;
export const maxPageSize = 1000;

/** What the field of a connection says of its size. */
export const paged: Sizes = { page: { arguments: ['first', 'last'], otherwise: defaultPageSize } };

const invalid = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });

function pageSize(name: string, size: number): number {
  if (size >= 1 && size <= maxPageSize) return size;
  throw invalid(`"${name}" is ${size}; it must be from 1 to ${maxPageSize}. Follow pageInfo with "after" for more.`);
}

/** The cursor of a row under an order. */
export function encodeCursor(order: OrderBy, row: Row): string {
  const value = row[order.column];
  return Buffer.from(
    JSON.stringify([order.column, typeof value === 'bigint' ? String(value) : value, row.id]),
  ).toString('base64url');
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const LARGEST_INT = 2 ** 31 - 1;

/** The value of a cursor as the database compares it, by what the column holds; undefined for what is none of it. */
const readers = {
  text: (value: unknown) => (typeof value === 'string' && storable(value) ? value : undefined),
  number: (value: unknown) =>
    Number.isInteger(value) && Math.abs(value as number) <= LARGEST_INT ? (value as number) : undefined,
  counter: (value: unknown) => (typeof value === 'string' && /^\d{1,18}$/.test(value) ? BigInt(value) : undefined),
  moment: (value: unknown) => {
    const moment = typeof value === 'string' && MOMENT.test(value) ? new Date(value) : undefined;
    return Number.isNaN(moment?.getTime()) ? undefined : moment;
  },
} satisfies Record<string, (value: unknown) => Scalar | undefined>;

function decodeCursor(order: OrderBy, cursor: string, name: string): { value: Scalar; id: string } {
  try {
    const [column, given, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    const value = readers[order.type ?? 'text'](given);
    if (column === order.column && value !== undefined && typeof id === 'string' && isUuid(id)) return { value, id };
  } catch {
    // Not JSON: answered like any other cursor that is not ours.
  }
  throw invalid(`"${name}" is not a cursor of this list in this order. Take it from pageInfo of a page, unchanged.`);
}

/**
 * The page that the arguments ask for. Throws BAD_USER_INPUT for sizes out of range and for foreign cursors.
 * After a cursor (x, id) come the rest of the rows with the value x, then those with greater values: two ranges of the
 * index, where the one condition with OR would have to read and drop every row before.
 */
export function parsePageArgs(args: PageArgs, order: OrderBy, direction: 'asc' | 'desc'): PageRequest {
  if (args.first != null && args.last != null) throw invalid('Give "first" or "last", not both.');
  if (args.after != null && args.before != null) throw invalid('Give "after" or "before", not both.');
  const backward = args.last != null || (args.before != null && args.first == null);
  const size = backward
    ? pageSize('last', args.last ?? defaultPageSize)
    : pageSize('first', args.first ?? defaultPageSize);
  if (backward ? args.after != null : args.before != null) {
    throw invalid(backward ? '"last" goes with "before".' : '"first" goes with "after".');
  }
  const ascending = (direction === 'asc') !== backward;
  const request = { size, backward, order, direction: ascending ? ('asc' as const) : ('desc' as const) };
  const cursor = args.after ?? args.before;
  if (cursor == null) return { ...request, segments: [{}] };
  const { value, id } = decodeCursor(order, cursor, backward ? 'before' : 'after');
  const beyond = (limit: Scalar) => (ascending ? { gt: limit } : { lt: limit });
  const greater = { [order.column]: beyond(value) };
  if (order.unique) return { ...request, segments: [greater] };
  return { ...request, segments: [{ [order.column]: value, id: beyond(id) }, greater] };
}

/** Prisma's orderBy for a page. */
export const pageOrder = ({ order, direction }: PageRequest): Record<string, 'asc' | 'desc'>[] =>
  order.unique ? [{ [order.column]: direction }] : [{ [order.column]: direction }, { id: direction }];

/** Makes a page of rows that were read in the request's order, one more than its size when there are more. */
export function toPage(
  request: PageRequest,
  found: readonly Row[],
  count: () => Promise<number>,
  revision: string | null = null,
): Page {
  const more = found.length > request.size;
  const rows = more ? found.slice(0, request.size) : [...found];
  if (request.backward) rows.reverse();
  return { rows, request, more, continued: request.segments[0] !== undefined && !isFirst(request), count, revision };
}

const isFirst = (request: PageRequest) =>
  request.segments.length === 1 && Object.keys(request.segments[0]!).length === 0;

export const PageInfo = builder.objectRef<Page>('PageInfo').implement({
  description: 'Where a page lies in its list.',
  fields: (t) => ({
    hasNextPage: t.boolean({
      description: 'Whether rows follow: give `endCursor` as `after` to get them.',
      resolve: ({ request, more, continued }) => (request.backward ? continued : more),
    }),
    hasPreviousPage: t.boolean({
      description: 'Whether rows come before: give `startCursor` as `before`, with `last`, to get them.',
      resolve: ({ request, more, continued }) => (request.backward ? more : continued),
    }),
    startCursor: t.string({
      nullable: true,
      description: "The first row's cursor; null on an empty page.",
      resolve: ({ rows, request }) => (rows[0] ? encodeCursor(request.order, rows[0]) : null),
    }),
    endCursor: t.string({
      nullable: true,
      description: "The last row's cursor; null on an empty page.",
      resolve: ({ rows, request }) => (rows.length > 0 ? encodeCursor(request.order, rows.at(-1)!) : null),
    }),
  }),
});

/** The arguments that every list takes to say which page. */
export const pageArgs = builder.args((t) => ({
  first: t.int({ description: `How many rows, from the start: 1 to ${maxPageSize}, by default ${defaultPageSize}.` }),
  after: t.string({ description: 'Continue after this cursor, with `first`.' }),
  last: t.int({ description: `How many rows, from the end: 1 to ${maxPageSize}.` }),
  before: t.string({ description: 'Continue before this cursor, with `last`.' }),
}));
