// Undoing a change of what people set: the opposite, through the same checks as if somebody had typed it.
import type { Change } from '../../store/generated/client.ts';
import type { Recorded, Writer } from '../../store/types.ts';
import { toRow } from '../../store/row.ts';
import { Conflict } from '../errors.ts';
import { createObject, deleteObject, type Input, type Inventory, type Permissions, updateObject } from './objects.ts';

type Json = Readonly<Record<string, unknown>>;

/** A field that people may set, as the change log has it. */
export interface Settable {
  /** Of the input */
  readonly field: string;
  /** Of the row; undefined for what is not in the log, such as a password */
  readonly column: string | undefined;
  /** Only said at creation */
  readonly fixed: boolean;
  /** A column's value as the input has it */
  readonly input: (value: unknown) => unknown;
  /** What it is made from when it is no column: rows of this kind that lead to the object by this column */
  readonly from?: { readonly kind: string; readonly key: string; readonly column: string };
}

/** What is needed to undo changes of one kind. */
export interface Undoable {
  readonly spec: Inventory;
  readonly fields: readonly Settable[];
  /** Whether the caller may see a change: the object may have moved away since */
  readonly seen: (change: Change) => boolean;
  /** Why what was deleted cannot be made again, if it cannot */
  readonly lost?: string | undefined;
  /** What went with it, and comes back with it: kinds that lead to it by this field */
  readonly follow: readonly { readonly field: string; readonly key: string; readonly undoable: Undoable }[];
}

/** What was done, or would be. */
export interface Undone {
  readonly operation: Recorded['operation'];
  readonly recorded: readonly Recorded[];
  readonly id: string;
  readonly name: string;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
const told = (value: unknown): string => JSON.stringify(value ?? null);

const called = ({ kind, name }: Change, { noun }: Inventory): string =>
  kind === 'ClusterMember' || kind === 'RoleBinding' ? `a ${noun} of "${name}"` : `${noun} "${name}"`;

function refuse({ rev }: Change, why: string, remedy: string): never {
  throw new Conflict(`Revision ${rev} cannot be undone: ${why}.`, remedy);
}

/** Refuses when what would be set back was changed later, or the object is gone, and says who did that and when. */
async function demandLast(
  tx: Writer,
  change: Change,
  columns: ReadonlySet<string>,
  { spec, seen }: Undoable,
): Promise<void> {
  const later = await tx.client.change.findMany({
    where: { kind: change.kind, objectId: change.objectId, outcome: 'DONE', rev: { gt: change.rev } },
    orderBy: { rev: 'asc' },
  });
  const refuseFor = (one: Change, what: string): never => {
    if (!seen(one))
      refuse(change, `${called(change, spec)} was changed later, where you may not see it`, 'Ask an administrator.');
    const { rev, actor, action, at } = one;
    return refuse(
      change,
      `${what}; ${actor} did so at ${at.toISOString()} with ${action}, revision ${rev}`,
      `Look at it with lab history, or undo that first: lab undo ${rev}.`,
    );
  };
  const deleted = later.find(({ operation }) => operation === 'DELETE');
  if (deleted) refuseFor(deleted, `${called(change, spec)} was deleted later`);
  for (const one of later) {
    const [before, after] = [one.before as Json | null, one.after as Json | null];
    for (const column of columns) {
      const [from, to] = [before?.[column], after?.[column]];
      if (same(from, to)) continue;
      refuseFor(one, `${column} of ${called(change, spec)} was changed later, from ${told(from)} to ${told(to)}`);
    }
  }
}

/** The rows of a kind that went in the same transaction, of those that led to an object. */
async function gone(tx: Writer, { txId }: Change, kind: string, key: string, id: string): Promise<Json[]> {
  const changes = await tx.client.change.findMany({
    where: { txId, kind, operation: 'DELETE' },
    orderBy: { rev: 'asc' },
  });
  return changes.map(({ before }) => before as Json).filter((row) => row[key] === id);
}

async function inputOf(tx: Writer, change: Change, row: Json, { fields }: Undoable): Promise<Input> {
  const input: Record<string, unknown> = {};
  for (const { field, column, input: read, from } of fields) {
    if (column !== undefined && row[column] != null) input[field] = read(row[column]);
    if (!from) continue;
    const rows = await gone(tx, change, from.kind, from.key, change.objectId);
    const named = rows.toSorted((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1));
    input[field] = named.flatMap((one) => (one[from.column] == null ? [] : [[{ id: one[from.column] }]]));
  }
  return input;
}

async function makeAgain(tx: Writer, change: Change, undoable: Undoable, may: Permissions): Promise<string> {
  const { spec, lost, follow } = undoable;
  if (lost !== undefined) refuse(change, `${called(change, spec)} ${lost}`, 'Make a new one.');
  const before = change.before as Json;
  const made = await createObject(tx, spec, await inputOf(tx, change, before, undoable), may);
  for (const { field, key, undoable: below } of follow)
    for (const row of await gone(tx, change, below.spec.kind, key, change.objectId)) {
      const input = { ...(await inputOf(tx, change, row, below)), [field]: [{ id: made.id }] };
      await createObject(tx, below.spec, input, may);
    }
  return made.id;
}

async function setBack(tx: Writer, change: Change, undoable: Undoable, may: Permissions): Promise<void> {
  const { spec, fields } = undoable;
  const [before, after] = [change.before as Json, change.after as Json];
  const changed = fields.filter(
    ({ column, fixed }) => !fixed && column !== undefined && !same(before[column], after[column]),
  );
  if (changed.length === 0)
    refuse(
      change,
      `it changed nothing of ${called(change, spec)} that people set and the change log keeps`,
      'Look at it with lab history.',
    );
  await demandLast(tx, change, new Set(changed.map(({ column }) => column!)), undoable);
  const input = Object.fromEntries(changed.map(({ field, column, input: read }) => [field, read(before[column!])]));
  await updateObject(tx, spec, { ways: [{ id: change.objectId }], called: called(change, spec) }, input, may);
}

/**
 * Undoes a change. Throws Conflict when something that it would set back was changed later, or cannot be set back, and
 * whatever creating, changing or deleting such an object throws.
 */
export async function undo(tx: Writer, change: Change, undoable: Undoable, may: Permissions): Promise<Undone> {
  const { spec, fields } = undoable;
  const recorded: Recorded[] = [];
  const noting: Writer = {
    client: tx.client,
    record: (one) => {
      const row = (of: object | null) => of && toRow(of);
      recorded.push({ ...one, before: row(one.before), after: row(one.after) });
      tx.record(one);
    },
  };
  let id = change.objectId;
  const operation = ({ CREATE: 'DELETE', DELETE: 'CREATE', UPDATE: 'UPDATE' } as const)[change.operation as 'CREATE'];
  if (change.operation === 'DELETE') id = await makeAgain(noting, change, undoable, may);
  else if (change.operation === 'UPDATE') await setBack(noting, change, undoable, may);
  else {
    await demandLast(tx, change, new Set(fields.flatMap(({ column }) => column ?? [])), undoable);
    await deleteObject(noting, spec, { ways: [{ id }], called: called(change, spec) }, may);
  }
  return { operation, recorded, id, name: recorded.find((one) => one.id === id)?.name ?? change.name };
}
