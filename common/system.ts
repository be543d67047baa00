// What a program takes from the system it runs on: time and chance. The roots of programs hand the real one in.
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
