// Undoing a change of what people set: the opposite, through the same checks as if somebody had typed it.
import type { Change } from '../../store/generated/client.ts';
import type { Recorded, Writer } from '../../store/types.ts';
import { toRow } from '../../store/row.ts';
import { Conflict } from '../errors.ts';
import { allOf } from '../where.ts';
import { columnOf, inputFrom, partSetsOf } from '../objects/fields.ts';
import type { PartSet } from '../objects/partSets.ts';
import type { Attached } from './attached.ts';
import {
  createObject,
  deleteObject,
  type Input,
  type Inventory,
  type Permissions,
  updateObject,
} from '../objects/objects.ts';
import { MOST_PARTS } from '../objects/parts.ts';
import { table } from '../objects/tables.ts';

type Json = Readonly<Record<string, unknown>>;

/** What is needed to undo changes of one kind. */
export interface Undoable {
  readonly spec: Inventory;
  /** Whether the caller may see a change: the object may have moved away since */
  readonly seen: (change: Change) => boolean;
  /** Why what was deleted cannot be made again, if it cannot */
  readonly lost?: string | undefined;
  /** What went with it, and comes back with it: kinds that lead to it by this field */
  readonly attached: readonly Attached[];
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
const asText = (value: unknown): string => JSON.stringify(value ?? null);

const called = ({ kind, name }: Change, { noun }: Inventory): string =>
  kind === 'ClusterMember' || kind === 'RoleBinding' ? `a ${noun} of "${name}"` : `${noun} "${name}"`;

function refuse({ rev }: Change, why: string, remedy: string): never {
  throw new Conflict(`Revision ${rev} cannot be undone: ${why}.`, remedy);
}

/** Who did something: a person by name, and of anything else what it is, since the caller may not be one to see it. */
const named = (actor: string): string => (actor.startsWith('user/') ? actor : `a ${actor.replace(/\/.*/, '')}`);

/** Refuses for a later change, and says who made it and when. */
function refuseFor(
  change: Change,
  later: Change,
  what: string,
  { spec, seen }: Pick<Undoable, 'spec' | 'seen'>,
): never {
  if (!seen(later))
    refuse(change, `${called(change, spec)} was changed later, where you may not see it`, 'Ask an administrator.');
  const { rev, actor, action, at } = later;
  return refuse(
    change,
    `${what}; ${named(actor)} did so at ${at.toISOString()} with ${action}, revision ${rev}`,
    `Look at it with lab history, or undo that first: lab undo ${rev}.`,
  );
}

/** Refuses when what would be set back was changed later, or the object is gone, and says who did that and when. */
async function demandLast(
  tx: Writer,
  change: Change,
  columns: ReadonlySet<string>,
  { spec, seen }: Undoable,
): Promise<void> {
  const about = { spec, seen };
  const later = await tx.client.change.findMany({
    where: { kind: change.kind, objectId: change.objectId, outcome: 'DONE', rev: { gt: change.rev } },
    orderBy: { rev: 'asc' },
  });
  const deleted = later.find(({ operation }) => operation === 'DELETE');
  if (deleted) refuseFor(change, deleted, `${called(change, spec)} was deleted later`, about);
  for (const one of later) {
    const [before, after] = [one.before as Json | null, one.after as Json | null];
    for (const column of columns) {
      const [from, to] = [before?.[column], after?.[column]];
      if (same(from, to)) continue;
      const what = `${column} of ${called(change, spec)} was changed later, from ${asText(from)} to ${asText(to)}`;
      refuseFor(change, one, what, about);
    }
  }
}

/** The rows of a kind that came or went in the same transaction, of those that led to an object. */
async function along(
  tx: Writer,
  { txId }: Change,
  operation: 'CREATE' | 'DELETE',
  { kind, key, id }: { kind: string; key: string; id: string },
): Promise<Json[]> {
  const changes = await tx.client.change.findMany({ where: { txId, kind, operation }, orderBy: { rev: 'asc' } });
  return changes.map(({ before, after }) => (before ?? after) as Json).filter((row) => row[key] === id);
}

const gone = (tx: Writer, change: Change, kind: string, key: string, id: string): Promise<Json[]> =>
  along(tx, change, 'DELETE', { kind, key, id });

const byName = (a: Json, b: Json): number => (String(a['name']) < String(b['name']) ? -1 : 1);

/** Refuses when a set was changed later than by a change: others have come or gone. */
async function demandLastSet(
  tx: Writer,
  change: Change,
  field: string,
  { part }: PartSet,
  { spec, seen }: Undoable,
): Promise<void> {
  const leads = { path: [part.key], equals: change.objectId };
  const later = await tx.client.change.findFirst({
    where: {
      kind: part.kind,
      outcome: 'DONE',
      operation: { not: 'UPDATE' },
      rev: { gt: change.rev },
      txId: { not: change.txId },
      OR: [{ before: leads }, { after: leads }],
    },
    orderBy: { rev: 'asc' },
  });
  if (later) refuseFor(change, later, `${field} of ${called(change, spec)} was changed later`, { spec, seen });
}

/** One of a set's parts as an item of the input, from its row. */
const itemFrom = (row: Json, { column, items }: PartSet): unknown =>
  items
    ? Object.fromEntries(
        Object.entries(items.fields).map(([name, field]) => [name, inputFrom(field, row[columnOf(name, field)!])]),
      )
    : [{ id: row[column] }];

/** What a set was before a change: what it is now, without what came then and with what went. Nothing if it stayed. */
async function setBefore(tx: Writer, change: Change, set: PartSet, may: Permissions): Promise<unknown[] | undefined> {
  const { part, column, names } = set;
  const parts = { ...part, id: change.objectId };
  const [came, went] = [await along(tx, change, 'CREATE', parts), await along(tx, change, 'DELETE', parts)];
  if (came.length === 0 && went.length === 0) return undefined;
  const ids = new Set(came.map(({ id }) => id));
  const now = (await table(tx.client, part.kind).findMany({
    where: { [part.key]: change.objectId, [column]: { not: null } },
    orderBy: { id: 'asc' },
    take: MOST_PARTS,
  })) as unknown as Json[];
  const left = now.filter(({ id }) => !ids.has(id));
  // What the caller may not see stays by itself.
  const seen = await table(tx.client, names).findMany({
    where: allOf({ id: { in: left.map((row) => String(row[column])) } }, may.visible(names)),
    orderBy: { id: 'asc' },
    take: MOST_PARTS,
  });
  const visible = new Set(seen.map(({ id }) => id as unknown));
  return [...left.filter((row) => visible.has(row[column])), ...went.filter((row) => row[column] != null)]
    .sort(byName)
    .map((row) => itemFrom(row, set));
}

async function inputOf(tx: Writer, change: Change, row: Json, { spec: { fields } }: Undoable): Promise<Input> {
  const input: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const column = columnOf(name, field);
    if (column !== undefined && row[column] != null) input[name] = inputFrom(field, row[column]);
    const { type } = field;
    if (type.is !== 'parts') continue;
    const rows = await gone(tx, change, type.part.kind, type.part.key, change.objectId);
    const named = rows.filter((one) => one[type.column] != null).sort(byName);
    input[name] = named.map((one) => itemFrom(one, type));
  }
  return input;
}

