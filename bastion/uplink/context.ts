// What the parts of the uplink share, and how they say that a connection cannot go on.
import type { Logger } from 'pino';
import type { Clock } from '../../common/clock.ts';
import { Refused } from '../enrolment/refused.ts';
import type { Cache } from '../state/cache.ts';
import type { Machines } from '../state/machines.ts';
import type { Spool } from '../state/spool.ts';
import type { Progress } from './sent.ts';
import type { Timings } from './timings.ts';

/** How the bastion introduces itself. */
export interface Introduction {
  name: string;
  cloud: string;
  environment: string;
  /** Made once per directory */
  instance: string;
  /** Name and version of the program */
  software: string;
}

export interface UplinkContext {
  introduction: Introduction;
  dir: string;
  spool: Spool;
  cache: Cache;
  machines: Machines;
  progress: Progress;
  timings: Timings;
  clock: Clock;
  log: Logger;
  /** Resolves after so many milliseconds, or throws when the uplink stops */
  sleep: (milliseconds: number) => Promise<void>;
}

/** This connection is of no more use; the next one may come soon. */
export class Reopen extends Error {}

/** There is another certificate, which the next connection is to be made with: at once. */
export class Renewed extends Error {}

/** A newer session took over: whoever goes on at once takes turns with it for ever. */
export function fenced({ introduction: identity }: UplinkContext, message: string): Refused {
  return new Refused(
    `The uplink went to another process. Does a second bastion run under the name "${identity.name}"? Stop one of them. ${message}`,
  );
}
