// Conditions: statements about an object that hold at present, such as that a bastion is online.
import { builder } from '../base/builder.ts';
import type { KindName } from '../catalog.ts';
import type { Context, Moment, PastContext } from '../base/context.ts';
import { messageFor } from './mentions.ts';
import { twinsOf } from './twins.ts';
import { batched, computedField } from './computed.ts';

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
    ODD_HARDWARE: {
      value: 'OddHardware',
      description: 'Its last report said something of its hardware that could not be taken: `detail` is the field.',
    },
  } as const,
});

export interface ConditionRow {
  subjectId: string;
  type: string;
  status: boolean;
  detail: string;
  reason: string;
  message: string;
  since: Date;
  evidence: unknown;
}

export const Condition = builder.objectRef<ConditionRow>('Condition').implement({
  description: 'Something that is so about an object since a moment and for a reason.',
  fields: (t) => ({
    type: t.field({
      type: ConditionType,
      description: 'Which condition it is; see ConditionType for what each means.',
      extensions: { columns: ['type'] },
      resolve: (row) => row.type as 'Stale',
    }),
    status: t.exposeBoolean('status', { description: 'Whether it is so at present; false when it was and is over.' }),
    detail: t.exposeString('detail', {
      description: 'What part of the object it is about, such as a NIC; empty for all of it.',
    }),
    reason: t.exposeString('reason', { description: 'Why, in one word for programs.' }),
    message: t.exposeString('message', { description: 'Why, in a sentence for people.' }),
    since: t.expose('since', { type: 'DateTime', description: 'Since when the condition has had this status.' }),
  }),
});

/** The conditions of objects, by what finds them; the caller's answer for each object. */
async function conditionsOf(
  kind: KindName,
  objects: readonly { id: string }[],
  here: Moment,
  find: (query: ReturnType<typeof queryFor>) => Promise<ConditionRow[]>,
) {
  const rows = await find(queryFor(kind, objects));
  const bySubject = new Map<string, ConditionRow[]>();
  const told = await Promise.all(rows.map(async (row) => ({ ...row, message: await messageFor(row, here) })));
  for (const row of told) bySubject.set(row.subjectId, [...(bySubject.get(row.subjectId) ?? []), row]);
  return ({ id }: { id: string }) => bySubject.get(id) ?? [];
}

const queryFor = (kind: KindName, objects: readonly { id: string }[]) => ({
  where: { subjectKind: kind, subjectId: { in: objects.map(({ id }) => id) } },
  // Of one report there are several at one moment.
  orderBy: [{ since: 'asc' as const }, { type: 'asc' as const }, { detail: 'asc' as const }, { id: 'asc' as const }],
});

/** `conditions`, on every named kind; of all objects that ask, in one statement. */
export const conditionsField = (kind: KindName, description: string) =>
  computedField({
    type: [Condition],
    description,
    columns: ['id'],
    now: batched((objects: readonly { id: string }[], here: Context) =>
      conditionsOf(kind, objects, here, async (query) => {
        const found: ConditionRow[] = await here.database.prisma.condition.findMany(query);
        return kind === 'Server' ? [...found, ...(await twinsOf(objects, here))] : found;
      }),
    ),
    then: batched((objects: readonly { id: string }[], here: PastContext) =>
      conditionsOf(kind, objects, here, (query) => here.past.find<ConditionRow>('Condition', query)),
    ),
    hidden: () => [],
  });
