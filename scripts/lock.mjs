// A lock between processes: a file that names its holder, and that counts only while the holder lives.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Takes the lock, or says who has it.
 * @param {string} file Where the lock lies; its folder is made.
 * @returns {{ release: () => void } | { holder: number }} `holder` is a process id.
 */
export function tryLock(file) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid) });
  const draft = `${file}.${process.pid}`;
  // Written first and linked then, so that nobody ever reads half a lock.
  writeFileSync(draft, mine);
  try {
    for (;;) {
      try {
        linkSync(draft, file);
        return { release: () => void (read(file) === mine && rmSync(file, { force: true })) };
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const text = read(file);
      if (text === null) continue;
      const holder = parse(text);
      if (holder !== null && startOf(holder.pid) === holder.started) return { holder: holder.pid };
      setAside(file, text);
    }
  } finally {
    rmSync(draft, { force: true });
  }
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
    const lock = tryLock(file);
    if ('release' in lock) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    if (!said) console.error(`Waiting for process ${lock.holder}, which is ${what} …`);
    said = true;
    await sleep(100);
  }
}

/** Removes a dead holder's lock, unless somebody was quicker and the lock is a living one by now. */
function setAside(file, text) {
  const aside = `${file}.${process.pid}.old`;
  try {
    renameSync(file, aside);
    if (read(aside) !== text) linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** When a process started, as its system counts it, since process ids recur; `gone` when it is not running. */
function startOf(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return 'gone';
  }
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return 'running';
  // The name in parentheses may hold spaces. After it come the state and, as the 20th field, the start time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie does nothing any more; it only waits for its parent to take notice.
  return fields[0] === 'Z' ? 'gone' : fields[19];
}
