// Undoing a change by its revision.
import { Conflict, NotFound } from '../../server/domain/errors.ts';
import { attached } from '../../server/domain/inventory/attached.ts';
import { inventory } from '../../server/domain/inventory/index.ts';
import { undo, type Undoable, type Undone } from '../../server/domain/inventory/undo.ts';
import { testOf } from '../../server/domain/where.ts';
import { formatCursor, parseCursor } from '../../server/store/cursor.ts';
import { head, isKept } from '../../server/store/changes.ts';
import type { Change } from '../../server/store/generated/client.ts';
import type { Writer } from '../../server/store/types.ts';
import { builder } from '../base/builder.ts';
import { catalog, type Kind, type KindName } from '../catalog.ts';
import type { Context } from '../base/context.ts';
import { resultUnion } from '../base/errors.ts';
import { encodeId } from '../base/ids.ts';
import { visibleColumns, readable } from '../log/history.ts';
import { type Entry, entryOf, FieldChange, fieldChanges, Operation, side } from '../log/entries.ts';
import { redactReferences } from '../log/redactIds.ts';
import { permissionsOf, writeOrTry } from './mutation.ts';

type Known = keyof typeof inventory;

/** Kinds whose objects cannot be made again as they were, and why. */
const lost: Partial<Record<Known, string>> = {
  User: 'had a password and roles that are not in the change log',
  Token: 'had a secret that is not in the change log',
  Session: 'had a secret that is not in the change log',
  Secret: 'had a value that is not in the change log',
  Agent: 'had a certificate that is worth nothing since',
};

/** What goes with an object of a kind, and comes back with it. */
const follows: Partial<Record<Known, readonly [kind: Known, field: string, key: string][]>> = {
  Server: [['ClusterMember', 'server', 'serverId']],
};

const undoableOf = (kind: Known, seen: Undoable['seen']): Undoable => ({
  spec: inventory[kind],
  seen,
  lost: lost[kind],
  attached: attached[kind] ?? [],
  follow: (follows[kind] ?? []).map(([below, field, key]) => ({ field, key, undoable: undoableOf(below, seen) })),
});

/** What comes of it that the caller should know. */
const notes: Partial<Record<Known, Partial<Record<Undone['operation'], string>>>> = {
  Server: {
    CREATE: 'What bastions found out about it comes back when they report it again.',
    DELETE: 'Its bastion is told to forget it too; seen again after that, it is a new server.',
  },
  Bastion: { CREATE: 'It has to enrol again: its certificates are worth nothing.' },
  Secret: {
    UPDATE: 'Its value stays as it is: the change log keeps no values, so that an earlier one cannot come back.',
    DELETE: 'Its value goes with it for good: the change log keeps no values.',
  },
};

interface Answer extends Undone {
  readonly __typename: 'Undone';
  readonly undone: Entry;
  readonly dryRun: boolean;
  readonly revision: string | null;
}

