// How long an install may take, and how long where nobody says otherwise, with labd and without.

export interface Patience {
  /** Milliseconds that it may be in one phase; a callback begins it anew */
  readonly phaseTime: number;
  /** Milliseconds that it may take in all */
  readonly installTime: number;
}

/** Milliseconds that it may be in one phase; a callback begins it anew. */
export const PHASE_TIME = 20 * 60_000;

/** Milliseconds that it may take in all. */
export const INSTALL_TIME = 2 * 60 * 60_000;
