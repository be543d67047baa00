// The system that a program runs on: clock, ids, random bytes. Entry points hand the real one in, tests another.
import { randomBytes, randomUUID } from 'node:crypto';
import { systemClock, type Clock } from './clock.ts';

export interface System extends Clock {
  /** Milliseconds since some moment; unlike `now`, never set back */
  elapsed(): number;
  /** A random UUID */
  uuid(): string;
  /** Random bytes that nobody can guess */
  bytes(size: number): Buffer;
}

export const realSystem: System = {
  ...systemClock,
  elapsed: () => performance.now(),
  uuid: () => randomUUID(),
  bytes: (size) => randomBytes(size),
};
