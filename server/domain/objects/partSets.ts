// Fields whose value is a set of parts.
import type { Writer } from '../../store/types.ts';
import type { Part } from './parts.ts';
import type { Input, Permissions, Row } from './types.ts';

/** What has to be done to make the parts of an object those that are wanted. */
export type Steps = readonly (() => Promise<unknown>)[];

/** A field whose value is a set of parts: each that comes or goes is a change of its own. */
export interface PartSet {
  /** The kind of the parts, and their column that leads to the whole */
  readonly part: Part;
  /** What makes the parts of the row these; nothing when they are. Throws InvalidInput; does nothing by itself. */
  readonly difference: (tx: Writer, row: Row, wanted: readonly unknown[], may: Permissions) => Promise<Steps>;
}

/** What makes the parts of an object those that the input wants. */
export async function setSteps(
  tx: Writer,
  sets: Readonly<Record<string, PartSet>> | undefined,
  row: Row,
  input: Input,
  may: Permissions,
): Promise<Steps> {
  const steps: (() => Promise<unknown>)[] = [];
  for (const [field, { difference }] of Object.entries(sets ?? {})) {
    const wanted = input[field] as readonly unknown[] | null | undefined;
    if (wanted != null) steps.push(...(await difference(tx, row, wanted, may)));
  }
  return steps;
}
