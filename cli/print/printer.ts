// What an output format is: told the shape of rows it needs, it prints what was found.
import type { KindView, Row, Shape } from '../kinds/kind.ts';

/** Some objects of one kind. */
export interface Found {
  readonly view: KindView;
  readonly rows: readonly Row[];
  /** They were asked for one by one: a single one is printed by itself, not as a list */
  readonly named: boolean;
}

interface PrintOptions {
  readonly headers: boolean;
  /** More than one kind is printed: names are given with theirs */
  readonly several: boolean;
}

export interface Printer {
  /** What it needs to know of each object */
  readonly shape: Shape;
  /** Writes to standard output, all at once */
  print(found: readonly Found[], options: PrintOptions): Promise<void> | void;
}
