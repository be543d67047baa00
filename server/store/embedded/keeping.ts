// Makes snapshots of an embedded database as long as it runs, tries each before it counts, and keeps those of hours and days.
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../../common/durable.ts';
import type { StoreLogger } from '../../../common/logger.ts';
import type { System } from '../../../common/system.ts';
import { withDiskRemedy } from './disk.ts';
import { EmbeddedDamaged, EmbeddedUnavailable } from './errors.ts';
import { describeSnapshot, listSnapshots, nextSnapshot, thinSnapshots, tidySnapshots } from './snapshots.ts';
import { findChangedStatus, noteStatuses } from './statuses.ts';
import type { Thread } from './thread.ts';
import { tryPages, trySnapshot, type Examine } from './trial.ts';

export interface KeepingOptions {
  /** The thread as it is now. */
  thread: () => Thread;
  /** labd's data directory. */
  data: string;
  /** The database's own, in there. */
  directory: string;
  /** The folder of sockets. */
  run: string;
  /** Milliseconds between two, when something changed; 0 for none of its own. */
  every: number;
  examine?: Examine | undefined;
  logger: StoreLogger;
  system: Pick<System, 'now' | 'elapsed'>;
}

export interface Keeping {
  /** What is damaged and how to go back, in words, since the last snapshot was tried. */
  readonly damage: string | undefined;
  /** Makes one now; false when nothing had changed. Throws EmbeddedDamaged or EmbeddedUnavailable. */
  snapshot(): Promise<boolean>;
  /** Makes the last one, unless none are made by themselves. */
  stop(): Promise<void>;
}

/** One part in so many of labd's time may go into making and trying snapshots. */
const SHARE = 20;

export async function keepSnapshots(options: KeepingOptions): Promise<Keeping> {
  const { thread, data, directory, run, every, examine, logger, system } = options;
  const folder = join(data, 'snapshots');
  await tidySnapshots(folder);
  let damage: string | undefined;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<unknown> = Promise.resolve();

  /** At the end nobody wants to wait for one to be opened: it counts once its pages are whole, and pushes nothing out. */
  const make = async (last: boolean): Promise<boolean> => {
    const draft = join(folder, 'next.unverified');
    try {
      const held = await thread().snapshot(draft, damage !== undefined);
      if (held === null) return false;
      const wrong =
        (await findChangedStatus(directory)) ??
        (await (last ? tryPages(draft) : trySnapshot({ file: draft, held, run, examine })));
      if (wrong !== undefined) throw new EmbeddedDamaged(await goingBack(folder, wrong));
      await rename(draft, await nextSnapshot(folder, new Date(system.now()), BigInt(held.revision)));
      await syncFolder(folder);
      await noteStatuses(directory, held.settled, logger);
      damage = undefined;
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      if (!(error instanceof EmbeddedDamaged)) throw explained(error, data);
      damage = error.message;
      throw error;
    }
    if (!last) await thinSnapshots(folder);
    return true;
  };
  const snapshot = (last = false) => {
    const made = current.catch(() => {}).then(() => make(last));
    current = made;
    return made;
  };
  const later = (pause: number) => {
    if (stopping || every === 0) return;
    timer = setTimeout(() => {
      const begun = system.elapsed();
      void snapshot()
        .catch((error: unknown) => complain(logger, error))
        .then(() => later(Math.max(every, SHARE * (system.elapsed() - begun))));
    }, pause);
    timer.unref();
  };
  later(every);
  return {
    get damage() {
      return damage;
    },
    snapshot: () => snapshot(),
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await current.catch(() => {});
      const unmade = (error: unknown) =>
        logger.warn(
          { reason: (error as Error).message },
          'The last snapshot was not made; the database ends without it',
        );
      if (every !== 0) await snapshot(true).catch(unmade);
    },
  };
}

function complain(logger: StoreLogger, error: unknown): void {
  const reason = (error as Error).message;
  if (error instanceof EmbeddedDamaged)
    logger.error({ reason }, 'The database is damaged, and no snapshot of it counts');
  else logger.warn({ reason }, 'No snapshot was made');
}

/** What is damaged, and what there is to go back to. */
async function goingBack(folder: string, wrong: string): Promise<string> {
  const [newest] = await listSnapshots(folder);
  const way =
    newest === undefined
      ? 'there is no good snapshot to go back to: copy the data directory away, and export what can still be read'
      : `the newest good snapshot is ${describeSnapshot(newest)}; what was written after it is lost when labd goes back to it. Stop labd, look with "labd restore --list", then "labd restore"`;
  return `The database is damaged: ${wrong}; ${way}`;
}

function explained(cause: unknown, data: string): unknown {
  const error = withDiskRemedy(cause, data);
  return error instanceof EmbeddedUnavailable
    ? error
    : new EmbeddedUnavailable(`No snapshot was made: ${(cause as Error).message}`, { cause });
}
