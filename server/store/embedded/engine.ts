// The embedded database as a whole: lock, directory, thread, and a new thread when one breaks.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreLogger } from '../../../common/logger.ts';
import type { System } from '../../../common/system.ts';
import { makeDirectory, probeDisk, withDiskRemedy } from './disk.ts';
import { DatabaseInUse, EmbeddedDamaged } from './errors.ts';
import { acquireLock } from './lock.ts';
import { openDirectory } from './open.ts';
import { keepSnapshots } from './keeping.ts';
import { noteStatuses } from './statuses.ts';
import { noteSums } from './sums.ts';
import type { Thread } from './thread.ts';
import type { Examine } from './trial.ts';

export interface EmbeddedOptions {
  /** labd's data directory; the database lies in `db` below it. */
  data: string;
  /** A packed directory (see buildSeed) that a first start begins from; null runs initdb. */
  seed?: string | null;
  logger: StoreLogger;
  /** Milliseconds between snapshots, when something changed; 0 makes none but those that are asked for. Default two minutes. */
  snapshotEvery?: number;
  /** Looks at the database that comes of a snapshot, besides what is looked at anyhow. */
  examine?: Examine | undefined;
  system: Pick<System, 'now' | 'uuid' | 'elapsed'>;
}

export interface Embedded {
  /** Where `pg` connects: a folder that holds the socket `.s.PGSQL.<port>`. */
  readonly host: string;
  readonly port: number;
  /** Makes a snapshot now; false when nothing had changed. Throws EmbeddedDamaged when it is not as the database. */
  snapshot(): Promise<boolean>;
  /** Throws EmbeddedUnavailable when the disk is full or cannot be written, EmbeddedDamaged when something is broken. */
  check(): Promise<void>;
  /** What is damaged, and how to go back, a sentence each. */
  problems(): string[];
  /** A last snapshot, a clean end, and the lock given back. */
  close(): Promise<void>;
}

const PORT = 5432;
/** A unix socket's path has room for 107 bytes; a Mac's for 103. */
const SOCKET_PATH = 103;

/** Opens the directory and serves it. Throws DatabaseInUse, DatabaseDamaged or EmbeddedUnavailable. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  try {
    return await start(options);
  } catch (error) {
    throw withDiskRemedy(error, options.data);
  }
}

async function start(options: EmbeddedOptions): Promise<Embedded> {
  const { data, logger, seed = null, snapshotEvery = 120_000, examine, system } = options;
  await makeDirectory(data);
  const run = await socketFolder(data);
  const socket = join(run.path, `.s.PGSQL.${PORT}`);
  const directory = join(data, 'db');
  const snapshots = join(data, 'snapshots');
  const lock = await acquireLock(join(data, 'db.lock'), run.path).catch(async (error: unknown) => {
    if (run.temporary) await rm(run.path, { recursive: true, force: true });
    throw error;
  });
  if (await answers(socket)) {
    // Its lock cannot be read, or is gone; two on one directory would ruin it.
    await lock.release();
    throw new DatabaseInUse(directory, lock.abandoned?.pid ?? 0);
  }
  let thread: Thread;
  let closing = false;
  let reviving: Promise<void> = Promise.resolve();
  const powerCut = lock.abandoned !== null && lock.abandoned.bootId !== lock.holder.bootId;
  const begin = async (verify: boolean) => {
    await rm(socket, { force: true });
    thread = await openDirectory({ directory, snapshots, socket, seed, verify, logger, system });
    await noteStatuses(directory, thread.settled, logger);
    await chmod(socket, 0o600);
    reviving = thread.ended.then(revive);
  };
  const revive = async (reason: string | null) => {
    for (let wait = 200; !closing; wait = Math.min(wait * 2, 5_000)) {
      logger.error({ reason, wait }, 'The embedded database broke off; starting it again');
      await new Promise((go) => setTimeout(go, wait));
      if (closing) return;
      try {
        // On a full disk it would break off again, with a little less room each time.
        await probeDisk(data);
        await begin(true);
        if (closing) await thread.close();
        return;
      } catch (error) {
        reason = (withDiskRemedy(error, data) as Error).message;
      }
    }
  };
  const giveBack = async () => {
    await rm(socket, { force: true });
    await lock.release();
    if (run.temporary) await rm(run.path, { recursive: true, force: true });
  };
  try {
    await begin(powerCut);
  } catch (error) {
    await giveBack();
    throw error;
  }
  const keeping = await keepSnapshots({
    thread: () => thread,
    data,
    directory,
    run: run.path,
    every: snapshotEvery,
    examine,
    logger,
    system,
  });
  return {
    host: run.path,
    port: PORT,
    snapshot: keeping.snapshot,
    problems: () => (keeping.damage === undefined ? [] : [keeping.damage]),
    async check() {
      await probeDisk(data);
      if (keeping.damage !== undefined) throw new EmbeddedDamaged(keeping.damage);
    },
    async close() {
      if (closing) return;
      closing = true;
      await keeping.stop();
      try {
        await thread.close();
        if (keeping.damage === undefined) await noteSums(directory);
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

/** Whether somebody serves a socket. */
const answers = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = connect(socket)
      .once('connect', () => {
        asked.destroy();
        resolve(true);
      })
      .once('error', () => resolve(false));
  });

async function socketFolder(data: string): Promise<{ path: string; temporary: boolean }> {
  const path = join(data, 'run');
  if (Buffer.byteLength(join(path, `.s.PGSQL.${PORT}`)) <= SOCKET_PATH) {
    await makeDirectory(path);
    await chmod(path, 0o700);
    return { path, temporary: false };
  }
  return { path: await mkdtemp(join(tmpdir(), 'labd-')), temporary: true };
}
