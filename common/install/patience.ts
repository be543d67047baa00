// How long an install may take where nobody says otherwise, with labd and without.

/** Milliseconds that it may be in one phase; a callback begins it anew. */
export const PHASE_TIME = 20 * 60_000;

/** Milliseconds that it may take in all. */
export const INSTALL_TIME = 2 * 60 * 60_000;
