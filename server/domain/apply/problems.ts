// All that is wrong with one manifest, found at once.
import type { UserError } from '../errors.ts';

/** One mistake, and where in the manifest it is; empty for the object as a whole. */
export interface Problem {
  readonly path: string;
  readonly error: UserError;
}

/** A mistake, in which manifest (null for what is in none), and in which object. */
export interface Located extends Problem {
  readonly index: number | null;
  readonly kind: string;
  readonly name: string;
}

/** Everything that keeps one manifest from being applied. */
export class Problems extends Error {
  readonly all: readonly Problem[];

  constructor(all: readonly Problem[]) {
    super(all.map(({ error }) => error.message).join(' '));
    this.all = all;
  }
}
