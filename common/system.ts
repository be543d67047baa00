// The system that a program runs on: clock, ids, random bytes, and the patience of whoever runs it. Entry points hand the real
// one in, tests another.
import { randomBytes, randomUUID } from 'node:crypto';
import { uptime } from 'node:os';
import { systemClock, type Clock } from './clock.ts';
import type { Patience } from './patience.ts';

export interface System extends Clock {
  /** Milliseconds since the machine started, also those in which it slept; never set */
  uptime(): number;
  /** A random UUID */
  uuid(): string;
  /** Random bytes that nobody can guess */
  bytes(size: number): Buffer;
  /** How long installs may take, as far as whoever runs the program says so */
  readonly patience?: Partial<Patience>;
}

export const realSystem: System = {
  ...systemClock,
  uptime: () => uptime() * 1000,
  uuid: () => randomUUID(),
  bytes: (size) => randomBytes(size),
};
