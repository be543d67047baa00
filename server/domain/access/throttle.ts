// Limits failed sign-ins per name and per address, so that guessing a password takes years.
import { Conflict } from '../errors.ts';

/** Failures that are forgiven, and after how many milliseconds one of them is forgotten. */
const FORGIVEN = 10;
const FORGOTTEN_AFTER = 30_000;
/** Names and addresses that are remembered at most. */
const REMEMBERED = 10_000;

interface Failures {
  count: number;
  at: number;
}

export interface Throttle {
  /** Throws Conflict when one of these has failed too often lately */
  check(...who: string[]): void;
  failed(...who: string[]): void;
  succeeded(...who: string[]): void;
}

/** Counts failures per name and per address, each with a leaky bucket. `now` is in milliseconds, of a clock that nobody sets. */
export function createThrottle(now: () => number): Throttle {
  const failures = new Map<string, Failures>();
  const left = ({ count, at }: Failures) => Math.max(0, count - (now() - at) / FORGOTTEN_AFTER);
  return {
    check(...who) {
      for (const one of who) {
        const known = failures.get(one);
        const excess = known === undefined ? 0 : left(known) - (FORGIVEN - 1);
        if (excess <= 0) continue;
        const wait = Math.ceil((excess * FORGOTTEN_AFTER) / 1000);
        throw new Conflict(`There were too many failed sign-ins of ${one}.`, `Wait ${wait} seconds, then try again.`);
      }
    },
    failed(...who) {
      for (const one of who) {
        const known = failures.get(one);
        failures.delete(one);
        failures.set(one, { count: (known ? left(known) : 0) + 1, at: now() });
      }
      for (const oldest of failures.keys()) {
        if (failures.size <= REMEMBERED) break;
        failures.delete(oldest);
      }
    },
    succeeded(...who) {
      for (const one of who) failures.delete(one);
    },
  };
}
