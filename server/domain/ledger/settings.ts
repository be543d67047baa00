// What the rules of the fleet take from outside, and their times.
import { INSTALL_TIME, PHASE_TIME, type Patience } from '../../../common/patience.ts';
import type { System } from '../../../common/system.ts';
import { uuid7 } from '../uuid.ts';

export interface FleetTimes extends Patience {
  /** How long a batch gathers after its first item, milliseconds */
  gather: number;
  /** Items after which a batch waits no longer */
  most: number;
  /** How long a bastion may be silent before its session counts as ended, milliseconds */
  silence: number;
  /** How long a bastion may be gone before another may take its servers over, milliseconds */
  lease: number;
  /** Lines of output that are kept of one attempt */
  logLines: number;
}

export interface FleetSettings extends FleetTimes {
  now: () => Date;
  ids: () => string;
}

export const defaults: FleetTimes = {
  gather: 75,
  most: 500,
  silence: 45_000,
  lease: 15 * 60_000,
  logLines: 100_000,
  phaseTime: PHASE_TIME,
  installTime: INSTALL_TIME,
};

/** The settings of what runs on a database, or in a transaction: its clock and ids, and the usual times if no others are given. */
export const settingsFor = ({ system }: { system: System }, given: Partial<FleetSettings> = {}): FleetSettings => ({
  now: () => new Date(system.now()),
  ids: uuid7(system),
  ...defaults,
  ...system.patience,
  ...given,
});

/** The versions of the uplink that this labd speaks, the latest first. */
export const PROTOCOLS: readonly number[] = [6, 5, 4, 3, 2, 1];
