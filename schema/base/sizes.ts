// How many objects a field leads to. Lists say it in their field's extensions, and server/limits/cost.ts computes an
// operation's cost from it before anything runs.

/** A number that arguments decide: the greatest of them, the length of one that is a list, `otherwise` without any. */
export interface Size {
  readonly arguments: readonly string[];
  readonly otherwise: number;
}

/** What a field's extensions may say. A list of objects that says nothing is taken for a short one. */
export interface Sizes {
  /** A connection: its rows are so many */
  readonly page?: Size;
  /** A list with one object for each row of the connection it belongs to */
  readonly perRow?: true;
  /** Any other list: it has so many objects */
  readonly size?: Size;
}

/** One object per row of the page. */
export const perRow: Sizes = { perRow: true };

/** A list with one object for each item of an argument. */
export const sizeOf = (argument: string): Sizes => ({ size: { arguments: [argument], otherwise: 1 } });

/** A list that is longer than short ones are, whatever is asked. */
export const sizeAtMost = (most: number): Sizes => ({ size: { arguments: [], otherwise: most } });
