// Limits how many pieces of work run at once, so that a burst of one kind does not starve everything else.

/** Runs work when its turn comes. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** At most so many at once; the rest waits, first come, first served. */
export function createTurns(atOnce: number): Turns {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running < atOnce) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place is handed on, rather than given back for whoever comes first.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
