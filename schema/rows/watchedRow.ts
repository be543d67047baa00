// Rows out of the change log, as watches deliver them: of an object that may be elsewhere by now, or gone. What its row
// says was for the caller to see; what is so of it at present is only for who may see it at present.
import type { Row } from '../base/rows.ts';

const told = Symbol('told');

/** How a row came to be told. */
interface Told {
  /** Of the change that it is told by */
  readonly revision: string;
  /** Whether the caller may see the object now */
  readonly shown: () => Promise<boolean>;
}

type ToldRow = Row & { [told]?: Told };

/** A copy that knows so: a row out of the log is every watcher's, and each may see something else. Asked once at most. */
export function outOfLog(row: Row, revision: string, ask: () => Promise<boolean>): Row {
  let shown: Promise<boolean> | undefined;
  return { ...row, [told]: { revision, shown: () => (shown ??= ask()) } satisfies Told };
}

/**
 * What is so of an object now; for who may not see it any more, what is said in its place, given the revision that its
 * row was told by. Every resolver that reads by a row's id what no door keeps goes through here.
 */
export function ifShown<T, E>(row: unknown, instead: (revision: string) => E, now: () => T | Promise<T>) {
  const own = (row as ToldRow)[told];
  if (!own) return now();
  return own.shown().then((shown) => (shown ? now() : instead(own.revision)));
}
