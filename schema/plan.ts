// Plans: a whole selection becomes one statement, with the columns asked for and a lateral join for each edge.
//
// Pothos' own planning looks every field of every row up by its path, which took a fifth of labd's time under load.
// Here a plan is made once per operation, and a row knows its plan: what the plan has loaded is read off the row.
import { type FieldNode, getArgumentValues, type GraphQLField, type GraphQLResolveInfo, isObjectType } from 'graphql';
import { allOf } from '../server/domain/where.ts';
import type { KindName } from './catalog.ts';
import { pageOrder, type PageRequest, type Row } from './connection.ts';
import type { Context } from './context.ts';
import type { Edge, ListArgs } from './edges.ts';
import { requestPage, visible } from './lists.ts';
import { fieldsBelow, rowNodes } from './selection.ts';

/** An edge that a plan loads together with the row. */
export interface Planned {
  readonly edge: Edge;
  /** The page to load; absent for an edge to one object */
  readonly request: PageRequest | undefined;
  readonly below: Plan;
}

/** What one statement loads. */
export interface Plan {
  /** Prisma's `select` */
  readonly select: Record<string, unknown>;
  /** The edges loaded with the row, by the node of the document that asks for them */
  readonly edges: ReadonlyMap<FieldNode, Planned>;
}

const planOf = Symbol('plan');
type PlannedRow = Row & { [planOf]?: Plan };

const definition = (
  info: GraphQLResolveInfo,
  kind: KindName,
  name: string,
): GraphQLField<unknown, unknown> | undefined => {
  const type = info.schema.getType(kind);
  return isObjectType(type) ? type.getFields()[name] : undefined;
};

/** The columns that a field's resolver reads: those it declares, or the one it exposes. */
function columnsOf({ extensions }: GraphQLField<unknown, unknown>): readonly string[] {
  const exposed = extensions['pothosExposedField'] as string | undefined;
  return (extensions['columns'] as readonly string[] | undefined) ?? (exposed ? [exposed] : []);
}

/** Prisma's part of the statement for an edge, and how its rows go on. */
function planEdge(
  edge: Edge,
  field: GraphQLField<unknown, unknown>,
  nodes: FieldNode[],
  context: Context,
  info: GraphQLResolveInfo,
) {
  const resource = edge.target();
  const hidden = visible(context, resource);
  if (!edge.many) {
    const below = plan(resource.kind, nodes, context, info);
    const where = Object.keys(hidden).length > 0 ? { where: hidden } : {};
    return { planned: { edge, request: undefined, below }, query: { select: below.select, ...where } };
  }
  const args = getArgumentValues(field, nodes[0]!, info.variableValues) as ListArgs;
  const request = requestPage(resource, args);
  const [segment, ...more] = request.segments;
  // After a cursor a page may need two ranges of the index, hence two statements: left to the edge's own loader.
  if (more.length > 0) return undefined;
  const below = plan(resource.kind, rowNodes(info, nodes), context, info);
  const query = {
    select: { ...below.select, [request.order.column]: true },
    where: allOf(resource.filter.where(args.filter), hidden, segment!),
    orderBy: pageOrder(request),
    take: request.size + 1,
  };
  return { planned: { edge, request, below }, query };
}

/** Plans what is selected of a kind's rows below some nodes of the document. */
export function plan(kind: KindName, nodes: readonly FieldNode[], context: Context, info: GraphQLResolveInfo): Plan {
  const select: Record<string, unknown> = { id: true };
  const edges = new Map<FieldNode, Planned>();
  for (const merged of fieldsBelow(info, nodes).values()) {
    const field = definition(info, kind, merged[0]!.name.value);
    if (!field) continue;
    const edge = field.extensions['edge'] as Edge | undefined;
    // One relation can be loaded once with a row; what asks for it again, with other arguments, loads by itself.
    const joined = edge && !(edge.relation in select) ? planEdge(edge, field, merged, context, info) : undefined;
    if (edge && joined) {
      select[edge.relation] = joined.query;
      edges.set(merged[0]!, joined.planned);
    } else for (const column of columnsOf(field)) select[column] ??= true;
  }
  return { select, edges };
}

/** Tells the rows of a statement which plan loaded them, all the way down. */
export function adopt<R extends Row>(rows: readonly R[], own: Plan): readonly R[] {
  if (own.edges.size === 0) return rows;
  for (const row of rows as readonly PlannedRow[]) {
    row[planOf] = own;
    for (const { edge, below } of own.edges.values()) {
      const found = row[edge.relation] as Row | Row[] | null;
      if (found) adopt(Array.isArray(found) ? found : [found], below);
    }
  }
  return rows;
}

/** What a row's plan has loaded for a node of the document, if it has. */
export const plannedFor = (row: Row, node: FieldNode): Planned | undefined =>
  (row as PlannedRow)[planOf]?.edges.get(node);
