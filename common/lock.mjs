// A lock between processes: a file that names its holder, and that counts only while the holder lives. One holder at a
// time, also when many start at once over the lock of one that crashed.
// @ts-check
import { link, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, holderIn, lives, self } from './holder.mjs';

/** @typedef {import('./holder.mjs').Holder} Holder */
/** @typedef {import('./holder.mjs').Self} Self */

/**
 * @typedef {object} Lock
 * @property {Holder | null} abandoned Who had it before and never gave it back: a crash (same boot) or a power cut
 * (another).
 * @property {Holder} holder This process.
 * @property {() => Promise<void>} release
 */

/** How long claims on dead holders are kept, for whoever is still deciding about them; milliseconds. */
const CLAIM_KEPT = 600_000;

/**
 * Takes the lock, also over from a holder that is gone; or says who has it, itself included.
 * @param {string} path Where the lock lies, in a folder that exists.
 * @param {object} [options]
 * @param {string} [options.folder] Where the holder's socket goes, beside the lock when not said.
 * @param {boolean} [options.doorNeeded] Throws where there can be no socket, rather than do without.
 * @returns {Promise<Lock | { heldBy: Holder }>}
 */
export async function takeLock(path, { folder = dirname(path), doorNeeded = false } = {}) {
  const me = await self();
  // Whoever only waits for a living holder leaves no traces meanwhile.
  const before = await read(path);
  if (before !== null && (await lives(before, me))) return { heldBy: before };
  // It listens before it contends: a holder whose door is shut is dead, at any moment.
  const { holder, leave } = await holderIn(me, folder, doorNeeded);
  const own = `${path}.${holder.token}`;
  try {
    await writeDurably(own, JSON.stringify(holder));
    const outcome = await contend(path, own, holder);
    if ('heldBy' in outcome) {
      await leave();
      return outcome;
    }
    const door = outcome.abandoned?.door;
    if (door && dirname(door) === folder) await rm(door, { force: true });
    await sweep(path);
    return {
      ...outcome,
      holder,
      async release() {
        if ((await read(path))?.token === holder.token) await rm(path, { force: true });
        await leave();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * Puts our file in place, of which nobody ever reads half: a link comes whole, and fails when there is one. Of all who
 * find one holder dead, exactly one can link the claim named after that holder's token; should that one die too, its own
 * claim is contended for in the same way.
 * @param {string} path
 * @param {string} own
 * @param {Self} me
 * @returns {Promise<{ abandoned: Holder | null } | { heldBy: Holder }>}
 */
async function contend(path, own, me) {
  for (;;) {
    if (await linked(own, path)) return { abandoned: null };
    const found = await read(path);
    if (found === null) continue;
    const dead = new Set();
    for (let last = /** @type {Holder | null} */ (found); last !== null;) {
      if (await lives(last, me)) return { heldBy: last };
      dead.add(last.token);
      /** @type {string} */
      const claim = `${path}.claim-${last.token}`;
      last = (await linked(own, claim)) ? null : await read(claim);
    }
    // Only the winner of the last claim may replace a file of these dead; anything else in place is news.
    const now = await read(path);
    if (now === null || !dead.has(now.token)) continue;
    await rename(own, path);
    return { abandoned: found };
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
async function linked(from, to) {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * @param {string} path
 * @returns {Promise<Holder | null>}
 */
async function read(path) {
  let text;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  // Files come into place whole, so only a broken disk makes this one: nobody can be holding it.
  const unreadable = { token: 'unreadable', pid: 0, startTime: null, bootId: 'none', door: null };
  try {
    const holder = JSON.parse(text);
    // The token is part of names of files.
    return typeof holder?.token === 'string' && /^[\w-]+$/.test(holder.token) ? holder : unreadable;
  } catch {
    return unreadable;
  }
}

/**
 * @param {string} path
 * @param {string} text
 */
async function writeDurably(path, text) {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @param {string} path */
async function sweep(path) {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const file = join(folder, name);
    const age = await stat(file).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > CLAIM_KEPT) await rm(file, { force: true });
  }
}
