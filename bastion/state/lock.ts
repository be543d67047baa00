// One bastion at a time on one directory.
//
// The lock file names its holder by pid, start time and boot, since pids recur (and in a container are always 1).
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, readIfThere } from './files.ts';

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

/** Milliseconds in which a rival that set a file aside has put it back. */
const SETTLING = 30;

/** The directory cannot be made or written to. */
export class DirectoryUnusable extends Error {
  constructor(dir: string, cause: Error) {
    super(
      `The directory ${dir} cannot be used: ${cause.message}. Mend that, or choose another directory: --dir DIR or BASTION_DIR`,
      { cause },
    );
  }
}

interface Holder {
  /** New for each holding */
  token: string;
  pid: number;
  startTime: string | null;
  bootId: string | null;
}

/** Takes the directory, also over from a dead holder; resolves to what gives it back. Throws DirectoryInUse. */
export async function lockDirectory(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, 'lock');
  const own = `${path}.${randomUUID()}`;
  const me: Holder = {
    token: randomUUID(),
    pid: process.pid,
    startTime: await startTimeOf(process.pid),
    bootId: await bootId(),
  };
  const mine = JSON.stringify(me);
  await writeFile(own, mine, { mode: 0o600, flag: 'wx' });
  try {
    for (let held = false; !held;) {
      // A link comes into place whole and fails when there is one, so nobody ever reads half a holder.
      if (await linked(own, path)) {
        // A rival that judged our dead predecessor may just be setting ours aside: it is ours if it stays.
        await sleep(SETTLING);
        held = (await readIfThere(path)) === mine;
      } else {
        const text = await readIfThere(path);
        if (text === null) continue;
        const holder = parse(text);
        if (await lives(holder, me)) throw new DirectoryInUse(dir, holder.pid);
        await setAside(path, text);
      }
    }
  } finally {
    await rm(own, { force: true });
  }
  return () => rm(path, { force: true });
}

/** Removes a dead holder's file; should a rival's have come into its place meanwhile, that one is put back. */
async function setAside(path: string, dead: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readIfThere(aside)) !== dead) await linked(aside, path);
  await rm(aside, { force: true });
}

async function lives(holder: Holder, me: Holder): Promise<boolean> {
  if (holder.bootId !== me.bootId) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  return (await startTimeOf(holder.pid)) === holder.startTime;
}

function parse(text: string): Holder {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    // Files come into place whole, so only a broken disk makes this one: nobody is holding it.
    return { token: '', pid: 0, startTime: null, bootId: 'none' };
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Clock ticks from boot to the start of a process; null where there is no /proc. */
async function startTimeOf(pid: number): Promise<string | null> {
  try {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold anything; the 22nd field is the 20th after it.
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

async function bootId(): Promise<string | null> {
  return (await readIfThere('/proc/sys/kernel/random/boot_id').catch(() => null))?.trim() ?? null;
}
