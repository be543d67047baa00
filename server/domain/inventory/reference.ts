// References from one object to another in the input of a change.
import type { Writer } from '../../store/types.ts';
import { InvalidInput } from '../errors.ts';
import { allOf, type Where } from '../where.ts';
import type { Permissions } from './objects.ts';

interface Table {
  findMany(query: { where: object; select: object; take: number }): Promise<{ id: string }[]>;
}

/** The id of the one object that meets the condition and that the caller may see. Throws InvalidInput otherwise. */
export async function resolveReference(
  tx: Writer,
  kind: string,
  where: Where,
  field: string,
  may: Permissions,
): Promise<string> {
  const table = (tx.client as unknown as Record<string, Table>)[kind.charAt(0).toLowerCase() + kind.slice(1)]!;
  const found = await table.findMany({ where: allOf(where, may.visible(kind)), select: { id: true }, take: 2 });
  if (found.length === 1) return found[0]!.id;
  const noun = kind.toLowerCase();
  throw new InvalidInput(
    field,
    found.length === 0 ? `There is no such ${noun}.` : `Several ${noun}s meet this.`,
    `Refer to one ${noun} by name or id.`,
  );
}