const Undone = builder.objectRef<Answer>('Undone').implement({
  description: 'What was done to undo a change, or would be.',
  fields: (t) => ({
    dryRun: t.exposeBoolean('dryRun', { description: 'Whether it was only tried: then nothing was changed.' }),
    operation: t.field({
      type: Operation,
      description: 'The opposite of what is undone: what was created is deleted, what was deleted is created.',
      resolve: ({ operation }) => operation,
    }),
    kind: t.string({ description: 'The kind of object.', resolve: ({ undone }) => undone.kind }),
    objectId: t.id({
      description: 'The object. What was deleted comes back under its name and another id.',
      resolve: ({ undone, id }) => encodeId(undone.kind as KindName, id),
    }),
    name: t.exposeString('name', { description: "The object's name; of a part, that of the whole." }),
    undone: t.field({
      type: 'Revision',
      description: 'The change that is undone.',
      resolve: ({ undone }) => formatCursor(undone),
    }),
    changes: t.field({
      type: [FieldChange],
      description: 'What becomes of the object: each field, before and after.',
      resolve: ({ undone, recorded, id }, _args, context, { schema }) => {
        const columns = visibleColumns(schema, undone.kind);
        const changes = recorded
          .filter((one) => one.id === id)
          .flatMap((one) => fieldChanges({ ...undone, ...one, objectId: id }, 'read'))
          .filter(({ field }) => columns.has(field));
        return redactReferences(changes, undone.kind, schema, context);
      },
    }),
    others: t.int({
      description: 'How many other objects change with it, such as its parts, as far as you may see them.',
      resolve: ({ recorded, id }, _args, { caller }) => {
        const isSeen = testOf(readable(caller.scope));
        const others = recorded.filter((one) => one.id !== id && isSeen({ ...one, outcome: 'DONE' }));
        return new Set(others.map((one) => one.id)).size;
      },
    }),
    note: t.string({
      nullable: true,
      description: 'What else is to be known of it, in a sentence.',
      resolve: ({ undone, operation }) => notes[undone.kind as Known]?.[operation] ?? null,
    }),
    revision: t.exposeString('revision', {
      type: 'Revision' as never,
      nullable: true,
      description: 'The revision that it was done at; null when it was only tried.',
    } as never),
  }),
});

const none = (revision: string) =>
  new NotFound(
    `There is no change at revision ${revision}, or you may not see it.`,
    'See what has changed: lab get events, or lab history KIND NAME.',
  );

/** Whether the caller may see both sides of a change. */
const seenBy = (context: Context, logId: string) => (change: Change) => {
  const entry = entryOf(change, logId, context);
  return [entry.before, entry.after].every((row) => row === null || side(entry, 'read', row) !== null);
};

/** The change at a revision, when the caller may see both sides of it. */
async function changeAt(tx: Writer, revision: string, context: Context): Promise<Entry> {
  const cursor = parseCursor(revision)!;
  const now = await head(tx.client);
  if (!isKept(cursor, now)) throw none(revision);
  const found: Change | null = await tx.client.change.findUnique({ where: { rev: cursor.rev } });
  if (!found || found.outcome !== 'DONE') throw none(revision);
  const entry = entryOf(found, now.logId, context);
  if (!seenBy(context, now.logId)(found)) throw none(revision);
  if (!Object.hasOwn(inventory, entry.kind)) {
    const of = (catalog as Record<string, Kind>)[entry.kind]?.about ?? '';
    throw new Conflict(
      `Revision ${cursor.rev} cannot be undone: nobody sets a ${entry.kind}. ${of}`.trim(),
      'What it followed from may be undone: lab get events shows what was done in the same moment.',
    );
  }
  return entry;
}

builder.mutationField('undoChange', (t) =>
  t.field({
    type: resultUnion('UndoChangeResult', 'What undoChange answers.', [Undone]),
    action: 'read',
    description:
      'Undoes a change of what people set, as if they had done the opposite: it takes the same permissions. Refused when something that it would set back was changed later.',
    args: {
      revision: t.arg({ type: 'Revision', required: true, description: 'The change, as history and events name it.' }),
      dryRun: t.arg.boolean({ description: 'Only try: say what it would do, or why not, and change nothing.' }),
    },
    resolve: (async (_root: unknown, given: { revision: string; dryRun?: boolean | null }, context: Context) => {
      const may = permissionsOf(context);
      const dryRun = given.dryRun === true;
      let entry: Entry | undefined;
      const work = async (tx: Writer) => {
        entry = await changeAt(tx, given.revision, context);
        return undo(tx, entry, undoableOf(entry.kind as Known, seenBy(context, entry.logId)), may);
      };
      const { value, revision } = await writeOrTry(context, 'undoChange', work, { lockHead: true, dryRun });
      const undone = entry!;
      if ((catalog[undone.kind as KindName] as Kind).administered && revision !== null)
        await context.hub.reached(revision);
      const at = revision === null ? null : formatCursor({ logId: undone.logId, rev: revision });
      return { ...value, __typename: 'Undone', undone, dryRun, revision: at } satisfies Answer;
    }) as never,
  }),
);
