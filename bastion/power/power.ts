// Powers machines by labd's orders: each way of powering has its driver.
import type { PowerAction } from '../../common/power/actions.ts';
import type { BmcType } from '../../common/power/bmc.ts';
import type { Driver, Machine, Powered } from './driver.ts';
import { ipmi } from './ipmi.ts';
import { redfish } from './redfish.ts';
import { PowerTrouble } from './trouble.ts';
import { usualWaits, type Waits } from './waits.ts';
import { wol } from './wol.ts';

export interface PowerOptions {
  /** Interfaces on which machines are woken; all when empty */
  readonly interfaces: readonly string[];
  readonly waits?: Partial<Waits> | undefined;
  /** Where programs are found */
  readonly path?: string | undefined;
}

/** What is to be done, to which machine. */
export interface PowerOrder extends Omit<Machine, 'signal'> {
  readonly action: PowerAction;
}

/** Carries one out; ends in time, whatever the controller does. Throws PowerTrouble. */
export type Power = (order: PowerOrder) => Promise<Powered>;

export function createPower({ interfaces, waits: given, path = process.env['PATH'] ?? '' }: PowerOptions): Power {
  const waits = { ...usualWaits, ...given };
  const drivers: Readonly<Record<BmcType, Driver>> = {
    redfish: redfish(waits),
    ipmi: ipmi({ waits, path }),
    wol: wol(interfaces),
  };
  return async ({ action, ...machine }) => {
    const driver = drivers[machine.bmc.type];
    if (driver === undefined) throw new PowerTrouble(`This bastion does not know how "${machine.bmc.type}" powers.`);
    const signal = AbortSignal.timeout(waits.order);
    return driver[action]({ ...machine, signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      throw new PowerTrouble(`It was not done within ${waits.order / 1000} s. Ask for its state before trying again.`);
    });
  };
}
