// Whether a bastion is there: from its condition and its sessions.
import type { GraphQLResolveInfo } from 'graphql';
import type { Row } from '../base/rows.ts';
import type { Context } from '../base/context.ts';
import { ifVisibleNow } from '../rows/watchedRow.ts';
import { contextAt } from '../base/contextAt.ts';

const columns = ['id'];

/** `online`: whether the condition BastionOnline holds. */
export const onlineField = {
  type: 'Boolean' as const,
  description: 'Whether it has a live connection.',
  extensions: { columns },
  resolve: (row: unknown, _args: unknown, context: Context, info: GraphQLResolveInfo) => {
    const { batches, database, past } = contextAt(context, info);
    const load = () =>
      batches.load(info, (row as Row).id, async (ids: readonly string[]) => {
        const where = { subjectKind: 'Bastion', subjectId: { in: [...ids] }, type: 'BastionOnline', status: true };
        const found = past
          ? await past.find<{ subjectId: string }>('Condition', { where })
          : await database.prisma.condition.findMany({ where, select: { subjectId: true } });
        const online = new Set(found.map(({ subjectId }) => subjectId));
        return (id: string) => online.has(id);
      });
    return ifVisibleNow(row, () => false, load);
  },
};

/** `lastSeenAt`: when its latest session last sent something. */
export const lastContactField = {
  type: 'DateTime' as const,
  nullable: true as const,
  description:
    'When it last sent something; null until it connects, and at a revision, since it is not in the change log.',
  extensions: { columns },
  resolve: (row: unknown, _args: unknown, context: Context, info: GraphQLResolveInfo) => {
    const { batches, database, past } = contextAt(context, info);
    if (past) return null;
    const load = () =>
      batches.load(info, (row as Row).id, async (ids: readonly string[]) => {
        const last = await database.prisma.bastionSession.groupBy({
          by: ['bastionId'],
          where: { bastionId: { in: [...ids] } },
          _max: { lastSeenAt: true },
        });
        const times = new Map(last.map((group) => [group.bastionId, group._max.lastSeenAt]));
        return (id: string) => times.get(id) ?? null;
      });
    return ifVisibleNow(row, () => null, load);
  },
};
