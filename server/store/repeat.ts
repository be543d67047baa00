// Work that is done again and again as long as labd runs.
import type { StoreLogger } from '../../common/logger.ts';

export interface Repetition {
  /** Begins no more of it, and waits for what is being done. */
  stop(): Promise<void>;
}

/**
 * Does some work every so many milliseconds, never twice at a time, and once at the start with `atOnce`. That it fails is logged once, as `failure`, until
 * it succeeds again.
 */
export function repeat(
  every: number,
  logger: StoreLogger,
  failure: string,
  work: () => Promise<unknown>,
  { atOnce = false } = {},
): Repetition {
  let running: Promise<void> | undefined;
  let failing = false;
  const once = async () => {
    try {
      await work();
      failing = false;
    } catch (error) {
      if (!failing) logger.warn({ reason: (error as Error).message }, failure);
      failing = true;
    }
  };
  const begin = () => void (running ??= once().finally(() => (running = undefined)));
  const timer = setInterval(begin, every).unref();
  if (atOnce) begin();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
