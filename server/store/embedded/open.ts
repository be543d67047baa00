// Opens an embedded directory whatever state it is in: missing, half-made, whole, or damaged (then from a snapshot).
import { access, chmod, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile, syncFolder } from '../../../common/durable.ts';
import type { StoreLogger } from '../../../common/logger.ts';
import type { System } from '../../../common/system.ts';
import { findBrokenControl } from './control.ts';
import { diskCodeOf, probeDisk } from './disk.ts';
import { DatabaseDamaged, EmbeddedUnavailable } from './errors.ts';
import { findBrokenPage } from './pages.ts';
import { describeSnapshot, listSnapshots, type Snapshot } from './snapshots.ts';
import { findChangedStatus } from './statuses.ts';
import { changedFiles, forgetSums } from './sums.ts';
import { OpenFailed, startThread, type Thread } from './thread.ts';
import { tryPages } from './trial.ts';
import { findBrokenLog } from './wal.ts';

export interface Opening {
  /** The PGlite directory. */
  directory: string;
  snapshots: string;
  /** Where it is served; null for nowhere. */
  socket: string | null;
  /** A packed directory to begin from; null begins with initdb. */
  seed: string | null;
  /** After a power cut: read every row before trusting the directory. */
  verify: boolean;
  logger: StoreLogger;
  system: Pick<System, 'now' | 'uuid'>;
}

/** Reasons that lie outside the directory: restoring an older state would lose data and cure nothing. */
const NOT_DAMAGE = new Set([
  'EACCES',
  'EPERM',
  'ENOSPC',
  'EROFS',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EADDRINUSE',
  'EDQUOT',
  'ERR_MODULE_NOT_FOUND',
  'ERR_WORKER_OUT_OF_MEMORY',
  'MODULE_NOT_FOUND',
  'ETIMEDOUT',
]);

/**
 * Resolves to a thread that serves the directory.
 * Throws DatabaseDamaged when neither it nor any snapshot opens, EmbeddedUnavailable for a reason outside of it.
 */
export async function openDirectory(how: Opening): Promise<Thread> {
  const { directory, socket, verify, logger } = how;
  const exists = (await readdir(directory).catch(() => [])).length > 0;
  if (await there(unfinished(directory))) {
    // What was being made when its maker ended is nobody's data yet. Where there are snapshots, whatever a disk made of the
    // mark, it was made of one of them: beginning anew would forget them all.
    const from = (await readFile(unfinished(directory), 'utf8')).trim();
    await rm(directory, { recursive: true, force: true });
    if (from === 'restore' || (await listSnapshots(how.snapshots)).length > 0)
      return restore(how, 'restoring it was interrupted');
    return create(how, how.seed, null);
  }
  if (!exists) {
    if ((await listSnapshots(how.snapshots)).length > 0) return restore(how, 'the directory is missing');
    return create(how, how.seed, null);
  }
  let why: OpenFailed | null = await findDamage(directory);
  for (let attempt = 0; attempt < 2 && (why === null || attempt > 0); attempt++) {
    try {
      // Without this file PGlite would make a new database over the old one.
      if (!(await there(join(directory, 'PG_VERSION')))) throw new OpenFailed('PG_VERSION is missing', null);
      await chmod(directory, 0o700);
      return await startThread({ dataDir: directory, socket, seed: null, newLog: null, verify });
    } catch (error) {
      why = outside(error);
      // On a full disk an engine fails in ways that look like damage: going back would lose data and cure nothing.
      await probeDisk(dirname(directory));
    }
  }
  const reason = why?.message.split('\n')[0] ?? 'unknown';
  if ((await listSnapshots(how.snapshots)).length === 0) {
    throw new DatabaseDamaged(directory, `${reason}; and there is no snapshot of it yet`, why);
  }
  const aside = await setAside(how, 'damaged');
  logger.error(
    { directory, aside, reason: why?.message },
    'The database is damaged; it is kept aside and the newest good snapshot takes its place',
  );
  return restore(how, reason);
}

/**
 * Moves a directory out of the way of what takes its place; returns where to. No mark is set yet, by which a start after a
 * kill would remove what is to be kept: where the directory is missing, it makes one of the newest snapshot anyhow.
 */
export async function setAside(how: Pick<Opening, 'directory' | 'system'>, why: string): Promise<string> {
  const { directory } = how;
  const aside = `${directory}.${why}-${new Date(how.system.now()).toISOString().replace(/[-:.]/g, '')}`;
  await rename(directory, aside);
  await syncFolder(dirname(directory));
  return aside;
}

