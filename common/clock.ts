// The clock and the source of random numbers, as programs hand them in.

export interface Clock {
  /** Milliseconds since 1970, by a clock that may be set at any time: for what people read and other machines are told */
  now(): number;
  /** Milliseconds since some moment; unlike `now`, never set: for how long something takes, or is to wait */
  elapsed(): number;
  /** From 0 up to, not including, 1 */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => Math.random(),
};
