// The embedded database as a whole: lock, directory, thread, snapshots, and a new thread when one breaks.
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreLogger } from '../../../common/logger.ts';
import type { System } from '../../../common/system.ts';
import { EmbeddedUnavailable } from './errors.ts';
import { acquireLock } from './lock.ts';
import { openDirectory } from './open.ts';
import { pruneSnapshots, snapshotPath } from './snapshots.ts';
import type { Thread } from './thread.ts';

export interface EmbeddedOptions {
  /** labd's data directory; the database lies in `db` below it. */
  data: string;
  /** A packed directory (see buildSeed) that a first start begins from; null runs initdb. */
  seed?: string | null;
  logger: StoreLogger;
  /** Milliseconds between snapshots, when something changed; 0 makes none but the last one. Default two minutes. */
  snapshotEvery?: number;
  /** How many snapshots are kept. Default 5. */
  keep?: number;
  system: Pick<System, 'now' | 'uuid'>;
}

export interface Embedded {
  /** Where `pg` connects: a folder that holds the socket `.s.PGSQL.<port>`. */
  readonly host: string;
  readonly port: number;
  /** Makes a snapshot now; false when nothing had changed. */
  snapshot(): Promise<boolean>;
  /** A last snapshot, a clean end, and the lock given back. */
  close(): Promise<void>;
}

const PORT = 5432;
/** A unix socket's path has room for 107 bytes; a Mac's for 103. */
const SOCKET_PATH = 103;

/** Opens the directory and serves it. Throws DatabaseInUse, DatabaseDamaged or EmbeddedUnavailable. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { data, logger, seed = null, snapshotEvery = 120_000, keep = 5, system } = options;
  await mkdir(data, { recursive: true, mode: 0o700 });
  const run = await socketFolder(data);
  const socket = join(run.path, `.s.PGSQL.${PORT}`);
  const directory = join(data, 'db');
  const snapshots = join(data, 'snapshots');
  const lock = await acquireLock(join(data, 'db.lock'), run.path).catch(async (error: unknown) => {
    if (run.temporary) await rm(run.path, { recursive: true, force: true });
    throw error;
  });
  let thread: Thread;
  let closing = false;
  let reviving: Promise<void> = Promise.resolve();
  const powerCut = lock.abandoned !== null && lock.abandoned.bootId !== lock.holder.bootId;
  const start = async (verify: boolean) => {
    await rm(socket, { force: true });
    thread = await openDirectory({ directory, snapshots, socket, seed, verify, logger, system });
    await chmod(socket, 0o600);
    reviving = thread.ended.then(revive);
  };
  const revive = async (reason: string | null) => {
    for (let wait = 200; !closing; wait = Math.min(wait * 2, 5_000)) {
      logger.error({ reason, wait }, 'The embedded database broke off; starting it again');
      await new Promise((go) => setTimeout(go, wait));
      if (closing) return;
      try {
        await start(true);
        if (closing) await thread.close();
        return;
      } catch (error) {
        reason = (error as Error).message;
      }
    }
  };
  const snapshot = async (force = false) => {
    const made = await thread.snapshot(snapshotPath(snapshots, new Date(system.now())), force);
    await pruneSnapshots(snapshots, keep);
    return made;
  };
  const giveBack = async () => {
    await rm(socket, { force: true });
    await lock.release();
    if (run.temporary) await rm(run.path, { recursive: true, force: true });
  };
  try {
    await pruneSnapshots(snapshots, keep);
    await start(powerCut);
  } catch (error) {
    await giveBack();
    throw error;
  }
  // One at a time, the next a while after the last has ended.
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<unknown> = Promise.resolve();
  const later = () => {
    if (closing || snapshotEvery === 0) return;
    timer = setTimeout(() => {
      current = snapshot()
        .catch((error: unknown) => logger.warn({ reason: (error as Error).message }, 'No snapshot was made'))
        .then(later);
    }, snapshotEvery);
    timer.unref();
  };
  later();
  return {
    host: run.path,
    port: PORT,
    snapshot: () =>
      snapshot().catch((cause: unknown) => Promise.reject(new EmbeddedUnavailable('No snapshot was made', { cause }))),
    async close() {
      if (closing) return;
      closing = true;
      clearTimeout(timer);
      await current;
      const unmade = (error: unknown) =>
        logger.warn(
          { reason: (error as Error).message },
          'The last snapshot was not made; the database ends without it',
        );
      if (snapshotEvery !== 0) await snapshot().catch(unmade);
      try {
        await thread.close();
      } catch (error) {
        logger.warn({ reason: (error as Error).message }, 'The embedded database did not end cleanly');
        await thread.terminate();
      }
      // A thread that is just being started in place of a broken one must not outlive the lock.
      await reviving;
      await giveBack();
    },
  };
}

async function socketFolder(data: string): Promise<{ path: string; temporary: boolean }> {
  const path = join(data, 'run');
  if (Buffer.byteLength(join(path, `.s.PGSQL.${PORT}`)) <= SOCKET_PATH) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
    return { path, temporary: false };
  }
  return { path: await mkdtemp(join(tmpdir(), 'labd-')), temporary: true };
}
