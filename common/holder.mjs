// Who holds a lock, and whether that one still lives.
//
// Pids recur, and in a container the pid is always 1. So a holder is named by pid, start time and boot; and since who
// shares a folder from another container cannot see its process, it also listens on a socket there that anybody on this
// kernel can knock at. Plain JavaScript, because scripts use it before anything is installed.
// @ts-check
import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

/**
 * A process, as others can tell it from one that has its pid later.
 * @typedef {object} Self
 * @property {number} pid
 * @property {string | null} startTime Clock ticks since boot, from /proc; null where there is no /proc.
 * @property {string | null} bootId
 */

/**
 * Who holds a lock, as its file says.
 * @typedef {Self & { token: string, door: string | null }} Holder `token` is new for each holding; `door` is where the
 * holder listens, null where it cannot.
 */

/** A unix socket's path has room for 107 bytes; a Mac's for 103. */
const SOCKET_PATH = 103;

/** @returns {Promise<Self>} This process. */
export async function self() {
  return { pid: process.pid, startTime: await startTimeOf(process.pid), bootId: await bootId() };
}

/**
 * This process as a holder, listening already: one whose door is shut is dead. `leave` shuts it.
 * @param {Self} me
 * @param {string} folder Where the door is.
 * @param {boolean} doorNeeded Throws when there can be no door. Else pid, start time and boot alone decide then: some
 * file systems have no sockets.
 * @returns {Promise<{ holder: Holder, leave: () => Promise<void> }>}
 */
export async function holderIn(me, folder, doorNeeded) {
  const token = randomUUID();
  const path = join(folder, `held-${token.slice(0, 8)}`);
  const guard = await listen(path).catch((error) => {
    if (doorNeeded) throw error;
    return null;
  });
  const leave = async () => {
    if (guard === null) return;
    await new Promise((done) => guard.close(done));
    await rm(path, { force: true });
  };
  return { holder: { ...me, token, door: guard && path }, leave };
}

/**
 * Whether a holder is still there, as seen by one who wants its place.
 * @param {Holder} holder
 * @param {Self} me
 */
export async function lives(holder, me) {
  if (holder.door && (await answers(holder.door))) return true;
  if (holder.bootId !== me.bootId) return false;
  if (holder.door && holder.pid === me.pid && holder.startTime === me.startTime) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  return (await startTimeOf(holder.pid)) === holder.startTime;
}

/**
 * The code that Node gives an error of the system.
 * @param {unknown} error
 */
export const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code;

/**
 * @param {string} door
 * @returns {Promise<import('node:net').Server>}
 */
function listen(door) {
  return new Promise((resolve, reject) => {
    if (Buffer.byteLength(door) > SOCKET_PATH) throw new Error(`${door} is too long for a socket`);
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(door, () => {
      server.unref();
      resolve(server);
    });
  });
}

/**
 * @param {string} door
 * @returns {Promise<boolean>}
 */
function answers(door) {
  return new Promise((resolve) => {
    const socket = connect({ path: door });
    /** @param {boolean} answer */
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/**
 * @param {number} pid
 * @returns {Promise<string | null>}
 */
async function startTimeOf(pid) {
  try {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold anything; the 22nd field is the 20th after it.
    const [state, ...fields] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; that its parent has not taken note yet does not make it a holder.
    return state === 'Z' || state === 'X' ? null : (fields[18] ?? null);
  } catch {
    return null;
  }
}

/** @returns {Promise<string | null>} */
async function bootId() {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}
