// Machines that stand by: each boots from the network again and again, as one does that somebody switches on, and is installed
// when the bastion hands it an installer.
import { setTimeout as sleep } from 'node:timers/promises';
import { tryBoot, type Booted } from './installer.ts';
import type { MachineReport } from './machines.ts';
import { BastionAway, createPoster, type Poster } from './poster.ts';

export interface StandByOptions {
  /** Address of the bastion */
  bastion: string;
  machines: readonly MachineReport[];
  /** Milliseconds between two boots of a machine, and for a step of an install; 1,000 by default */
  pace?: number;
  signal: AbortSignal;
  /** Called when a machine boots an installer */
  onInstall?: (mac: string, os: string) => void;
}

/** Seconds that an installer goes on calling a bastion that does not answer. */
const PATIENCE = 600;

/** What an installer calls back with, in order, and the lines that it writes meanwhile. */
const steps: readonly { readonly callback: object; readonly lines: readonly string[] }[] = [
  { callback: { stage: 'pre', message: 'Looking for the disk' }, lines: ['Starting the installer'] },
  {
    callback: { stage: 'partition', message: 'One disk, GPT' },
    lines: ['Creating partitions', 'Creating filesystems'],
  },
  {
    callback: { stage: 'packages', message: 'Installing 412 packages' },
    lines: ['Installing packages (1/412)', 'Installing packages (206/412)', 'Installing packages (412/412)'],
  },
  { callback: { stage: 'post' }, lines: ['Installing the boot loader'] },
  { callback: { stage: 'reboot' }, lines: [] },
];

/** Lets machines stand by until the signal; a bastion that is away is asked again. Throws BootsNothing if it boots no machines. */
export async function standBy({ bastion, machines, pace = 1_000, signal, onInstall }: StandByOptions): Promise<void> {
  // A boot that nobody answers is tried again by the next one; an installer that nobody answers waits, as a real one does.
  const [boots, calls] = [0, PATIENCE].map((patience) =>
    createPoster({ bastion, connections: 4, patience, signal }),
  ) as [Poster, Poster];
  const installing = new Set<string>();
  const wait = () => sleep(pace, undefined, { signal });

  /** Installs a machine; one whose install was cancelled meanwhile, so that it is not heard, goes back. */
  async function install({ mac, nics }: MachineReport, index: number, { installer, os }: Booted): Promise<void> {
    onInstall?.(mac, os);
    const hostname = `node-${String(index + 1).padStart(4, '0')}`;
    const done = { callback: { stage: 'done', state: 'installed', hostname, ip: nics[0]!.ip, os }, lines: [] };
    for (const { callback, lines } of [...steps, done]) {
      if ((await installer.say(callback)).status > 299) return;
      if (lines.length > 0) await installer.log(lines);
      await wait();
    }
  }

  async function lookAt(machine: MachineReport, index: number): Promise<void> {
    if (installing.has(machine.mac)) return;
    const booted = await tryBoot(boots, machine.mac, calls);
    if (!booted) return;
    installing.add(machine.mac);
    void install(machine, index, booted)
      .catch(() => {})
      .finally(() => installing.delete(machine.mac));
  }
  try {
    for (;;) {
      try {
        for (const [index, machine] of machines.entries()) await lookAt(machine, index);
      } catch (error) {
        if (!(error instanceof BastionAway)) throw error;
      }
      await wait();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    boots.close();
    calls.close();
  }
}
