// What every way of powering a machine has: one function for each thing that is done.
import type { PowerAction, PowerState } from '../../common/power/actions.ts';
import type { Bmc } from '../../common/power/bmc.ts';

/** The machine, and how it is reached; `password` is the password itself here. */
export interface Machine {
  readonly bmc: Bmc;
  readonly macs: readonly string[];
  /** How it boots; null when nobody knows */
  readonly firmware: string | null;
  /** Ends what is under way */
  readonly signal: AbortSignal;
}

export interface Powered {
  readonly state: PowerState;
  /** What more there is to say */
  readonly message?: string;
}

/** Each throws PowerTrouble. */
export type Driver = Readonly<Record<PowerAction, (machine: Machine) => Promise<Powered>>>;
