// The states of an install attempt at the bastion, as a table: what may be booted and called back in each, and what leads on.

/**
 * offered: it has a token, and labd may not have the hash · armed: the next netboot gets the installer · booting: it got it ·
 * running: the installer called back · disarmed: it reboots, from disk · over: it has an outcome · cancelled: labd ended it, or whoever asked the bastion for it
 */
export type AttemptState = 'offered' | 'armed' | 'booting' | 'running' | 'disarmed' | 'over' | 'cancelled';

/**
 * taken: labd has the hash · handedOut: the machine has the boot script · calledBack: its installer said something ·
 * reboots: the installer is done with netboot · ended: it said how it ended · cancelled: somebody else did
 */
export type AttemptEvent = 'taken' | 'handedOut' | 'calledBack' | 'reboots' | 'ended' | 'cancelled';

interface Rule {
  /**
   * What a machine that netboots gets. `middle`: the disk, and the attempt fails, since no installer goes on after that.
   * `status`: what its server's status says
   */
  readonly netboot: 'install' | 'middle' | 'disk' | 'status';
  /** Whether callbacks count */
  readonly open: boolean;
  /** Other events change nothing */
  readonly leadsTo: Readonly<Partial<Record<AttemptEvent, AttemptState>>>;
}

const open = { open: true } as const;
const closing = { ended: 'over', cancelled: 'cancelled' } as const;

export const states: Readonly<Record<AttemptState, Rule>> = {
  offered: { netboot: 'status', open: false, leadsTo: { taken: 'armed', cancelled: 'cancelled' } },
  armed: {
    netboot: 'install',
    ...open,
    leadsTo: { ...closing, handedOut: 'booting', calledBack: 'running', reboots: 'disarmed' },
  },
  booting: { netboot: 'install', ...open, leadsTo: { ...closing, calledBack: 'running', reboots: 'disarmed' } },
  running: { netboot: 'middle', ...open, leadsTo: { ...closing, reboots: 'disarmed' } },
  disarmed: { netboot: 'disk', ...open, leadsTo: closing },
  over: { netboot: 'status', open: false, leadsTo: {} },
  cancelled: { netboot: 'status', open: false, leadsTo: {} },
};

/** Stages after which the machine boots from disk, and those that its boot loader reports. */
const REBOOTS = new Set(['reboot', 'first-boot', 'done']);
const LOADS = new Set(['queued', 'booting']);

/** What a callback is to the attempt. */
export function eventOf(stage: string, isFinal: boolean): AttemptEvent | undefined {
  const name = stage.toLowerCase().replaceAll('_', '-');
  if (isFinal) return 'ended';
  if (REBOOTS.has(name)) return 'reboots';
  return LOADS.has(name) ? undefined : 'calledBack';
}
