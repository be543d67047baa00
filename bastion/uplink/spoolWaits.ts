// Lets parts of the uplink wait until something is appended to the spool, or until labd has acknowledged it up to a sequence.
import type { Spool } from '../state/spool.ts';

export interface SpoolWaits {
  /** The end of the last snapshot in the spool, and the time before which no other is made */
  snapshot: { last: number; notBefore: number };
  /** Something was acknowledged */
  onAcknowledged(): void;
  /** Resolves to true once the spool goes beyond a sequence, to false after so many milliseconds. */
  appended(beyond: number, milliseconds: number): Promise<boolean>;
  /** Resolves once labd has everything up to a sequence. */
  acknowledged(sequence: number): Promise<void>;
}

export function createSpoolWaits(spool: Spool): SpoolWaits {
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of [...waiting]) check();
  };
  spool.onAppended(wake);
  /** Resolves to true once `isSo`, to false when it is late. */
  const until = (isSo: () => boolean, milliseconds?: number): Promise<boolean> =>
    new Promise((resolve) => {
      const finish = (answer: boolean) => {
        waiting.delete(check);
        clearTimeout(late);
        resolve(answer);
      };
      const check = () => {
        if (isSo()) finish(true);
      };
      const late = milliseconds === undefined ? undefined : setTimeout(() => finish(false), milliseconds);
      late?.unref();
      waiting.add(check);
      check();
    });
  return {
    snapshot: { last: 0, notBefore: 0 },
    onAcknowledged: wake,
    appended: (beyond, milliseconds) => until(() => spool.newest > beyond, milliseconds),
    acknowledged: async (sequence) => void (await until(() => spool.acknowledged >= sequence)),
  };
}
