// labd's clock is the database's: all labds on one database go by it, and none by its own, which may be set at any time.
// Between two looks it goes on by time that elapsed, and it does not jump: see common/steadyClock.ts.
import type { StoreLogger } from '../../common/logger.ts';
import { steadyClock } from '../../common/steadyClock.ts';
import type { System } from '../../common/system.ts';
import { databaseNow } from './seals.ts';
import type { Database } from './types.ts';

export interface DatabaseClock {
  readonly system: System;
  /** Asks the database for the first time, and adds to its problems that its clock was set */
  begin(db: Database): Promise<void>;
  /** Tells what time it is by the database's clock */
  follow(now: Date): void;
}

const UNITS = [
  [86_400_000, 'days'],
  [3_600_000, 'hours'],
  [60_000, 'minutes'],
  [1_000, 'seconds'],
] as const;

/** Such as `365 days ahead`. */
function described(by: number): string {
  const size = Math.abs(by);
  const [length, unit] = UNITS.find(([one]) => size >= 2 * one) ?? UNITS[3];
  return `${Math.round(size / length)} ${unit} ${by > 0 ? 'ahead' : 'back'}`;
}

const told = (by: number): string =>
  `The database's clock was set ${described(by)}: labd goes on by the time that it had, and follows once the new one has stood for an hour.`;

/** `onLeap` is called with the time that it was, when labd follows the database's clock over a leap. */
export function databaseClock(system: System, logger: StoreLogger, onLeap: (before: Date) => unknown): DatabaseClock {
  const clock = steadyClock(system, {
    onJump: (by) => logger.warn({ milliseconds: by }, told(by)),
    onFollow(from, to) {
      logger.warn(
        { from: new Date(from), to: new Date(to) },
        "labd follows the database's clock, which has stood for an hour",
      );
      onLeap(new Date(from));
    },
  });
  return {
    system: clock.system,
    async begin(db) {
      clock.follow((await databaseNow(db.prisma)).getTime());
      db.internal.problems.add(() => (clock.away === 0 ? [] : [told(clock.away)]));
    },
    follow: (now) => clock.follow(now.getTime()),
  };
}
