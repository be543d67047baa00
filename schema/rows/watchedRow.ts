// Rows out of the change log, as watches deliver them: of an object that may be elsewhere by now, or gone. What its row
// says was for the caller to see; what is so of it at present is only for who may see it at present.
import type { Row } from '../base/rows.ts';

const watched = Symbol('watched');

/** How a row was delivered. */
export interface Watched {
  /** Of the change that it was delivered for */
  readonly revision: string;
  /** Whether the caller may see the object now */
  readonly shown: () => Promise<boolean>;
}

/** A copy that knows so: a row out of the log is every watcher's, and each may see something else. Asked once at most. */
export function fromLog(row: Row, revision: string, ask: () => Promise<boolean>): Row {
  let shown: Promise<boolean> | undefined;
  return { ...row, [watched]: { revision, shown: () => (shown ??= ask()) } satisfies Watched };
}

/** How a row was delivered, when a watch did so; undefined for one that was read from its table. */
export const watchOf = (row: object): Watched | undefined => (row as { [watched]?: Watched })[watched];
