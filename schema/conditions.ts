// Conditions: what is so about an object at present.
import type { GraphQLResolveInfo } from 'graphql';
import { builder } from './builder.ts';
import type { KindName } from './catalog.ts';
import type { Context } from './context.ts';

const ConditionType = builder.enumType('ConditionType', {
  description: 'What a condition says.',
  values: {
    BASTION_ONLINE: { value: 'BastionOnline', description: 'The bastion has a live connection.' },
    CONFLICT: {
      value: 'Conflict',
      description: 'Two things claim what only one can have; nothing was merged or moved.',
    },
    STALE: { value: 'Stale', description: 'The bastion that holds it no longer reports it.' },
    HARDWARE_DRIFT: { value: 'HardwareDrift', description: 'Its hardware is not what it was.' },
  } as const,
});

interface ConditionRow {
  subjectId: string;
  type: string;
  status: boolean;
  detail: string;
  reason: string;
  message: string;
  since: Date;
}

export const Condition = builder.objectRef<ConditionRow>('Condition').implement({
  description: 'Something that is so about an object since a moment and for a reason.',
  fields: (t) => ({
    type: t.field({ type: ConditionType, description: 'What it says.', resolve: (row) => row.type as 'Stale' }),
    status: t.exposeBoolean('status', { description: 'Whether it is so.' }),
    detail: t.exposeString('detail', {
      description: 'What part of the object it is about, such as a NIC; empty for all of it.',
    }),
    reason: t.exposeString('reason', { description: 'Why, in one word for programs.' }),
    message: t.exposeString('message', { description: 'Why, in a sentence for people.' }),
    since: t.expose('since', { type: 'DateTime', description: 'Since when.' }),
  }),
});

/** The conditions of one object; of all objects that ask, in one statement. */
export function conditionsOf(kind: KindName, id: string, context: Context, info: GraphQLResolveInfo) {
  return context.batches.load(info, id, async (ids: readonly string[]) => {
    const rows: ConditionRow[] = await context.database.prisma.condition.findMany({
      where: { subjectKind: kind, subjectId: { in: [...ids] } },
      orderBy: [{ since: 'asc' }, { id: 'asc' }],
    });
    const bySubject = new Map<string, ConditionRow[]>();
    for (const row of rows) bySubject.set(row.subjectId, [...(bySubject.get(row.subjectId) ?? []), row]);
    return (one: string) => bySubject.get(one) ?? [];
  });
}
