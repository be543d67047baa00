// Starts what watches the installs that began here: it mends what the last end left half done, and fails what is overdue.
import type { Spool } from '../state/spool.ts';
import { Installs, type InstallsOptions } from './installs.ts';

export interface StartOptions extends InstallsOptions {
  readonly spool: Pick<Spool, 'onAppended'>;
  /** Else a labd looks after them all, also after those that began here before */
  readonly standalone: boolean;
  readonly onError: (error: unknown) => void;
}

/** Milliseconds between two looks for what is overdue. */
const LOOK = 10_000;

export async function startInstalls(options: StartOptions): Promise<{ installs: Installs; stop: () => Promise<void> }> {
  const { spool, standalone, onError } = options;
  const installs = new Installs(options);
  if (!standalone) return { installs, stop: async () => {} };
  const forget = spool.onAppended((items) => installs.heard(items));
  await installs.mend().catch(onError);
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => void (looking = installs.sweep().catch(onError)), LOOK);
  return {
    installs,
    async stop() {
      clearInterval(timer);
      forget();
      await looking;
    },
  };
}
