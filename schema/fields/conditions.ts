// Conditions: statements about an object that hold at present, such as that a bastion is online.
import { allOf, isEverything } from '../../server/domain/where.ts';
import { placesFor } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { catalog, type KindName } from '../catalog.ts';
import type { Context, Moment, PastContext } from '../base/context.ts';
import { tableOf } from '../rows/tables.ts';
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

/** The ids of other objects that a condition's evidence names, by kind. */
const idsInEvidence: Partial<Record<KindName, (evidence: Evidence) => readonly (string | undefined)[]>> = {
  Server: ({ servers = [], from, to }) => [...servers, from, to],
  Network: ({ networks = [] }) => networks,
};

interface Evidence {
  servers?: readonly string[];
  networks?: readonly string[];
  from?: string;
  to?: string;
}

const othersIn = (kind: KindName, { evidence, subjectId }: ConditionRow): string[] =>
  idsInEvidence[kind]!(evidence as Evidence).filter((id) => id !== undefined && id !== subjectId) as string[];

/** Takes the names out of the messages about objects that the caller may not see. */
async function redactMessages(rows: readonly ConditionRow[], context: Moment): Promise<ConditionRow[]> {
  let shown = [...rows];
  for (const kind of Object.keys(idsInEvidence) as KindName[]) {
    const visible = placesFor(context.caller.scope, 'read', kind);
    const others = shown.flatMap((row) => othersIn(kind, row));
    if (isEverything(visible) || others.length === 0) continue;
    const where = allOf({ id: { in: [...new Set(others)] } }, visible);
    const seen = await tableOf(context, kind).findMany({ where, select: { id: true } });
    const known = new Set(seen.map(({ id }) => id));
    const message = `This is about ${catalog[kind].plural} that you may not see too: ask an administrator which.`;
    shown = shown.map((row) => (othersIn(kind, row).every((id) => known.has(id)) ? row : { ...row, message }));
  }
  return shown;
}

/** The conditions of objects, by what finds them; the caller's answer for each object. */
async function conditionsOf(
  kind: KindName,
  objects: readonly { id: string }[],
  here: Moment,
  find: (query: ReturnType<typeof queryFor>) => Promise<ConditionRow[]>,
) {
  const rows = await find(queryFor(kind, objects));
  const bySubject = new Map<string, ConditionRow[]>();
  for (const row of await redactMessages(rows, here))
    bySubject.set(row.subjectId, [...(bySubject.get(row.subjectId) ?? []), row]);
  return ({ id }: { id: string }) => bySubject.get(id) ?? [];
}

const queryFor = (kind: KindName, objects: readonly { id: string }[]) => ({
  where: { subjectKind: kind, subjectId: { in: objects.map(({ id }) => id) } },
  orderBy: [{ since: 'asc' as const }, { id: 'asc' as const }],
});

/** `conditions`, on every named kind; of all objects that ask, in one statement. */
export const conditionsField = (kind: KindName, description: string) =>
  computedField({
    type: [Condition],
    description,
    columns: ['id'],
    now: batched((objects: readonly { id: string }[], here: Context) =>
      conditionsOf(kind, objects, here, (query) => here.database.prisma.condition.findMany(query)),
    ),
    then: batched((objects: readonly { id: string }[], here: PastContext) =>
      conditionsOf(kind, objects, here, (query) => here.past.find<ConditionRow>('Condition', query)),
    ),
    hidden: () => [],
  });
