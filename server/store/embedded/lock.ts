// One process at a time on one embedded database: two would ruin it for good. The lock lies beside the directory.
import { takeLock, type Lock } from '../../../common/lock.mjs';
import { DatabaseInUse } from './errors.ts';

/**
 * Takes the lock, also over from a holder that is gone. `folder` is where its socket goes: without one, a process in
 * another container that shares the directory would not be seen.
 * Throws DatabaseInUse, naming the holder, when it or a quicker rival lives.
 */
export async function acquireLock(path: string, folder: string): Promise<Lock> {
  const taken = await takeLock(path, { folder, doorNeeded: true });
  if ('heldBy' in taken) throw new DatabaseInUse(path.replace(/\.lock$/, ''), taken.heldBy.pid);
  return taken;
}
