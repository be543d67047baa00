// Named sets of applied objects: what was applied as part of one and is not there any more may be pruned.
import type { ApplySet } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { demandRight } from '../../../common/checked.ts';
import { Forbidden, InvalidInput, UserError } from '../errors.ts';
import { deleteObject, type Permissions, placeIn, type Row } from '../objects/objects.ts';
import { table } from '../objects/tables.ts';
import { checkName } from '../objects/validate.ts';
import { allOf } from '../where.ts';
import { MANIFESTS } from './kinds.ts';
import type { Located } from './problems.ts';

/** What is to be in a set, and the place of its manifest. */
export interface Member {
  readonly index: number | null;
  readonly kind: string;
  readonly row: Row;
}

/** An object that was deleted for being in the set no longer. */
export interface Pruned {
  readonly kind: string;
  readonly row: Row;
}

const key = (kind: string, id: string): string => `${kind}:${id}`;

/** Throws Forbidden unless the caller may delete an object: whoever prunes the set might do so for somebody else. */
function demandPrunable(kind: string, row: Row, set: string, may: Permissions): void {
  try {
    may.demand('destroy', kind, { ...placeIn(row), id: row.id });
  } catch (error) {
    if (!(error instanceof Forbidden)) throw error;
    const object = `${MANIFESTS[kind]!.inventory.noun} "${String(row['name'])}"`;
    const why = `What is in the set "${set}" or was is pruned with it, and you may not destroy ${object}.`;
    throw new Forbidden(error.permission, why, error.remedy, row.id);
  }
}

/** Does something to an object, and notes what is wrong with that. */
async function noting(
  problems: Located[],
  about: Omit<Located, 'error'>,
  work: () => Promise<void> | void,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    problems.push({ ...about, error });
  }
}

/** Says in the change log what came into a set and what left it: that decides what pruning deletes. */
function noteChange(tx: Writer, set: ApplySet, came: readonly string[], left: readonly string[]): void {
  if (came.length === 0 && left.length === 0) return;
  const { id, name, cloud, environment } = set;
  const side = (members: readonly string[]) => ({ id, name, members: members.toSorted() });
  tx.record({
    kind: 'ApplySet',
    id,
    name,
    cloud,
    environment,
    operation: 'UPDATE',
    before: side(left),
    after: side(came),
  });
}

/** Notes what a set has; with `prune`, deletes what it had and has no more. */
export async function keepSet(
  tx: Writer,
  name: string,
  members: readonly Member[],
  prune: boolean,
  may: Permissions,
): Promise<{ pruned: Pruned[]; problems: Located[] }> {
  demandRight(checkName('input.set', name));
  const { applySet, applySetMember } = tx.client;
  const problems: Located[] = [];
  const asking = (index: number | null, kind: string, row: Row, work: () => Promise<void> | void) =>
    noting(problems, { index, kind, name: String(row['name']), path: '' }, work);
  const set = await applySet.upsert({ where: { name }, create: { name }, update: {} });
  const applySetId = set.id;
  const had = await applySetMember.findMany({ where: { applySetId } });
  const known = new Set(had.map(({ kind, objectId }) => key(kind, objectId)));
  const added = members.filter(({ kind, row }) => !known.has(key(kind, row.id)));
  for (const { index, kind, row } of added) await asking(index, kind, row, () => demandPrunable(kind, row, name, may));
  await applySetMember.createMany({ data: added.map(({ kind, row }) => ({ applySetId, kind, objectId: row.id })) });
  const left: string[] = [];
  const note = () =>
    noteChange(
      tx,
      set,
      added.map(({ kind, row }) => key(kind, row.id)),
      left,
    );
  if (!prune) {
    note();
    return { pruned: [], problems };
  }
  const has = new Set(members.map(({ kind, row }) => key(kind, row.id)));
  const gone = had.filter(({ kind, objectId }) => !has.has(key(kind, objectId)));
  // Who refers to another goes before it.
  gone.sort((a, b) => MANIFESTS[b.kind]!.turn - MANIFESTS[a.kind]!.turn);
  const pruned: Pruned[] = [];
  for (const { kind, objectId: id } of gone) {
    const where = { applySetId_kind_objectId: { applySetId, kind, objectId: id } };
    const there = await table(tx.client, kind).findFirst({ where: { id } });
    if (!there) {
      await applySetMember.delete({ where });
      left.push(key(kind, id));
      continue;
    }
    const seen = await table(tx.client, kind).findFirst({ where: allOf({ id }, may.visible(kind)) });
    // What the caller may not see stays as it is, and in the set.
    if (!seen) continue;
    await asking(null, kind, seen, async () => {
      demandPrunable(kind, seen, name, may);
      await applySetMember.delete({ where });
      left.push(key(kind, id));
      if ((await applySetMember.count({ where: { kind, objectId: id } })) > 0) return;
      const called = `"${String(seen['name'])}"`;
      pruned.push({ kind, row: await deleteObject(tx, MANIFESTS[kind]!.inventory, { ways: [{ id }], called }, may) });
    });
  }
  note();
  return { pruned, problems };
}

/** Throws InvalidInput for pruning without saying of which set. */
export function demandSet(set: string | undefined, prune: boolean): void {
  if (prune && set === undefined)
    throw new InvalidInput('input.set', 'Pruning needs to know of which set.', 'Name it: --set NAME.');
}