async function makeAgain(tx: Writer, change: Change, undoable: Undoable, may: Permissions): Promise<string> {
  const { spec, lost, follow, attached } = undoable;
  if (lost !== undefined) refuse(change, `${called(change, spec)} ${lost}`, 'Make a new one.');
  const before = change.before as Json;
  const made = await createObject(tx, spec, await inputOf(tx, change, before, undoable), may);
  for (const { field, key, undoable: below } of follow)
    for (const row of await gone(tx, change, below.spec.kind, key, change.objectId)) {
      const input = { ...(await inputOf(tx, change, row, below)), [field]: [{ id: made.id }] };
      await createObject(tx, below.spec, input, may);
    }
  for (const { kind, key, attach } of attached) {
    const leads = { path: [key], equals: change.objectId };
    const where = { txId: change.txId, kind, operation: 'UPDATE', before: leads } as const;
    for (const { objectId } of await tx.client.change.findMany({ where, orderBy: { rev: 'asc' } }))
      await attach(tx, objectId, made.id, may);
  }
  return made.id;
}

async function setBack(tx: Writer, change: Change, undoable: Undoable, may: Permissions): Promise<void> {
  const { spec } = undoable;
  const [before, after] = [change.before as Json, change.after as Json];
  const changed = Object.entries(spec.fields).flatMap(([name, field]) => {
    const column = columnOf(name, field);
    const kept = column !== undefined && !field.fixed && !field.echo && !field.toldAs;
    return kept && !same(before[column], after[column]) ? [{ name, field, column }] : [];
  });
  const sets: Record<string, unknown[]> = {};
  for (const [name, set] of partSetsOf(spec.fields)) {
    const was = await setBefore(tx, change, set, may);
    if (!was) continue;
    await demandLastSet(tx, change, name, set, undoable);
    sets[name] = was;
  }
  if (changed.length === 0 && Object.keys(sets).length === 0) {
    const [secret] =
      Object.entries(spec.fields).find(
        ([name, field]) => field.toldAs && !same(before[columnOf(name, field)!], after[columnOf(name, field)!]),
      ) ?? [];
    if (secret !== undefined)
      refuse(
        change,
        `it replaced the ${secret} of ${called(change, spec)}, and the change log keeps no such ${secret}`,
        `Give the ${secret} that it had anew: lab edit, or lab apply with spec.${secret}.`,
      );
    refuse(
      change,
      `it changed nothing of ${called(change, spec)} that people set and the change log keeps`,
      'Look at it with lab history.',
    );
  }
  await demandLast(tx, change, new Set(changed.map(({ column }) => column)), undoable);
  const columns = changed.map(({ name, field, column }) => [name, inputFrom(field, before[column])] as const);
  const input = { ...Object.fromEntries(columns), ...sets };
  await updateObject(tx, spec, { ways: [{ id: change.objectId }], called: called(change, spec) }, input, may);
}

/**
 * Undoes a change. Throws Conflict when something that it would set back was changed later, or cannot be set back, and
 * whatever creating, changing or deleting such an object throws.
 */
export async function undo(tx: Writer, change: Change, undoable: Undoable, may: Permissions): Promise<Undone> {
  const { spec } = undoable;
  const recorded: Recorded[] = [];
  const noting: Writer = {
    ...tx,
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
    const columns = Object.entries(spec.fields).flatMap(([name, field]) => columnOf(name, field) ?? []);
    await demandLast(tx, change, new Set(columns), undoable);
    for (const [name, set] of partSetsOf(spec.fields)) await demandLastSet(tx, change, name, set, undoable);
    await deleteObject(noting, spec, { ways: [{ id }], called: called(change, spec) }, may);
  }
  return { operation, recorded, id, name: recorded.find((one) => one.id === id)?.name ?? change.name };
}
