// The clock and the source of random numbers, as programs hand them in.

export interface Clock {
  /** Milliseconds since 1970 */
  now(): number;
  /** From 0 up to, not including, 1 */
  random(): number;
}

export const systemClock: Clock = { now: () => Date.now(), random: () => Math.random() };
