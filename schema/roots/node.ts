// Any object by its id.
import { GraphQLError } from 'graphql';
import { allOf } from '../../server/domain/where.ts';
import { builder } from '../base/builder.ts';
import { maxPageSize } from '../lists/page.ts';
import type { KindName } from '../catalog.ts';
import type { Context } from '../base/context.ts';
import { tableOf } from '../rows/tables.ts';
import { visible } from '../lists/listArguments.ts';
import { parseId } from '../base/ids.ts';
import { resources } from '../kinds/index.ts';
import { Node, type TypedRow } from '../fields/sharedFields.ts';
import { sizeOf } from '../base/sizes.ts';

/** The objects with these ids, one statement per kind among them; null for each that does not exist or is hidden. */
async function byId(ids: readonly string[], context: Context): Promise<(TypedRow | null)[]> {
  const parsed = ids.map(parseId);
  const kinds = new Set(parsed.flatMap((id) => (id ? [id.kind] : [])));
  const found = new Map<string, TypedRow>();
  const load = async (kind: KindName) => {
    const uuids = parsed.flatMap((id) => (id?.kind === kind ? [id.uuid] : []));
    const where = allOf({ id: { in: uuids } }, visible(context, resources[kind]));
    const rows = await tableOf(context, kind).findMany({ where });
    for (const row of rows) found.set(`${kind}:${row.id}`, { ...row, __typename: kind });
  };
  await Promise.all([...kinds].map(load));
  return parsed.map((id) => (id && found.get(`${id.kind}:${id.uuid}`)) ?? null);
}

builder.queryField('node', (t) =>
  t.field({
    type: Node,
    action: 'read',
    nullable: true,
    description: 'Any object by its id; null when there is none or you may not see it.',
    args: { id: t.arg.id({ required: true, description: 'The id, `Kind:uuid`.' }) },
    resolve: async (_root, { id }, context) => (await byId([id], context))[0]!,
  }),
);

builder.queryField('nodes', (t) =>
  t.field({
    type: [Node],
    action: 'read',
    nullable: { list: false, items: true },
    description: `Many objects by their ids, at most ${maxPageSize}, in the same order; null for each that there is none of.`,
    args: { ids: t.arg.idList({ required: true, description: 'The ids, `Kind:uuid`.' }) },
    extensions: { ...sizeOf('ids') },
    resolve: (_root, { ids }, context) => {
      if (ids.length > maxPageSize) {
        throw new GraphQLError(`${ids.length} ids are too many; ask for at most ${maxPageSize} at once.`, {
          extensions: { code: 'BAD_USER_INPUT' },
        });
      }
      return byId(ids, context);
    },
  }),
);
