// The parts of an object that have no place of their own: where the whole goes, they go, and the change log says so.
import type { Place } from '../../../common/place.ts';
import type { Writer } from '../../store/types.ts';
import { table } from './tables.ts';

/** More than any object has parts. */
export const MOST_PARTS = 100_000;

/** A kind that is placed where the object is that this column leads to. */
export interface Part {
  readonly kind: string;
  readonly key: string;
}

/**
 * Where a row in the change log was, when that is not where its change is filed: no column begins so. A move is one
 * UPDATE of the same row, once with either place. As a deletion here and a creation there, history would say that a NIC
 * had been taken out, and who may see both places would see it go.
 */
export const PLACE = '$place';

/** Notes that the parts of an object went with it from one place to another. */
export async function followWhole(
  tx: Writer,
  parts: readonly Part[],
  id: string,
  { from, to }: { from: Place; to: Place },
): Promise<void> {
  for (const { kind, key } of parts) {
    for (const row of await table(tx.client, kind).findMany({ where: { [key]: id }, orderBy: { id: 'asc' } })) {
      const [before, after] = [from, to].map((place) => ({ ...row, [PLACE]: place }));
      tx.record({ kind, id: row.id, ...to, operation: 'UPDATE', before: before!, after: after! });
    }
  }
}
