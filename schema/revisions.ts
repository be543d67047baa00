// The revision of an object's last change, read from the change log.
import type { GraphQLResolveInfo } from 'graphql';
import type { KindName } from './catalog.ts';
import type { Context } from './context.ts';
import { during } from './moment.ts';

/** `logId.rev` of an object's last change, or of the log's floor when that change is no longer kept. */
export function revisionOf(kind: KindName, id: string, context: Context, info: GraphQLResolveInfo): Promise<string> {
  const { batches, database, past } = during(context, info);
  return batches.load(info, id, async (ids: readonly string[]) => {
    const { prisma } = database;
    const upTo = past ? { rev: { lte: past.rev } } : {};
    const [head, last] = await Promise.all([
      prisma.head.findUniqueOrThrow({ where: { id: 1 } }),
      prisma.change.groupBy({
        by: ['objectId'],
        where: { kind, objectId: { in: [...ids] }, ...upTo },
        _max: { rev: true },
      }),
    ]);
    const revs = new Map(last.map((group) => [group.objectId, group._max.rev]));
    return (one: string) => `${head.logId}.${revs.get(one) ?? head.compacted}`;
  });
}
