// The system that a program runs on: clock, ids, random bytes. Entry points hand the real one in, tests another.
import { randomBytes, randomUUID } from 'node:crypto';
import { uptime } from 'node:os';
import { systemClock, type Clock } from './clock.ts';

export interface System extends Clock {
  /** Milliseconds since the machine started, also those in which it slept; never set */
  uptime(): number;
  /** A random UUID */
  uuid(): string;
  /** Random bytes that nobody can guess */
  bytes(size: number): Buffer;
}

export const realSystem: System = {
  ...systemClock,
  uptime: () => uptime() * 1000,
  uuid: () => randomUUID(),
  bytes: (size) => randomBytes(size),
};
