// Plans: a whole selection becomes one statement with the columns asked for and a lateral join for each edge to many,
// and one more for each edge to one.
//
// Pothos' own planning looks every field of every row up by its path, which took a fifth of labd's time under load.
// Here a plan is made once per operation, and a row knows its plan: edges that the plan has loaded are read from the row.
import { type FieldNode, getArgumentValues, type GraphQLField, type GraphQLResolveInfo, isObjectType } from 'graphql';
import { allOf } from '../../server/domain/where.ts';
import type { KindName } from '../catalog.ts';
import { pageOrder, type PageRequest } from '../lists/page.ts';
import type { Row } from '../base/rows.ts';
import type { Moment } from '../base/context.ts';
import { type Client, tableOf } from './tables.ts';
import { type ListArgs, pageOf, readerOf, visible } from '../lists/listArguments.ts';
import type { Resource } from '../lists/defineResource.ts';
import { resourceOf } from '../lists/registry.ts';
import { fieldsBelow, rowNodes } from './selection.ts';

/** What a plan has to know of an edge. */
export interface Edge {
  /** Prisma's name of the relation, on the kind it leads from */
  readonly relation: string;
  /** The column that leads there: of the near row for one, of the far rows for many */
  readonly key: string;
  readonly many: boolean;
  /** The kind that it leads to */
  readonly to: KindName;
}

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
export function columnsReadBy({ extensions }: GraphQLField<unknown, unknown>): readonly string[] {
  const exposed = extensions['pothosExposedField'] as string | undefined;
  return (extensions['columns'] as readonly string[] | undefined) ?? (exposed ? [exposed] : []);
}

/** What an edge to many adds to the statement, and how its rows go on. */
function joinMany(
  edge: Edge,
  field: GraphQLField<unknown, unknown>,
  nodes: FieldNode[],
  context: Moment,
  info: GraphQLResolveInfo,
) {
  const resource = resourceOf(edge.to);
  const args = getArgumentValues(field, nodes[0]!, info.variableValues) as ListArgs;
  const request = pageOf(resource, args);
  const [segment, ...more] = request.segments;
  // After a cursor a page may need two ranges of the index, hence two statements: left to the edge's own loader.
  if (more.length > 0) return undefined;
  const below = plan(resource.kind, rowNodes(info, nodes), context, info);
  const query = {
    select: { ...below.select, [request.order.column]: true },
    where: allOf(resource.filter.where(args.filter, readerOf(context)), visible(context, resource), segment!),
    orderBy: pageOrder(request),
    take: request.size + 1,
  };
  return { planned: { edge, request, below }, query };
}

/** Plans what is selected of a kind's rows below some nodes of the document. */
export function plan(kind: KindName, nodes: readonly FieldNode[], context: Moment, info: GraphQLResolveInfo): Plan {
  const select: Record<string, unknown> = { id: true };
  const edges = new Map<FieldNode, Planned>();
  const relations = new Set<string>();
  for (const merged of fieldsBelow(info, nodes).values()) {
    const [node] = merged;
    const field = definition(info, kind, node!.name.value);
    if (!field) continue;
    for (const column of columnsReadBy(field)) select[column] ??= true;
    const edge = field.extensions['edge'] as Edge | undefined;
    // A row holds a relation once; what asks for it again, with other arguments, loads by itself.
    if (!edge || relations.has(edge.relation)) continue;
    const joined = edge.many ? joinMany(edge, field, merged, context, info) : undefined;
    if (edge.many && !joined) continue;
    relations.add(edge.relation);
    if (joined) select[edge.relation] = joined.query;
    edges.set(node!, joined?.planned ?? { edge, request: undefined, below: plan(edge.to, merged, context, info) });
  }
  return { select, edges };
}

/**
 * Completes the rows of a statement: notes in each which plan loaded it, and loads the objects that edges to one lead to.
 * Many rows lead to few such objects (NICs to networks), so these are read once, in a statement for each such edge, rather
 * than joined to each row: a quarter less work for the database.
 */
export async function loadPlannedOnes<R extends Row>(
  rows: readonly R[],
  own: Plan,
  context: Moment,
  client?: Client,
): Promise<readonly R[]> {
  if (own.edges.size === 0 || rows.length === 0) return rows;
  for (const row of rows as readonly PlannedRow[]) row[planOf] = own;
  await Promise.all(
    [...own.edges.values()].map(({ edge, request, below }) =>
      request
        ? loadPlannedOnes(
            rows.flatMap((row) => row[edge.relation] as Row[]),
            below,
            context,
            client,
          )
        : loadOnes(rows, edge, below, context, client),
    ),
  );
  return rows;
}

async function loadOnes(
  rows: readonly Row[],
  edge: Edge,
  below: Plan,
  context: Moment,
  client: Client | undefined,
): Promise<void> {
  const keys = new Set(rows.flatMap((row) => (row[edge.key] as string | null) ?? []));
  const found = keys.size === 0 ? [] : await loadByIds(resourceOf(edge.to), [...keys], below, context, client);
  const byId = new Map(found.map((row) => [row.id, row]));
  for (const row of rows as Row[]) row[edge.relation] = byId.get(row[edge.key] as string) ?? null;
}

/** The rows with these ids that the caller may see, with all that their plan leads to. */
export async function loadByIds(
  resource: Resource,
  ids: string[],
  own: Plan,
  context: Moment,
  client?: Client,
): Promise<readonly Row[]> {
  const where = allOf({ id: { in: ids } }, visible(context, resource));
  const query = { where, select: own.select, relationLoadStrategy: 'join' as const };
  return loadPlannedOnes(await tableOf(context, resource.kind, client).findMany(query), own, context, client);
}

/** What a row's plan has loaded for a node of the document, if it has. */
export const plannedFor = (row: Row, node: FieldNode): Planned | undefined =>
  (row as PlannedRow)[planOf]?.edges.get(node);
