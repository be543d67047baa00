// What two lists of parts have and have not in common.

export interface Difference<T, W> {
  /** Wanted, and not there */
  readonly missing: readonly W[];
  /** There, and not wanted */
  readonly extra: readonly T[];
}

/** Tells apart by key what is there and what is wanted; a key that is wanted twice is looked for twice. */
export function differenceOf<T, W>(
  present: readonly T[],
  wanted: readonly W[],
  keyOf: { present: (one: T) => string; wanted: (one: W) => string },
): Difference<T, W> {
  const left = new Map<string, T[]>();
  for (const one of present) left.set(keyOf.present(one), [...(left.get(keyOf.present(one)) ?? []), one]);
  const missing = wanted.filter((one) => left.get(keyOf.wanted(one))?.shift() === undefined);
  return { missing, extra: [...left.values()].flat() };
}
