// How long powering waits for things, milliseconds: all that answers to nobody ends by these.
import { setTimeout as sleep } from 'node:timers/promises';
import { PowerTrouble } from './trouble.ts';

export interface Waits {
  /** For all of one order */
  readonly order: number;
  /** For a connection, and for an answer once asked */
  readonly answer: number;
  /** Before asking again what is busy, and how often */
  readonly busy: number;
  readonly busyTimes: number;
  /** For the machine to be in the state that it was told to take, and between two looks */
  readonly state: number;
  readonly look: number;
}

export const usualWaits: Waits = {
  order: 120_000,
  answer: 20_000,
  busy: 5_000,
  busyTimes: 6,
  state: 60_000,
  look: 2_000,
};

/** Looks until the machine is on, or off. Throws PowerTrouble when it does not come to that. */
export async function waitFor(
  wanted: 'ON' | 'OFF',
  state: () => Promise<string>,
  waits: Waits,
  signal: AbortSignal,
): Promise<void> {
  for (let left = Math.ceil(waits.state / waits.look); left > 0; left -= 1) {
    if ((await state()) === wanted) return;
    await sleep(waits.look, undefined, { signal });
  }
  throw new PowerTrouble(
    `It was told to, and is not ${wanted.toLowerCase()} after ${waits.state / 1000} s. Look at its console.`,
  );
}
