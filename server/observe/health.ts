// Readiness: labd is ready when its database answers. It is checked on request, one check at a time.
import { ChangeLogGap } from '../store/errors.ts';
import { problemsOf } from '../store/sealing.ts';
import type { Database } from '../store/types.ts';

/** Resolves when the database answers, within a few seconds, and its change log is whole; else throws why not. */
export type Ping = () => Promise<void>;

export interface Health {
  watch(ping: Ping): void;
  /** What stops labd from answering, in words; undefined when nothing does */
  problem(): Promise<string | undefined>;
  /** undefined before there is a database */
  databaseUp(): Promise<boolean | undefined>;
}

/**
 * What /readyz says, a line each: why labd does not answer, or ok; and what is wrong although it answers. For that alone
 * it stays ready, or a clock that is set would stop every labd at once.
 */
export const readiness = (problem: string | undefined, database: Database | undefined): string =>
  [problem ?? 'ok', ...(database ? problemsOf(database) : [])].map((line) => `${line}\n`).join('');

export function createHealth(): Health {
  let ping: Ping | undefined;
  let asking: Promise<Error | undefined> | undefined;
  const ask = (one: Ping) =>
    (asking ??= one()
      .then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error : new Error('The database does not answer')),
      )
      .finally(() => (asking = undefined)));
  return {
    watch(one) {
      ping = one;
    },
    problem: async () => (ping === undefined ? 'labd is starting' : (await ask(ping))?.message),
    async databaseUp() {
      if (ping === undefined) return undefined;
      const problem = await ask(ping);
      return problem === undefined || problem instanceof ChangeLogGap;
    },
  };
}
