// Whether a bastion is there: from its condition and its sessions.
import type { Context, PastContext } from '../base/context.ts';
import { batched, computedField, idsOf } from '../fields/computed.ts';

type Bastion = { id: string };

const onlineAmong = (bastions: readonly Bastion[]) => ({
  where: { subjectKind: 'Bastion', subjectId: { in: idsOf(bastions) }, type: 'BastionOnline', status: true },
});

function isAmong(conditions: readonly { subjectId: string }[]) {
  const online = new Set(conditions.map(({ subjectId }) => subjectId));
  return ({ id }: Bastion) => online.has(id);
}

/** `online`: whether the condition BastionOnline holds. */
export const onlineField = computedField({
  type: 'Boolean',
  description: 'Whether it has a live connection.',
  columns: ['id'],
  now: batched(async (bastions: readonly Bastion[], { database }: Context) =>
    isAmong(await database.prisma.condition.findMany({ ...onlineAmong(bastions), select: { subjectId: true } })),
  ),
  then: batched(async (bastions: readonly Bastion[], { past }: PastContext) =>
    isAmong(await past.find<{ subjectId: string }>('Condition', onlineAmong(bastions))),
  ),
  hidden: () => false,
});

/** `lastSeenAt`: when its latest session last sent something. */
export const lastContactField = computedField({
  type: 'DateTime',
  nullable: true,
  description:
    'When it last sent something; null until it connects, and at a revision, since it is not in the change log.',
  columns: ['id'],
  now: batched(async (bastions: readonly Bastion[], { database }: Context) => {
    const last = await database.prisma.bastionSession.groupBy({
      by: ['bastionId'],
      where: { bastionId: { in: idsOf(bastions) } },
      _max: { lastSeenAt: true },
    });
    const times = new Map(last.map((group) => [group.bastionId, group._max.lastSeenAt]));
    return ({ id }: Bastion) => times.get(id) ?? null;
  }),
  then: null,
  hidden: () => null,
});
