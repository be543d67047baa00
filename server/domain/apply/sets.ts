// Named sets of applied objects: what was applied as part of one and is not there any more may be pruned.
import type { Writer } from '../../store/types.ts';
import { InvalidInput, UserError } from '../errors.ts';
import { deleteObject, type Permissions, type Row, table } from '../inventory/objects.ts';
import { checkName } from '../inventory/validate.ts';
import { allOf } from '../where.ts';
import { MANIFESTS } from './kinds.ts';
import type { Located } from './problems.ts';

/** An object by its kind and uuid. */
export interface Member {
  readonly kind: string;
  readonly id: string;
}

/** An object that was deleted for being in the set no longer. */
export interface Pruned {
  readonly kind: string;
  readonly row: Row;
}

const key = ({ kind, id }: Member): string => `${kind}:${id}`;

/** Notes what a set has; with `prune`, deletes what it had and has no more. */
export async function keepSet(
  tx: Writer,
  name: string,
  members: readonly Member[],
  prune: boolean,
  may: Permissions,
): Promise<{ pruned: Pruned[]; problems: Located[] }> {
  checkName('input.set', name);
  const { applySet, applySetMember } = tx.client;
  const { id: applySetId } = await applySet.upsert({ where: { name }, create: { name }, update: {} });
  const had = await applySetMember.findMany({ where: { applySetId } });
  const known = new Set(had.map(({ kind, objectId }) => key({ kind, id: objectId })));
  const added = members.filter((member) => !known.has(key(member)));
  await applySetMember.createMany({ data: added.map(({ kind, id }) => ({ applySetId, kind, objectId: id })) });
  if (!prune) return { pruned: [], problems: [] };
  const has = new Set(members.map(key));
  const gone = had.filter(({ kind, objectId }) => !has.has(key({ kind, id: objectId })));
  // Who refers to another goes before it.
  gone.sort((a, b) => MANIFESTS[b.kind]!.turn - MANIFESTS[a.kind]!.turn);
  const pruned: Pruned[] = [];
  const problems: Located[] = [];
  for (const { kind, objectId: id } of gone) {
    const elsewhere = await applySetMember.count({ where: { kind, objectId: id, applySetId: { not: applySetId } } });
    const there = await table(tx.client, kind).findFirst({ where: { id } });
    const seen = there && (await table(tx.client, kind).findFirst({ where: allOf({ id }, may.visible(kind)) }));
    // What the caller may not see stays as it is, and in the set.
    if (there && !seen) continue;
    await applySetMember.delete({ where: { applySetId_kind_objectId: { applySetId, kind, objectId: id } } });
    if (!seen || elsewhere > 0) continue;
    const called = `"${String(seen['name'])}"`;
    try {
      pruned.push({ kind, row: await deleteObject(tx, MANIFESTS[kind]!.inventory, { ways: [{ id }], called }, may) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push({ index: null, kind, name: String(seen['name']), path: '', error });
    }
  }
  return { pruned, problems };
}

/** Throws InvalidInput for pruning without saying of which set. */
export function demandSet(set: string | undefined, prune: boolean): void {
  if (prune && set === undefined)
    throw new InvalidInput('input.set', 'Pruning needs to know of which set.', 'Name it: --set NAME.');
}
