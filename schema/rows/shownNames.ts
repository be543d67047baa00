// Objects that something refers to by their ids, for callers who may see these objects: their names, and whether they are there.
import { allOf } from '../../server/domain/where.ts';
import type { KindName } from '../catalog.ts';
import type { Moment } from '../base/context.ts';
import { visible } from '../lists/listArguments.ts';
import { resourceOf } from '../lists/registry.ts';
import { tableOf } from './tables.ts';

/** An object's name; undefined when it is gone or the caller may not see it. All of a kind are looked up in one statement. */
export const shownName = (context: Moment, kind: KindName, id: string): Promise<string | undefined> =>
  context.batches.load(`shown ${kind}`, id, async (ids: readonly string[]) => {
    const where = allOf({ id: { in: [...new Set(ids)] } }, visible(context, resourceOf(kind)));
    const found = await tableOf(context, kind).findMany({ where, select: { id: true, name: true } });
    const names = new Map(found.map((row) => [row.id, String(row['name'])]));
    return (one: string) => names.get(one);
  });

/** Whether an object is there and the caller may see it, named or not. All of a kind are looked up in one statement. */
export const isShown = (context: Moment, kind: KindName, id: string): Promise<boolean> =>
  context.batches.load(`seen ${kind}`, id, async (ids: readonly string[]) => {
    const where = allOf({ id: { in: [...new Set(ids)] } }, visible(context, resourceOf(kind)));
    const seen = new Set((await tableOf(context, kind).findMany({ where, select: { id: true } })).map((row) => row.id));
    return (one: string) => seen.has(one);
  });
