// Decides what a machine that boots from the network gets: the installer of its armed attempt, once; else its own disk; and
// discovery when nothing of ours is on that.
import type { ServerStatus } from '../generated/documents.ts';
import type { Attempt, Attempts } from '../install/attempts.ts';
import { states, type AttemptState } from '../install/states.ts';
import type { Intake } from '../state/intake.ts';
import type { Machines } from '../state/machines.ts';

export type Decision =
  | { readonly boot: 'disk' | 'discover' }
  | { readonly boot: 'install'; readonly attempt: Attempt & { token: string } }
  /** An attempt is open, and nothing proves that it is this machine's */
  | { readonly boot: 'unproven' };

export interface BootOptions {
  attempts: Attempts;
  machines: Machines;
  intake: Pick<Intake, 'progress' | 'log'>;
  /** Milliseconds of a clock that nobody sets */
  elapsed: () => number;
}

/** Milliseconds for a machine to start again: firmware of large ones takes minutes. */
const COMES_BACK = 15 * 60_000;
/** Milliseconds within which a ramdisk that waits asks again; it does so every five seconds. */
const ASKS_AGAIN = 12_000;
const MOST_LET_GO = 10_000;

const BY_STATUS: Readonly<Record<ServerStatus, Decision>> = {
  DISCOVERED: { boot: 'discover' },
  PROVISIONING: { boot: 'disk' },
  INSTALLED: { boot: 'disk' },
  FAILED: { boot: 'disk' },
  RETIRED: { boot: 'disk' },
};

/** Whoever asks, in words, and whether it holds the lease of the MAC that it says. */
interface Asker {
  readonly address: string;
  readonly isProven: boolean;
}

export interface Boot {
  /** Decides for the machine with this MAC. Resolves once what it means for an install is on the disk. */
  decide(mac: string, asker: Asker): Promise<Decision>;
  /** Whether the installer waits for the machine to boot from the network. */
  isArmed(mac: string): boolean;
  /** Whether a ramdisk that says this MAC asked a moment ago what is to be done. */
  isWaiting(mac: string): boolean;
  /** Notes that one asks. */
  asks(mac: string): void;
  /** Lets a machine boot from its disk when it comes next, if nothing else is to be done with it: it has waited long enough. */
  letGo(mac: string): void;
}

export function createBoot({ attempts, machines, intake, elapsed }: BootOptions): Boot {
  type Handler = (attempt: Attempt, mac: string) => Promise<Decision>;
  const told = new Set<string>();
  const letGo = new Map<string, number>();
  const asked = new Map<string, number>();
  const byStatus = (mac: string): Decision => {
    const since = letGo.get(mac);
    letGo.delete(mac);
    if (since !== undefined && elapsed() - since < COMES_BACK) return { boot: 'disk' };
    return BY_STATUS[machines.find(mac)?.status ?? 'DISCOVERED'];
  };
  const netboots: Readonly<Record<(typeof states)[AttemptState]['netboot'], Handler>> = {
    async install(attempt, mac) {
      const { token } = attempt;
      if (token === undefined) return { boot: 'disk' };
      if (states[attempt.state].leadsTo.handedOut)
        await intake.progress({ mac, stage: 'booting', proof: attempt.hash });
      await attempts.note(attempt, 'handedOut');
      return { boot: 'install', attempt: { ...attempt, token } };
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
  /** Anybody can say a MAC: neither a token nor the end of an install may come of that. */
  async function refuse({ hash }: Attempt, mac: string, { address }: Asker): Promise<Decision> {
    if (told.has(hash)) return { boot: 'unproven' };
    told.add(hash);
    const line = `lab-bastion: ${address} asked for the boot script of ${mac}, and holds no lease of it: it got no token`;
    await intake.log(mac, [line], hash);
    return { boot: 'unproven' };
  }
  return {
    async decide(mac, asker) {
      const attempt = attempts.openFor(mac);
      if (!attempt) return byStatus(mac);
      if (!asker.isProven && ['install', 'middle'].includes(states[attempt.state].netboot))
        return refuse(attempt, mac, asker);
      return netboots[states[attempt.state].netboot](attempt, mac);
    },
    isWaiting(mac) {
      const since = asked.get(mac);
      return since !== undefined && elapsed() - since < ASKS_AGAIN;
    },
    asks(mac) {
      if (asked.size >= MOST_LET_GO) asked.clear();
      asked.set(mac, elapsed());
    },
    letGo(mac) {
      // Anybody can say a MAC, and nothing is lost by it; many of them take no room for long.
      if (letGo.size >= MOST_LET_GO) letGo.clear();
      letGo.set(mac, elapsed());
    },
    isArmed(mac) {
      const attempt = attempts.openFor(mac);
      return attempt !== undefined && states[attempt.state].netboot === 'install';
    },
  };
}
