// A wall clock that does not jump. It goes on by time that nobody sets, and learns the true time from a clock that it
// follows, such as the database's, which several processes share. When that one is set, it waits until the new time has
// stood for an hour, so that what is decided for good is not decided by a clock that somebody puts right again.
import type { System } from './system.ts';

/** Milliseconds by which two clocks differ that agree: the way there and back, and what they drift between two looks. */
const AGREED = 2_000;
/** Milliseconds by which it may be off before it is put right. */
const DRIFT = 250;
/** Milliseconds that another time must have stood for. */
const STANDS = 3_600_000;

/** What it says when the clock that it follows jumps, and when it follows at last. */
export interface Steps {
  /** The clock was set by so many milliseconds, negative for back: it is not followed yet */
  onJump?(by: number): void;
  /** It is followed now: time goes on at `to` where it was `from`, milliseconds since 1970 */
  onFollow?(from: number, to: number): void;
}

export interface SteadyClock {
  /** The system that it was made from, with this clock for the time */
  readonly system: System;
  /** Tells it what time it is by the clock that it follows; to be called every few seconds */
  follow(time: number): void;
  /** By how many milliseconds that clock was set, while it is not followed; else 0 */
  readonly away: number;
}

export function steadyClock(system: System, { onJump, onFollow }: Steps = {}): SteadyClock {
  const { elapsed, uptime } = system;
  let from = { time: system.now(), elapsed: elapsed() };
  let last: { elapsed: number; uptime: number } | undefined;
  let jump: { by: number; since: number } | undefined;
  const now = () => Math.round(from.time + elapsed() - from.elapsed);
  const take = (time: number) => {
    from = { time, elapsed: elapsed() };
    jump = undefined;
  };

  return {
    system: { ...system, now },
    get away() {
      return jump?.by ?? 0;
    },
    follow(time) {
      const by = time - now();
      const here = { elapsed: elapsed(), uptime: uptime() };
      // While a machine sleeps nothing elapses, and its clock goes on.
      const slept = last === undefined ? 0 : here.uptime - last.uptime - (here.elapsed - last.elapsed);
      const first = last === undefined;
      last = here;
      if (Math.abs(by) <= AGREED) {
        jump = undefined;
        if (Math.abs(by) > DRIFT) take(time);
      } else if (first || Math.abs(by - slept) <= AGREED) take(time);
      else if (jump === undefined || Math.abs(by - jump.by) > AGREED) {
        jump = { by, since: here.elapsed };
        onJump?.(by);
      } else if (here.elapsed - jump.since >= STANDS) {
        const before = now();
        take(time);
        onFollow?.(before, time);
      }
    },
  };
}
