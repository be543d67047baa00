// Takes out of changes the ids of objects that the caller may not see.
import { type GraphQLSchema, isObjectType } from 'graphql';
import { isEverything } from '../../server/domain/where.ts';
import type { Context } from '../base/context.ts';
import { catalog, type KindName } from '../catalog.ts';
import { isShown } from '../rows/shownNames.ts';
import { visible } from '../lists/listArguments.ts';
import type { Edge } from '../rows/plan.ts';
import type { Resource } from '../lists/defineResource.ts';
import { resourceOf } from '../lists/registry.ts';

interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** A reference as the caller may see it: itself, or null. */
type Shown = (value: unknown, context: Context) => Promise<unknown>;

/** The id, or null when its object is gone or the caller may not see it. */
const idOf =
  (resource: Resource): Shown =>
  async (id, context) => {
    if (typeof id !== 'string' || isEverything(visible(context, resource))) return id;
    return (await isShown(context, resource.kind, id)) ? id : null;
  };

/** The same of an id that says its kind, `Kind:uuid`, which no edge leads along. */
const typedId: Shown = async (value, context) => {
  const [kind, id] = typeof value === 'string' ? value.split(':') : [];
  if (kind === undefined || id === undefined) return value;
  // What is of no kind any more is nobody's to see.
  if (!Object.hasOwn(catalog, kind)) return null;
  return (await idOf(resourceOf(kind as KindName))(id, context)) === null ? null : value;
};

/** The columns with such ids, by kind. */
const typedIds: Readonly<Partial<Record<KindName, readonly string[]>>> = {
  Session: ['madeWith'],
  Token: ['madeWith'],
};

/** How each of a kind's columns that lead to other objects is shown. */
function references(schema: GraphQLSchema, kind: string): Map<string, Shown> {
  const type = schema.getType(kind);
  const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
  const edges = fields.flatMap(({ extensions }) => (extensions['edge'] as Edge | undefined) ?? []);
  return new Map([
    ...edges.filter(({ many }) => !many).map(({ key, to }) => [key, idOf(resourceOf(to))] as const),
    ...(typedIds[kind as KindName] ?? []).map((column) => [column, typedId] as const),
  ]);
}

/** Changes without the ids of objects that the caller may not see: edges to them are null, too. */
export async function redactReferences<C extends FieldChange>(
  changes: readonly C[],
  kind: string,
  schema: GraphQLSchema,
  context: Context,
): Promise<C[]> {
  const targets = references(schema, kind);
  const redacted = changes.map(async (change): Promise<C> => {
    const shown = targets.get(change.field);
    if (!shown) return change;
    const [before, after] = await Promise.all([shown(change.before, context), shown(change.after, context)]);
    return { ...change, before, after };
  });
  return (await Promise.all(redacted)).filter(({ field, before, after }) => !targets.has(field) || before !== after);
}

/** An object of the change log without the ids of objects that the caller may not see. */
export async function redactRow(
  row: Readonly<Record<string, unknown>> | null,
  kind: string,
  schema: GraphQLSchema,
  context: Context,
): Promise<Record<string, unknown> | null> {
  if (row === null) return null;
  const targets = [...references(schema, kind)].filter(([column]) => Object.hasOwn(row, column));
  const shown = await Promise.all(targets.map(async ([column, show]) => [column, await show(row[column], context)]));
  return { ...row, ...(Object.fromEntries(shown) as Record<string, unknown>) };
}
