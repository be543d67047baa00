// Rows out of the change log, as watches deliver them: of an object that may be elsewhere by now, or gone. What its row
// says was for the caller to see; what is so of it at present is only for who may see it at present.
import type { Row } from '../base/rows.ts';

const watched = Symbol('told');

/** How a row came to be told. */
interface Watched {
  /** Of the change that it is told by */
  readonly revision: string;
  /** Whether the caller may see the object now */
  readonly shown: () => Promise<boolean>;
}

type WatchedRow = Row & { [watched]?: Watched };

/** A copy that knows so: a row out of the log is every watcher's, and each may see something else. Asked once at most. */
export function fromLog(row: Row, revision: string, ask: () => Promise<boolean>): Row {
  let shown: Promise<boolean> | undefined;
  return { ...row, [watched]: { revision, shown: () => (shown ??= ask()) } satisfies Watched };
}

/**
 * What is so of an object now; for who may not see it any more, what is said in its place, given the revision that its
 * row was told by. Every resolver that reads by a row's id what no door keeps goes through here.
 */
export function ifVisibleNow<T, E>(row: unknown, instead: (revision: string) => E, now: () => T | Promise<T>) {
  const own = (row as WatchedRow)[watched];
  if (!own) return now();
  return own.shown().then((shown) => (shown ? now() : instead(own.revision)));
}
