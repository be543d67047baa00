// Takes out of changes the ids of objects that the caller may not see.
import { type GraphQLSchema, isObjectType } from 'graphql';
import { isEverything } from '../../server/domain/where.ts';
import type { Context } from '../base/context.ts';
import { shownName } from '../rows/shownNames.ts';
import { visible } from '../lists/listArguments.ts';
import type { Edge } from '../rows/plan.ts';
import type { Resource } from '../lists/defineResource.ts';
import { resourceOf } from '../lists/registry.ts';

interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The kinds that a kind's columns lead to. */
function referencedKinds(schema: GraphQLSchema, kind: string): Map<string, Resource> {
  const type = schema.getType(kind);
  const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
  const edges = fields.flatMap(({ extensions }) => (extensions['edge'] as Edge | undefined) ?? []);
  return new Map(edges.filter(({ many }) => !many).map(({ key, to }) => [key, resourceOf(to)]));
}

/** The id, or null when its object is gone or the caller may not see it. */
async function idAsSeen(id: unknown, { kind }: Resource, context: Context): Promise<unknown> {
  if (typeof id !== 'string') return id;
  return (await shownName(context, kind, id)) === undefined ? null : id;
}

/** Changes without the ids of objects that the caller may not see: edges to them are null, too. */
export async function redactReferences<C extends FieldChange>(
  changes: readonly C[],
  kind: string,
  schema: GraphQLSchema,
  context: Context,
): Promise<C[]> {
  const targets = referencedKinds(schema, kind);
  const redacted = changes.map(async (change): Promise<C> => {
    const resource = targets.get(change.field);
    if (!resource || isEverything(visible(context, resource))) return change;
    const [before, after] = await Promise.all(
      [change.before, change.after].map((id) => idAsSeen(id, resource, context)),
    );
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
  const targets = [...referencedKinds(schema, kind)].filter(
    ([key, resource]) => Object.hasOwn(row, key) && !isEverything(visible(context, resource)),
  );
  const ids = await Promise.all(
    targets.map(async ([key, resource]) => [key, await idAsSeen(row[key], resource, context)] as const),
  );
  return { ...row, ...Object.fromEntries(ids) };
}
