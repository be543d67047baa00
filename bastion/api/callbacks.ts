// Takes callbacks and output of machines that are being installed. The token of the attempt is what counts: a MAC address is
// anybody's to send.
import type { ProgressInput } from '../generated/documents.ts';
import type { Attempt, Attempts } from '../install/attempts.ts';
import type { LineBudget } from '../logs/lineBudget.ts';
import { eventOf, states } from '../install/states.ts';
import type { Counted, Intake } from '../state/intake.ts';
import type { Machines } from '../state/machines.ts';
import { SpoolFull } from '../state/spool.ts';
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
  /** Takes lines of output likewise; resolves to how many were too many, and are dropped, and how many were taken before. */
  log(token: string, lines: MachineLines): Promise<{ dropped: number; repeated: number }>;
  /** Takes it that a machine which is known was seen, though it proved nothing; nothing else that it said is kept. */
  seen(mac: string): Promise<void>;
}

type Taken = Awaited<ReturnType<Callbacks['log']>>;

export interface CallbacksOptions {
  readonly attempts: Attempts;
  readonly intake: Intake;
  readonly machines: Pick<Machines, 'find' | 'said'>;
  readonly budget: LineBudget;
  /** Milliseconds of a clock that nobody sets */
  readonly elapsed: () => number;
}

/** Milliseconds between two sightings of one machine by callbacks without a token: anybody can send them. */
const SEEN_EVERY = 60_000;

export function createCallbacks({ attempts, intake, machines, budget, elapsed }: CallbacksOptions): Callbacks {
  const lastSeen = new Map<string, number>();
  /** Posts of one stream go one after the other: what comes again is looked at once it is known whether the first was taken */
  const going = new Map<string, Promise<unknown>>();
  const aloneBy = (key: string) => (work: () => Promise<Taken>) => {
    const run = (going.get(key) ?? Promise.resolve()).catch(() => {}).then(work);
    going.set(key, run);
    const done = () => void (going.get(key) === run && going.delete(key));
    run.then(done, done);
    return run;
  };
  const demandOpen = async (
    attempt: Attempt | undefined,
    mac: string,
    late: readonly string[],
    counted?: Counted,
  ): Promise<Attempt> => {
    if (attempt && states[attempt.state].open) return attempt;
    // What comes after the end is kept with its own attempt, and nothing else hears of it.
    if (attempt && late.length > 0) await intake.log(mac, late, attempt.hash, counted);
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
      const dropped = budget.told(attempt.macs[0] ?? mac);
      if (dropped !== undefined) await intake.log(mac, [dropped], attempt.hash);
      await intake.progress({ ...callback, proof: attempt.hash });
      await attempts.note(attempt, eventOf(stage, state != null), seq);
      return true;
    },
    async log(token, { mac, lines, place }) {
      const found = attempts.provenBy(token, mac);
      const alone = found && place ? aloneBy(`${found.hash} ${place.stream}`) : (work: () => Promise<Taken>) => work();
      return alone(async () => {
        const repeated = found && place ? Math.min(machines.said.taken(found.hash, place), lines.length) : 0;
        const fresh = lines.slice(repeated);
        const counted = (before: number) => place && { ...place, before, through: lines.length };
        const attempt = await demandOpen(found, mac, fresh, counted(repeated));
        const { kept, dropped } = budget.take(attempt.macs[0] ?? mac, fresh);
        const own = kept.length - (fresh.length - dropped);
        if (kept.length > 0) await intake.log(mac, kept, attempt.hash, counted(repeated - own));
        return { dropped, repeated };
      });
    },
    async seen(mac) {
      const known = machines.find(mac);
      if (!known || elapsed() - (lastSeen.get(known.mac) ?? -Infinity) < SEEN_EVERY) return;
      lastSeen.set(known.mac, elapsed());
      await intake.progress({ mac: known.mac, stage: SEEN }).catch((error: unknown) => {
        // Reports and installs need the room.
        if (!(error instanceof SpoolFull)) throw error;
      });
    },
  };
}

/** The stage of a callback that proves nothing, for labd, which looks at no stage without a proof. */
const SEEN = 'seen';

/** The same for a token that never was, one that has ended, and one of another machine. */
const gone = () =>
  new Refusal(
    410,
    'This token is of no install of this machine that is under way',
    'Stop: whatever is said with it changes nothing. lab provision begins another install.',
  );