/**
 * Puts what was moved out of the way back, in the place of whatever was made of what was to take its. The mark of that goes
 * first: by it, a start after a kill would remove what was put back.
 */
export async function putBack(directory: string, aside: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await dropMark(directory);
  await rename(aside, directory);
  await syncFolder(dirname(directory));
}

/** Whether a directory was being made when its maker ended: it is nobody's data. */
export const isUnfinished = (directory: string): Promise<boolean> => there(unfinished(directory));

/** What is broken in a directory that nobody has open, also where PostgreSQL would not look before somebody needs it. */
async function findDamage(directory: string): Promise<OpenFailed | null> {
  const [changed] = await changedFiles(directory);
  if (changed !== undefined) return new OpenFailed(`the file ${changed} is not as labd left it`, null);
  const control = await findBrokenControl(directory);
  if (control !== undefined) return new OpenFailed(control, null);
  const status = await findChangedStatus(directory);
  if (status !== undefined) return new OpenFailed(status, null);
  const log = await findBrokenLog(directory);
  // PostgreSQL would take the broken place for the log's end, and what comes after it would be lost unsaid.
  if (log !== undefined) return new OpenFailed(log, null);
  const page = await findBrokenPage(directory);
  if (page === undefined) return null;
  // A kill can leave a page half written: PostgreSQL takes it from the log when it starts, before anybody reads it.
  const still = (await recover(directory)) ? await findBrokenPage(directory) : page;
  return still === undefined ? null : new OpenFailed(still, null);
}

/** Lets PostgreSQL do what it does after a kill, with nobody served; false when it cannot. */
const recover = (directory: string): Promise<boolean> =>
  startThread({ dataDir: directory, socket: null, seed: null, newLog: null, verify: false })
    .then((thread) => thread.close())
    .then(
      () => true,
      () => false,
    );

/** The newest snapshot that opens, under a new log id: readers must list again. */
async function restore(how: Opening, why: string): Promise<Thread> {
  return restoreFirst(how, await listSnapshots(how.snapshots), why);
}

/** The first of these snapshots that opens. Throws DatabaseDamaged when none does. */
export async function restoreFirst(how: Opening, snapshots: readonly Snapshot[], why: string): Promise<Thread> {
  for (const snapshot of snapshots) {
    try {
      const broken = await tryPages(snapshot.path);
      if (broken !== undefined) throw new OpenFailed(broken, null);
      const thread = await create(how, snapshot.path, how.system.uuid());
      how.logger.warn(
        { snapshot: describeSnapshot(snapshot), directory: how.directory, reason: why },
        'The database was restored from a snapshot; what was written after it is lost',
      );
      return thread;
    } catch (error) {
      how.logger.error(
        { snapshot: snapshot.path, reason: outside(error).message },
        'A snapshot does not open; trying the one before',
      );
    }
  }
  throw new DatabaseDamaged(how.directory, `${why}; no snapshot that was tried in ${how.snapshots} opens either`);
}

/** A mark beside the directory tells, until it is whole, that it is not; so a start that is killed harms nothing. */
async function create(how: Opening, seed: string | null, newLog: string | null): Promise<Thread> {
  const { directory, socket } = how;
  await writeMark(directory, newLog === null ? 'create' : 'restore');
  await rm(directory, { recursive: true, force: true });
  await forgetSums(directory);
  await mkdir(directory, { mode: 0o700 });
  const thread = await startThread({ dataDir: directory, socket, seed, newLog, verify: newLog !== null }).catch(
    (error: unknown) => {
      throw newLog === null ? outside(error, true) : error;
    },
  );
  await dropMark(directory);
  return thread;
}

function outside(error: unknown, always = false): OpenFailed {
  if (!(error instanceof OpenFailed)) throw error;
  if (
    always ||
    NOT_DAMAGE.has(diskCodeOf(error) ?? error.code ?? '') ||
    /out of memory|permission denied/i.test(error.message)
  ) {
    throw new EmbeddedUnavailable(`The embedded database cannot be opened: ${error.message}`, { cause: error });
  }
  return error;
}

const unfinished = (directory: string) => `${directory}.unfinished`;

async function writeMark(directory: string, text: 'create' | 'restore'): Promise<void> {
  await replaceFile(unfinished(directory), text);
  await syncFolder(dirname(directory));
}

/** The directory is whole. A mark that a power cut brought back would have it removed, with all that was written since. */
async function dropMark(directory: string): Promise<void> {
  await rm(unfinished(directory), { force: true });
  await syncFolder(dirname(directory));
}

const there = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
