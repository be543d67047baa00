// Takes callbacks and output of machines that are being installed. The token of the attempt is what counts: a MAC address is
// anybody's to send.
import type { ProgressInput } from '../generated/documents.ts';
import type { Attempt, Attempts } from '../install/attempts.ts';
import { eventOf, states } from '../install/states.ts';
import type { Intake } from '../state/intake.ts';
import type { MachineLines } from './log.ts';
import { Refusal } from './refusal.ts';

/** A callback as the machine sent it. */
export type Callback = ProgressInput & { seq: number };

export interface Callbacks {
  /**
   * Takes a callback; resolves, to false if it was taken before, once it is on the disk with what it means for the attempt.
   * Throws a Refusal with 410 when the token is of no open attempt of that machine.
   */
  progress(token: string, callback: Callback): Promise<boolean>;
  /** Takes lines of output likewise. */
  log(token: string, lines: MachineLines): Promise<void>;
}

export function createCallbacks({ attempts, intake }: { attempts: Attempts; intake: Intake }): Callbacks {
  const demandOpen = async (attempt: Attempt | undefined, mac: string, late: readonly string[]): Promise<Attempt> => {
    if (attempt && states[attempt.state].open) return attempt;
    // What comes after the end is kept with its own attempt, and nothing else hears of it.
    if (attempt && late.length > 0) await intake.log(mac, late, attempt.hash);
    throw gone();
  };
  return {
    async progress(token, callback) {
      const { mac, seq, stage, state, message, error } = callback;
      const found = attempts.provenBy(token, mac);
      // The machine did not hear that its last word was taken, or it could not be written.
      if (found && seq <= found.seq && found.state !== 'cancelled') {
        await attempts.settle();
        return false;
      }
      const said = [stage, error ?? message].filter((part) => part != null).join(': ');
      const attempt = await demandOpen(found, mac, [`Said after the end, without effect: ${said}`]);
      await intake.progress({ ...callback, proof: attempt.hash });
      await attempts.note(attempt, eventOf(stage, state != null), seq);
      return true;
    },
    async log(token, { mac, lines }) {
      const attempt = await demandOpen(attempts.provenBy(token, mac), mac, lines);
      if (lines.length > 0) await intake.log(mac, lines, attempt.hash);
    },
  };
}

/** The same for a token that never was, one that has ended, and one of another machine. */
const gone = () =>
  new Refusal(
    410,
    'This token is of no install of this machine that is under way',
    'Stop: whatever is said with it changes nothing. lab provision begins another install.',
  );
