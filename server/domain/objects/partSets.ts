// Fields whose value is a set of parts: rows of another kind that lead to the object.
import type { Writer } from '../../store/types.ts';
import { type Fields, partSetsOf } from './fields.ts';
import type { Part } from './parts.ts';
import type { Input, Permissions, Row } from './types.ts';

/** What has to be done to make the parts of an object those that are wanted. */
export type Steps = readonly (() => Promise<unknown>)[];

/** The type of a field whose value is a set of parts: each that comes or goes is a change of its own. */
export interface PartSet {
  readonly is: 'parts';
  /** The kind of the parts, and their column that leads to the whole */
  readonly part: Part;
  /** Their column that leads to what the set names, and its kind */
  readonly column: string;
  readonly names: string;
  /** What else each part says, and what such a part is called; without it the set only names objects */
  readonly items?: { readonly name: string; readonly description: string; readonly fields: Fields };
  /** The caller sees those parts that may be seen, or those whose object may be seen */
  readonly seenBy: 'part' | 'object';
  /** What makes the parts of the row these; nothing when they are. Throws InvalidInput; does nothing by itself. */
  readonly difference: (tx: Writer, row: Row, wanted: readonly unknown[], may: Permissions) => Promise<Steps>;
}

/** What makes the parts of an object those that the input wants. */
export async function setSteps(tx: Writer, fields: Fields, row: Row, input: Input, may: Permissions): Promise<Steps> {
  const steps: (() => Promise<unknown>)[] = [];
  for (const [field, { difference }] of partSetsOf(fields)) {
    const wanted = input[field] as readonly unknown[] | null | undefined;
    if (wanted != null) steps.push(...(await difference(tx, row, wanted, may)));
  }
  return steps;
}
