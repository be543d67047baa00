// One process at a time on one embedded database: two would ruin it for good.
//
// The lock file lies beside the directory and names its holder by pid, start time and boot, since pids recur and in a
// container the pid is always 1. Who shares the directory from another container cannot see our process, so the holder
// also listens on a socket that anybody on this kernel can knock at.
import { randomUUID } from 'node:crypto';
import { link, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { DatabaseInUse } from './errors.ts';

/** Who holds a lock, as its file says. `token` is new for each holding. */
export interface Holder {
  token: string;
  pid: number;
  /** Clock ticks since boot, from /proc; null where there is no /proc. */
  startTime: string | null;
  bootId: string | null;
  /** Where the holder listens. */
  door: string;
}

export interface Lock {
  /** Who had it before and never gave it back: a crash (same boot) or a power cut (another). */
  readonly abandoned: Holder | null;
  readonly holder: Holder;
  release(): Promise<void>;
}

/** How long claims on dead holders are kept, for whoever is still deciding about them; milliseconds. */
const CLAIM_KEPT = 600_000;

/**
 * Takes the lock, also over from a holder that is gone. `folder` is where its socket goes.
 * Throws DatabaseInUse, naming the holder, when it or a quicker rival lives.
 */
export async function acquireLock(path: string, folder: string): Promise<Lock> {
  const token = randomUUID();
  const door = join(folder, `held-${token.slice(0, 8)}`);
  const me: Holder = {
    token,
    pid: process.pid,
    startTime: await startTimeOf(process.pid),
    bootId: await bootId(),
    door,
  };
  const own = `${path}.${token}`;
  // It listens before it contends: a holder whose door is shut is dead, at any moment.
  const guard = await listen(door);
  const leave = async () => {
    await new Promise((done) => guard.close(done));
    await rm(door, { force: true });
  };
  try {
    await writeDurably(own, JSON.stringify(me));
    const abandoned = await contend(path, own, me);
    if (abandoned !== null && dirname(abandoned.door) === folder) await rm(abandoned.door, { force: true });
    await sweep(path);
    return {
      abandoned,
      holder: me,
      async release() {
        if ((await read(path))?.token === me.token) await rm(path, { force: true });
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
 * Puts our file in place. Of all who find one holder dead, exactly one can link the claim named after that holder's
 * token; should that one die too, its own claim is contended for in the same way.
 */
async function contend(path: string, own: string, me: Holder): Promise<Holder | null> {
  for (;;) {
    if (await linked(own, path)) return null;
    const found = await read(path);
    if (found === null) continue;
    const dead = [found];
    for (let last = found; ;) {
      if (await lives(last, me)) throw new DatabaseInUse(path.replace(/\.lock$/, ''), last.pid);
      const claim = `${path}.claim-${last.token}`;
      if (await linked(own, claim)) break;
      const rival = await read(claim);
      if (rival === null) break;
      dead.push(rival);
      last = rival;
    }
    // Only the winner of the last claim may replace a file of these dead; anything else in place is news.
    const now = await read(path);
    if (now === null || !dead.some(({ token }) => token === now.token)) continue;
    await rename(own, path);
    return found;
  }
}

async function lives(holder: Holder, me: Holder): Promise<boolean> {
  if (await answers(holder.door)) return true;
  if (holder.bootId !== me.bootId) return false;
  if (holder.pid === me.pid && holder.startTime === me.startTime) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return (await startTimeOf(holder.pid)) === holder.startTime;
}

function answers(door: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: door });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

function listen(door: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(door, () => {
      server.unref();
      resolve(server);
    });
  });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function read(path: string): Promise<Holder | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return JSON.parse(text) as Holder;
  } catch {
    // Files come into place whole, so only a broken disk makes this one: nobody can be holding it.
    return { token: 'unreadable', pid: 0, startTime: null, bootId: 'none', door: '/dev/null' };
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function sweep(path: string): Promise<void> {
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

async function startTimeOf(pid: number): Promise<string | null> {
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

async function bootId(): Promise<string | null> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch {
    return null;
  }
}
