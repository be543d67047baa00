// What is done with a machine's power, and which ways of powering can do it.
import type { BmcType } from './bmc.ts';

/** `netboot`: it boots from the network, once, and is powered on or cycled for that */
export const powerActions = ['on', 'off', 'cycle', 'status', 'netboot'] as const;
export type PowerAction = (typeof powerActions)[number];

export type PowerState = 'ON' | 'OFF' | 'UNKNOWN';

const all: readonly PowerAction[] = powerActions;

/** A packet that wakes is all that there is of Wake-on-LAN: nothing hears whether it did. */
const able: Readonly<Record<BmcType, readonly PowerAction[]>> = {
  redfish: all,
  ipmi: all,
  wol: ['on', 'netboot'],
};

/** Why a way of powering cannot do something; undefined when it can. */
export const unable = (type: BmcType, action: PowerAction): string | undefined =>
  able[type].includes(action)
    ? undefined
    : `Wake-on-LAN only powers machines on: it can do no "${action}", and nothing tells whether they are on.`;
