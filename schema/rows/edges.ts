// The fields that lead from one kind's rows to another's, limited to rows that the caller may see. As a rule a plan has
// loaded them with the row; else they are loaded here, for all parents that ask at once.
import type { GraphQLResolveInfo } from 'graphql';
import { allOf } from '../../server/domain/where.ts';
import type { KindName } from '../catalog.ts';
import { type Page, paged, pageOrder, toPage } from '../lists/page.ts';
import type { Row } from '../base/rows.ts';
import type { Moment } from '../base/context.ts';
import { tableOf } from './tables.ts';
import { listArgs, type ListArgs, pageOf, readerOf, visible } from '../lists/listArguments.ts';
import { atMoment } from '../base/contextAt.ts';
import { loadPlannedOnes, type Edge, loadByIds, plan, plannedFor } from './plan.ts';
import type { Resource } from '../lists/defineResource.ts';
import { resourceOf } from '../lists/registry.ts';
import { rowNodes } from './selection.ts';

/** An edge to at most one object. */
export interface ToOne {
  readonly relation: string;
  /** The column that holds the far object's id */
  readonly key: string;
  readonly description: string;
}

/** An edge to many objects. */
export interface ToMany {
  /** The kind it leads from */
  readonly from: KindName;
  readonly relation: string;
  /** The column of the far kind that holds the near object's id */
  readonly key: string;
  readonly description: string;
}

/** The field of an edge to one object of a kind, null when there is none or the caller may not see it. */
export function toOne(to: KindName, { relation, key, description }: ToOne) {
  const edge: Edge = { relation, key, many: false, to };
  return {
    type: resourceOf(to).object,
    description,
    nullable: true as const,
    extensions: { columns: [key], edge },
    resolve: atMoment((parent: unknown, _args: unknown, here, info): Row | null | Promise<Row | null> => {
      const row = parent as Row;
      if (plannedFor(row, info.fieldNodes[0]!)) return row[relation] as Row | null;
      const id = row[key] as string | null;
      return id == null ? null : loadOne(resourceOf(to), id, here, info);
    }),
  };
}

const loadOne = (resource: Resource, id: string, context: Moment, info: GraphQLResolveInfo) =>
  context.batches.load(info, id, async (ids: readonly string[]) => {
    const own = plan(resource.kind, info.fieldNodes, context, info);
    const rows = await loadByIds(resource, [...new Set(ids)], own, context);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return (one: string) => byId.get(one) ?? null;
  });

/** The field of an edge to many objects of a kind: a connection. */
export function toMany(to: KindName, edge: ToMany) {
  const { relation, key, description } = edge;
  const resource = resourceOf(to);
  return {
    type: resource.connection,
    description,
    args: listArgs(resource),
    extensions: { ...paged, columns: ['id'], edge: { relation, key, many: true, to } satisfies Edge },
    resolve: atMoment((parent: unknown, args: ListArgs, here, info): Page | Promise<Page> => {
      const row = parent as Row;
      const planned = plannedFor(row, info.fieldNodes[0]!);
      if (!planned) return loadMany(resource, edge, row, args, here, info);
      const count = () => countOf(resource, edge, row, args, here, info);
      return toPage(planned.request!, row[relation] as Row[], count);
    }),
  };
}

/** One page of rows per parent, cut by the database in a lateral join: one statement for each range of the index. */
function loadMany(
  resource: Resource,
  edge: ToMany,
  parent: Row,
  args: ListArgs,
  context: Moment,
  info: GraphQLResolveInfo,
) {
  return context.batches.load(info, parent, async (parents: readonly Row[]) => {
    const request = pageOf(resource, args);
    const where = allOf(resource.filter.where(args.filter, readerOf(context)), visible(context, resource));
    const own = plan(resource.kind, rowNodes(info, info.fieldNodes), context, info);
    const select = { ...own.select, [request.order.column]: true };
    const groups = new Map<string, Row[]>();
    for (const segment of request.segments) {
      const found = await tableOf(context, edge.from).findMany({
        where: { id: { in: [...new Set(parents.map(({ id }) => id))] } },
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
      const rows = (row: Row) => row[edge.relation] as Row[];
      await loadPlannedOnes(found.flatMap(rows), own, context);
      for (const row of found) groups.set(row.id, [...(groups.get(row.id) ?? []), ...rows(row)]);
    }
    return (one: Row) =>
      toPage(request, groups.get(one.id) ?? [], () => countOf(resource, edge, one, args, context, info));
  });
}

/** How many rows an edge leads to, counted for all parents that ask in one statement. */
function countOf(
  resource: Resource,
  { key }: ToMany,
  parent: Row,
  args: ListArgs,
  context: Moment,
  info: GraphQLResolveInfo,
) {
  return context.batches.load(`count ${info.fieldNodes[0]!.loc?.start}`, parent.id, async (ids: readonly string[]) => {
    const where = allOf(
      { [key]: { in: [...new Set(ids)] } },
      resource.filter.where(args.filter, readerOf(context)),
      visible(context, resource),
    );
    const counts = await tableOf(context, resource.kind).countBy(key, where);
    return (id: string) => counts.get(id) ?? 0;
  });
}
