// Rows that watches deliver: they come from the change log, and their objects may have been moved or deleted since. The
// caller may see what the row says, but what is read besides it only while the caller may still see the object.
import type { Together } from '../../server/stream/together.ts';
import type { Row } from '../base/rows.ts';

const watched = Symbol('watched');

/** How a row was delivered. */
export interface Watched {
  /** Of the change that it was delivered for */
  readonly revision: string;
  /** Whether the caller may see the object now */
  readonly shown: () => Promise<boolean>;
  /** The rows that were delivered with it */
  readonly together: Together<Row>;
}

/**
 * A copy of a row that knows how it was delivered: all watchers share the row, and each may see something else. `ask` is
 * called at most once.
 */
export function fromLog(
  row: Row,
  { revision, together }: Pick<Watched, 'revision' | 'together'>,
  ask: () => Promise<boolean>,
): Row {
  let shown: Promise<boolean> | undefined;
  return { ...row, [watched]: { revision, together, shown: () => (shown ??= ask()) } satisfies Watched };
}

/** How a row was delivered, when a watch did so; undefined for one that was read from its table. */
export const watchOf = (row: object): Watched | undefined => (row as { [watched]?: Watched })[watched];
