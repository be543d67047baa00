// One bastion at a time on one directory. Where the disk takes no lock the bastion may send what it has, and writes nothing
// until it has one.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLock } from '../../common/lock.mjs';
import { diskTroubleIn, type DiskTrouble } from './diskTrouble.ts';
import { codeOf } from './files.ts';

/** Another bastion has the directory. */
export class DirectoryInUse extends Error {
  readonly pid: number;

  constructor(dir: string, pid: number) {
    super(
      `The directory ${dir} is in use by another bastion (process ${pid}). Stop that one, or choose another directory: --dir DIR or BASTION_DIR`,
    );
    this.pid = pid;
  }
}

/** The directory cannot be made or used. */
export class DirectoryUnusable extends Error {
  constructor(dir: string, cause: Error) {
    const trouble = diskTroubleIn(dir, cause);
    super(
      trouble?.message ??
        `The directory ${dir} cannot be used: ${cause.message}. Mend that, or choose another directory: --dir DIR or BASTION_DIR`,
      { cause },
    );
  }
}

export interface DirectoryLock {
  /** Why there is no lock yet: the disk takes none */
  readonly without: DiskTrouble | undefined;
  /** Resolves at once while the lock is held, else tries for it. Throws DiskTrouble, and DirectoryInUse. */
  hold(): Promise<void>;
  release(): Promise<void>;
}

/** Takes the directory, also over from a dead holder. Throws DirectoryInUse. */
export async function lockDirectory(dir: string): Promise<DirectoryLock> {
  let release: (() => Promise<void>) | undefined;
  let without: DiskTrouble | undefined;
  const hold = async () => {
    if (release) return;
    const taken = await takeLock(join(dir, 'lock')).catch((error: unknown) => {
      throw diskTroubleIn(dir, error) ?? error;
    });
    if ('heldBy' in taken) throw new DirectoryInUse(dir, taken.heldBy.pid);
    ({ release } = taken);
  };
  try {
    await hold();
  } catch (error) {
    without = diskTroubleIn(dir, error);
    if (!without) throw error;
  }
  return { without, hold, release: async () => void (await release?.()) };
}

/** Makes the directory when it is missing, and takes it. Throws DirectoryInUse, DirectoryUnusable. */
export async function takeDirectory(dir: string): Promise<DirectoryLock> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return await lockDirectory(dir);
  } catch (error) {
    if (error instanceof Error && codeOf(error) !== undefined) throw new DirectoryUnusable(dir, error);
    throw error;
  }
}
