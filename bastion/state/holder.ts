// Who holds a directory, and whether it still lives.
//
// Pids recur, and one in a container says nothing outside it. So a holder is named by pid, start time and boot, and
// listens on a socket in the directory that anybody on this kernel can knock at.
import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

export interface Holder {
  /** New for each holding */
  token: string;
  pid: number;
  /** Clock ticks since boot, from /proc; null where there is no /proc */
  startTime: string | null;
  bootId: string | null;
  /** Where it listens; null where it cannot */
  door: string | null;
}

/** A unix socket's path has room for 107 bytes; a Mac's for 103. */
const SOCKET_PATH = 103;

/** This process as a holder, listening already: one whose door is shut is dead. `leave` shuts it. */
export async function holderIn(dir: string): Promise<{ me: Holder; leave: () => Promise<void> }> {
  const token = randomUUID();
  const path = join(dir, `held-${token.slice(0, 8)}`);
  // Some file systems have no sockets: then pid, start time and boot alone decide.
  const server = Buffer.byteLength(path) > SOCKET_PATH ? null : await listen(path).catch(() => null);
  const me = {
    token,
    pid: process.pid,
    startTime: await startTimeOf(process.pid),
    bootId: await bootId(),
    door: server && path,
  };
  const leave = async () => {
    if (server === null) return;
    await new Promise((done) => server.close(done));
    await rm(path, { force: true });
  };
  return { me, leave };
}

/** Whether a holder is still there, as seen by one who wants its place. */
export async function lives(holder: Holder, me: Holder): Promise<boolean> {
  if (holder.door && (await answers(holder.door))) return true;
  if (holder.bootId !== me.bootId) return false;
  if (holder.door && holder.pid === me.pid && holder.startTime === me.startTime) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return (await startTimeOf(holder.pid)) === holder.startTime;
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
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}
