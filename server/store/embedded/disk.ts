// The disk under labd's data directory: whether there is room and it can be written, and what to do when not.
import { constants } from 'node:fs';
import { access, mkdir, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeDurably } from '../../../common/durable.ts';
import { EmbeddedUnavailable } from './errors.ts';

/** Bytes below which the disk counts as full: PostgreSQL's log grows by 16 MB at a time, and ends the engine without. */
const ROOM = 32 * 1024 * 1024;

/** What the file system's errors mean for the data directory, each with what to do. */
const MEANINGS: Readonly<Record<string, (directory: string) => string>> = {
  ENOSPC: (directory) => full(directory, 'is full'),
  EDQUOT: (directory) => full(directory, 'has no room left for this user'),
  EROFS: (directory) =>
    `The disk of ${directory} can only be read: mount it for writing (its kernel log says why, if it was writable before), or give labd another directory with LABD_DATA`,
  EACCES: (directory) =>
    `This user may not write to ${directory}: chown it, or give labd another directory with LABD_DATA`,
  EPERM: (directory) =>
    `This user may not write to ${directory}: chown it, or give labd another directory with LABD_DATA`,
  EIO: (directory) => `The disk of ${directory} fails: its kernel log says more; move ${directory} to another disk`,
};

const full = (directory: string, how: string) =>
  `The disk of ${directory} ${how}: free room there (du -sh ${directory}/* shows what takes it; the oldest of snapshots/ and any db.damaged-… may go)`;

/** The same errors where the engine tells them in words alone: its C library's, or the system's. */
const WORDS: readonly (readonly [pattern: RegExp, code: string])[] = [
  [/no space left on device/i, 'ENOSPC'],
  [/quota exceeded/i, 'EDQUOT'],
  [/read-only file system/i, 'EROFS'],
  [/(?:i\/o|input\/output) error/i, 'EIO'],
];

/** The code of a file system's error, also when it is told in words; undefined for any other error. */
export function diskCodeOf(error: unknown): string | undefined {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && code in MEANINGS) return code;
  return typeof message === 'string' ? WORDS.find(([pattern]) => pattern.test(message))?.[1] : undefined;
}

/** What a file system's error means, with what to do; undefined for any other error. */
function diskTrouble(error: unknown, directory: string): string | undefined {
  const code = diskCodeOf(error);
  if (code !== undefined) return MEANINGS[code]!(directory);
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? diskTrouble(cause, directory) : undefined;
}

/** The same error, or one that says what to do about the disk. */
export function withDiskRemedy(error: unknown, directory: string): unknown {
  const trouble = diskTrouble(error, directory);
  return trouble === undefined ? error : new EmbeddedUnavailable(trouble, { cause: error });
}

/** Makes a directory and those above it, for its owner alone. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    // On a disk that can only be read, Node says that what is above does not exist.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') await findUnwritable(path);
    throw error;
  }
}

/** Throws what stands in the way of writing in the nearest directory that exists. */
async function findUnwritable(path: string): Promise<void> {
  for (let above = dirname(path); ; above = dirname(above)) {
    try {
      return await access(above, constants.W_OK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === dirname(above)) throw error;
    }
  }
}

/** Writes a little and takes it away. Throws EmbeddedUnavailable when the disk is full, or cannot be written. */
export async function probeDisk(directory: string): Promise<void> {
  const path = join(directory, `probe.${process.pid}`);
  try {
    await writeDurably(path, Buffer.alloc(4_096, 1));
    await rm(path, { force: true });
    const { bavail, bsize } = await statfs(directory);
    if (bavail * bsize < ROOM) throw Object.assign(new Error(`${bavail * bsize} bytes are left`), { code: 'ENOSPC' });
  } catch (error) {
    await rm(path, { force: true }).catch(() => {});
    throw withDiskRemedy(error, directory);
  }
}
