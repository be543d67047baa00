// One bastion at a time on one directory.
import { join } from 'node:path';
import { takeLock } from '../../common/lock.mjs';

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

/** The directory cannot be made or written to. */
export class DirectoryUnusable extends Error {
  constructor(dir: string, cause: Error) {
    super(
      `The directory ${dir} cannot be used: ${cause.message}. Mend that, or choose another directory: --dir DIR or BASTION_DIR`,
      { cause },
    );
  }
}

/** Takes the directory, also over from a dead holder; resolves to what gives it back. Throws DirectoryInUse. */
export async function lockDirectory(dir: string): Promise<() => Promise<void>> {
  const taken = await takeLock(join(dir, 'lock'));
  if ('heldBy' in taken) throw new DirectoryInUse(dir, taken.heldBy.pid);
  return taken.release;
}
