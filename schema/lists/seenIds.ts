// A filter as a watch needs it, which looks at rows alone: ids of objects that the caller may not see are those of none.
import { NO_OBJECT } from '../../server/store/refusals.ts';
import type { KindName } from '../catalog.ts';
import { decodeId } from '../base/ids.ts';
import type { FilterFields } from './filter.ts';

type Operand = Readonly<Record<string, unknown>>;

/** Whether the caller may see an object, by its uuid. */
export type Sees = (kind: KindName, id: string) => Promise<boolean>;

const JOINTS: ReadonlySet<string> = new Set(['and', 'or', 'not']);

async function seenIds(kind: KindName, operand: Operand, sees: Sees): Promise<Operand> {
  const one = async (id: string) => ((await sees(kind, decodeId(id, kind))) ? id : NO_OBJECT);
  const entries = Object.entries(operand).map(async ([name, value]) => {
    if (value == null) return [name, value] as const;
    return [name, Array.isArray(value) ? await Promise.all(value.map(one)) : await one(value as string)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The same filter without the ids of related objects that the caller may not see. Throws BAD_USER_INPUT for ids of other kinds. */
export async function withSeenIds(fields: FilterFields, filter: Operand, sees: Sees): Promise<Operand> {
  const entries = Object.entries(filter).map(async ([name, value]): Promise<[string, unknown]> => {
    if (value == null) return [name, value];
    if (JOINTS.has(name)) {
      const below = (one: unknown) => withSeenIds(fields, one as Operand, sees);
      return [name, Array.isArray(value) ? await Promise.all(value.map(below)) : await below(value)];
    }
    const kind = fields[name]!.related;
    return [name, kind ? await seenIds(kind, value as Operand, sees) : value];
  });
  return Object.fromEntries(await Promise.all(entries));
}
