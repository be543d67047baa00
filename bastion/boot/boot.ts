// Decides what a machine that boots from the network gets: the installer of its armed attempt, once; else its own disk; and
// discovery when nothing of ours is on that.
import type { ServerRole, ServerStatus } from '../generated/documents.ts';
import type { Attempt, Attempts } from '../install/attempts.ts';
import { states, type AttemptState } from '../install/states.ts';
import type { Intake } from '../state/intake.ts';
import type { Machines } from '../state/machines.ts';

/** What the boot script says. */
type BootScript =
  | { boot: 'disk' | 'discover' }
  | { boot: 'install'; attempt: number; os: string | null; role: ServerRole | null; token: string };

export interface BootOptions {
  attempts: Attempts;
  machines: Machines;
  intake: Pick<Intake, 'progress'>;
}

const BY_STATUS: Readonly<Record<ServerStatus, BootScript>> = {
  DISCOVERED: { boot: 'discover' },
  PROVISIONING: { boot: 'disk' },
  INSTALLED: { boot: 'disk' },
  FAILED: { boot: 'disk' },
  RETIRED: { boot: 'disk' },
};

export interface Boot {
  /** The script for the machine with this MAC. Resolves once what it means for an install is on the disk. */
  scriptFor(mac: string): Promise<BootScript>;
}

export function createBoot({ attempts, machines, intake }: BootOptions): Boot {
  type Handler = (attempt: Attempt, mac: string) => Promise<BootScript>;
  const byStatus = (mac: string): BootScript => BY_STATUS[machines.find(mac)?.status ?? 'DISCOVERED'];
  const netboots: Readonly<Record<(typeof states)[AttemptState]['netboot'], Handler>> = {
    async install(attempt, mac) {
      const { token, number, os, role } = attempt;
      if (token === undefined) return { boot: 'disk' };
      if (states[attempt.state].leadsTo.handedOut)
        await intake.progress({ mac, stage: 'booting', proof: attempt.hash });
      await attempts.note(attempt, 'handedOut');
      return { boot: 'install', attempt: number, os: os ?? null, role: role ?? null, token };
    },
    async middle(attempt, mac) {
      const stage = machines.find(mac)?.stage ?? 'booting';
      const error = 'The machine booted from the network in the middle of the install.';
      await intake.progress({ mac, stage, state: 'FAILED', error, proof: attempt.hash });
      await attempts.note(attempt, 'ended');
      return { boot: 'disk' };
    },
    disk: async () => ({ boot: 'disk' }),
    status: async (_attempt, mac) => byStatus(mac),
  };
  return {
    async scriptFor(mac) {
      const attempt = attempts.openFor(mac);
      return attempt ? netboots[states[attempt.state].netboot](attempt, mac) : byStatus(mac);
    },
  };
}
