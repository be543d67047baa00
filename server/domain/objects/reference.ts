// References from one object to another: what they may mean, and what is said when they mean none or several.
import type { Writer } from '../../store/types.ts';
import { allOf, type Where } from '../where.ts';
import { type Checked, demandRight, right, wrong } from '../../../common/checked.ts';
import type { Permissions } from './types.ts';
import { table } from './tables.ts';

/** What a reference may mean, the likeliest first: what the first one finds is meant. */
export type Ways = readonly Where[];

/** The rows that a reference means: one, none, or several when it does not tell them apart. */
export async function meant<T>(ways: Ways, find: (way: Where) => Promise<T[]>): Promise<T[]> {
  for (const way of ways) {
    const found = await find(way);
    if (found.length > 0) return found;
  }
  return [];
}

/** So many are named when a reference means several. */
export const mostNamed = 10;

/** Says which objects a reference may mean, given one more than are named when there are more. */
export function severalMeant(nouns: string, called: string, found: readonly { id: string; name?: unknown }[]): string {
  const names = found.slice(0, mostNamed).map(({ id, name }) => (typeof name === 'string' ? name : id));
  const more = found.length > mostNamed ? ' and more' : '';
  return `Several ${nouns} are meant by ${called}: ${names.join(', ')}${more}.`;
}

/** The id of the one object that is meant and that the caller may see. */
export async function checkReference(
  tx: Writer,
  kind: string,
  ways: Ways,
  field: string,
  may: Permissions,
): Promise<Checked<string>> {
  const found = await meant(ways, (way) =>
    table(tx.client, kind).findMany({
      where: allOf(way, may.visible(kind)),
      orderBy: { id: 'asc' },
      take: mostNamed + 1,
    }),
  );
  if (found.length === 1) return right(found[0]!.id);
  const noun = kind.toLowerCase();
  return wrong(
    field,
    found.length === 0 ? `There is no such ${noun}.` : severalMeant(`${noun}s`, 'this', found),
    `Refer to one ${noun} by name or id.`,
  );
}

/** The same. Throws InvalidInput when there is none, or several. */
export const resolveReference = async (...asked: Parameters<typeof checkReference>): Promise<string> =>
  demandRight(await checkReference(...asked));
