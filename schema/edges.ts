// The graph's edges: how one kind's rows lead to another's, loaded for all parents in a constant number of statements
// and always through the door of the kind that they lead to.
import type { GraphQLResolveInfo } from 'graphql';
import type { Context } from './context.ts';
import { allOf, type Where } from '../server/domain/where.ts';
import { placesFor } from './access.ts';
import { builder } from './builder.ts';
import { catalog, type KindName } from './catalog.ts';
import { type Page, pageArgs, type PageArgs, pageOrder, pageRequest, type Row, toPage } from './connection.ts';
import { type Delegate, delegate } from './delegate.ts';
import type { Resource } from './resource.ts';
import { type Columns, objectColumns, pageColumns } from './selection.ts';

/** An edge to at most one object: the parent's column that holds its id. */
export interface ToOne {
  readonly key: string;
  readonly description: string;
}

/** An edge to many objects. */
export interface ToMany {
  /** The kind it leads from */
  readonly from: KindName;
  /** Prisma's name of the relation, on the kind it leads from */
  readonly relation: string;
  /** The column of the far kind that holds the parent's id */
  readonly key: string;
  /**
   * Whether the machine itself bounds it (disks, NICs): then all are read and cut in memory. One that grows with the
   * fleet is cut by the database, parent by parent, in one lateral join.
   */
  readonly bounded: boolean;
  readonly description: string;
}

export interface ListArgs extends PageArgs {
  filter?: Record<string, unknown> | null;
  orderBy?: { field: string; direction: 'ASC' | 'DESC' } | null;
}

/** The `where` that keeps to what the caller may see of a kind. */
export const visible = (context: Context, { kind, access }: Resource): Where =>
  access(placesFor(context.caller.scope, 'read', kind));

/** The page that a list's arguments ask for, under the order they name or the kind's first. */
export function requestPage(resource: Resource, args: ListArgs) {
  const order = args.orderBy ? resource.orders[args.orderBy.field]! : Object.values(resource.orders)[0]!;
  return pageRequest(args, order, args.orderBy?.direction === 'DESC' ? 'desc' : 'asc');
}

/** The fields of an edge to one object, null when there is none or the caller may not see it. */
export function toOne(target: () => Resource, edge: ToOne) {
  return {
    description: edge.description,
    nullable: true as const,
    extensions: { columns: [edge.key] },
    resolve: (parent: unknown, _args: unknown, context: Context, info: GraphQLResolveInfo) => {
      const id = (parent as Row)[edge.key] as string | null;
      if (id == null) return null;
      const resource = target();
      return context.batches.load(info, id, async (ids: readonly string[]) => {
        const where = allOf({ id: { in: [...new Set(ids)] } }, visible(context, resource));
        const select = objectColumns(info, resource.kind);
        const rows = await delegate(context.database.prisma, resource.kind).findMany({ where, select });
        const byId = new Map(rows.map((row) => [row.id, row]));
        return (one: string) => byId.get(one) ?? null;
      });
    },
  };
}

interface Load {
  table: Delegate;
  from: Delegate;
  where: Where;
  select: Columns;
  request: ReturnType<typeof pageRequest>;
}

const grouped = (rows: readonly Row[], key: string) => {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row[key] as string);
    if (group) group.push(row);
    else groups.set(row[key] as string, [row]);
  }
  return groups;
};

/** All rows of all parents, in one statement. */
async function loadBounded(edge: ToMany, ids: string[], { table, where, select, request }: Load) {
  const range: Where = request.segments.length > 1 ? { OR: request.segments } : request.segments[0]!;
  const rows = await table.findMany({
    where: allOf({ [edge.key]: { in: ids } }, where, range),
    select: { ...select, [edge.key]: true },
    orderBy: pageOrder(request),
  });
  return grouped(rows, edge.key);
}

/** One page of rows per parent, cut by the database: one statement for each range of the index. */
async function loadLarge(edge: ToMany, ids: string[], { from, where, select, request }: Load) {
  const groups = new Map<string, Row[]>();
  for (const segment of request.segments) {
    const parents = await from.findMany({
      where: { id: { in: ids } },
      select: {
        id: true,
        [edge.relation]: {
          where: allOf(where, segment),
          orderBy: pageOrder(request),
          take: request.size + 1,
          select,
        },
      },
      relationLoadStrategy: 'join',
    });
    for (const parent of parents) {
      groups.set(parent.id, [...(groups.get(parent.id) ?? []), ...(parent[edge.relation] as Row[])]);
    }
  }
  return groups;
}

/** The fields of an edge to many objects: a connection. */
export function toMany(target: () => Resource, edge: ToMany) {
  const { connection, filter, orderBy } = target();
  return {
    type: connection,
    description: edge.description,
    args: {
      ...pageArgs,
      filter: builder.args((t) => ({ f: t.field({ type: filter.ref, description: 'Only those that meet it.' }) })).f,
      orderBy: builder.args((t) => ({ o: t.field({ type: orderBy, description: 'In which order; by default the first that the kind offers.' }) })).o,
    },
    extensions: { columns: ['id'] },
    // Pothos infers the arguments of a known kind; here the kind is any.
    resolve: ((parent: Row, args: ListArgs, context: Context, info: GraphQLResolveInfo): Promise<Page> =>
      context.batches.load(info, parent.id, async (ids: readonly string[]) => {
        const resource = target();
        const { prisma } = context.database;
        const request = requestPage(resource, args);
        const where = allOf(filter.where(args.filter), visible(context, resource));
        const table = delegate(prisma, resource.kind);
        const select: Columns = { ...pageColumns(info, resource.kind), [request.order.column]: true };
        const unique = [...new Set(ids)];
        const load = { table, from: delegate(prisma, edge.from), where, select, request };
        const groups = await (edge.bounded ? loadBounded : loadLarge)(edge, unique, load);
        let counts: Promise<Map<string, number>> | undefined;
        const count = async (id: string) => {
          counts ??= table.countBy(edge.key, allOf({ [edge.key]: { in: unique } }, where));
          return (await counts).get(id) ?? 0;
        };
        return (id: string) => toPage(request, groups.get(id) ?? [], () => count(id));
      })) as never,
  };
}

/** The name of a kind's list in sentences. */
export const plural = (kind: KindName): string => catalog[kind].plural;
