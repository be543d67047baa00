// The lock between processes, as scripts take it: in a folder that may not be there yet, and waiting for it.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeLock } from '../common/lock.mjs';

/**
 * Takes the lock, or says who has it.
 * @param {string} file Where the lock lies; its folder is made.
 * @returns {Promise<{ release: () => Promise<void> } | { holder: number }>} `holder` is a process id.
 */
export async function tryLock(file) {
  await mkdir(dirname(file), { recursive: true });
  const taken = await takeLock(file);
  return 'heldBy' in taken ? { holder: taken.heldBy.pid } : { release: taken.release };
}

/**
 * Runs `work` while holding the lock, waiting for it as long as its holder lives.
 * @template T
 * @param {string} file
 * @param {string} what What the holder is doing, for the line that says why we wait.
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, what, work) {
  let said = false;
  for (;;) {
    const lock = await tryLock(file);
    if ('release' in lock) {
      try {
        return await work();
      } finally {
        await lock.release();
      }
    }
    if (!said) console.error(`Waiting for process ${lock.holder}, which is ${what} …`);
    said = true;
    await sleep(100);
  }
}
