// A machine for a controller of tests to stand in front of, which counts how often it was started.
import type { Machine } from './redfish.ts';

export interface CountedMachine extends Machine {
  state: { on: boolean; starts: number };
}

export function countedMachine(): CountedMachine {
  const state = { on: false, starts: 0 };
  const start = () => {
    state.on = true;
    state.starts += 1;
  };
  return { state, isOn: () => state.on, on: start, off: () => void (state.on = false), restart: start };
}
