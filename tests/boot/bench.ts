// A folder, a machine and whoever plays its bastion for each test of a file; all are gone after it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { boot, listen, type Listener, type Machine, type MachineOptions } from './machine.ts';

/** The MAC of the machine's NIC. */
export const MAC = '52:54:00:12:34:56';

export interface Bench {
  readonly dir: string;
  readonly listener: Listener;
  /** Begins to play the bastion */
  listen(answer: Parameters<typeof listen>[0]): Promise<void>;
  boot(options: Omit<MachineOptions, 'dir'>): Machine;
}

export function layBench(): Bench {
  let dir: string;
  let listener: Listener | undefined;
  let machine: Machine | undefined;
  beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'lab-machine-'))));
  afterEach(async () => {
    machine?.kill();
    await machine?.ended.catch(() => {});
    await listener?.stop();
    await rm(dir, { recursive: true, force: true });
    machine = listener = undefined;
  });
  return {
    get dir() {
      return dir;
    },
    get listener() {
      return listener!;
    },
    async listen(answer) {
      listener = await listen(answer);
    },
    boot: (options) => (machine = boot({ dir, ...options })),
  };
}
