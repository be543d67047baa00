// The context that the parts of the uplink share, and the errors by which they end a connection.
import type { Logger } from 'pino';
import type { System } from '../../common/system.ts';
import { Refused } from '../enrolment/refused.ts';
import type { Places } from '../power/places.ts';
import type { Power } from '../power/power.ts';
import type { Attempts } from '../install/attempts.ts';
import type { Cache } from '../state/cache.ts';
import type { Machines } from '../state/machines.ts';
import type { Spool } from '../state/spool.ts';
import type { HeldFiles } from './tellFiles.ts';
import type { HeldLeases } from './tellLeases.ts';
import type { SiteServer } from './followSite.ts';
import type { SpoolWaits } from './spoolWaits.ts';
import type { Unheard } from './unheard.ts';
import type { Timings } from './timings.ts';

/** How the bastion introduces itself. */
interface Introduction {
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
  attempts: Attempts;
  /** Whether machines boot from this bastion */
  boots: boolean;
  waits: SpoolWaits;
  /** Drops what else is kept of the machines with these MACs */
  forget: (macs: readonly string[]) => Promise<void>;
  /** What machines are installed from */
  files: HeldFiles;
  /** Serves DHCP, if this bastion does */
  dhcp: HeldLeases | undefined;
  /** Keeps what labd says of its site; undefined where no machine boots */
  site: SiteServer | undefined;
  /** Powers machines */
  power: Power;
  /** Whether a machine with one of these MACs asks from its ramdisk what is to be done */
  waitsInRamdisk: (macs: readonly string[]) => boolean;
  /** Tells in the log of a machine's install whether it was made to boot from the network */
  noteNetboot: (macs: readonly string[], done: boolean, message: string | undefined) => Promise<void>;
  timings: Timings;
  clock: System;
  log: Logger;
  /** How orders ended of which labd has not heard */
  unheard: Unheard;
  /** The last order to power a machine that is not over, by all that the machine is known by: it outlives connections */
  powering: Map<string, Promise<void>>;
  /** Where those that are powered at the same time find room */
  places: Places;
  /** Resolves after so many milliseconds, or throws when the uplink stops */
  sleep: (milliseconds: number) => Promise<void>;
}

/** The connection must be replaced; the next one may be made soon. */
export class Reopen extends Error {}

/** The certificate was renewed; connect with the new one at once. */
export class Renewed extends Error {}

/** A newer session took over; reconnecting at once would make the two take turns for ever. */
export function fenced({ introduction }: UplinkContext, message: string): Refused {
  return new Refused(
    `The uplink went to another process. Does a second bastion run under the name "${introduction.name}"? Stop one of them. ${message}`,
  );
}
