// Whether labd can answer: its database answers. Asked when somebody asks, and at most once at a time.

/** Resolves when the database answers, within a few seconds; else throws why not. */
export type Ping = () => Promise<void>;

export interface Health {
  watch(ping: Ping): void;
  /** What stops labd from answering, in words; undefined when nothing does */
  problem(): Promise<string | undefined>;
  /** undefined before there is a database */
  databaseUp(): Promise<boolean | undefined>;
}

export function createHealth(): Health {
  let ping: Ping | undefined;
  let asking: Promise<string | undefined> | undefined;
  const ask = (one: Ping) =>
    (asking ??= one()
      .then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : 'The database does not answer'),
      )
      .finally(() => (asking = undefined)));
  return {
    watch(one) {
      ping = one;
    },
    problem: () => (ping === undefined ? Promise.resolve('labd is starting') : ask(ping)),
    databaseUp: async () => (ping === undefined ? undefined : (await ask(ping)) === undefined),
  };
}
