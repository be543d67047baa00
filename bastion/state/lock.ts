// One bastion at a time on one directory, also when many start at once over the lock of one that crashed.
import { link, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, readIfThere } from './files.ts';
import { holderIn, lives, type Holder } from './holder.ts';

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

/** How long claims on dead holders are kept, for whoever is still deciding about them; milliseconds. */
const CLAIM_KEPT = 600_000;

/** Takes the directory, also over from a dead holder; resolves to what gives it back. Throws DirectoryInUse. */
export async function lockDirectory(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, 'lock');
  const { me, leave } = await holderIn(dir);
  const own = `${path}.${me.token}`;
  try {
    await writeFile(own, JSON.stringify(me), { mode: 0o600, flag: 'wx' });
    const door = (await contend(path, own, me))?.door;
    if (door && dirname(door) === dir) await rm(door, { force: true });
    await sweep(dir);
  } catch (error) {
    await leave();
    throw error;
  } finally {
    await rm(own, { force: true });
  }
  return async () => {
    if ((await read(path))?.token === me.token) await rm(path, { force: true });
    await leave();
  };
}

/**
 * Puts our file in place; resolves to the dead holder whose place it is. Of all who find one dead, exactly one can link
 * the claim named after that holder's token; should that one die too, its own claim is contended for in the same way.
 */
async function contend(path: string, own: string, me: Holder): Promise<Holder | null> {
  for (;;) {
    // A link comes into place whole and fails when there is one, so nobody ever reads half a holder.
    if (await linked(own, path)) return null;
    const found = await read(path);
    if (found === null) continue;
    const dead = new Set<string>();
    for (let last: Holder | null = found; last !== null;) {
      if (await lives(last, me)) throw new DirectoryInUse(dirname(path), last.pid);
      dead.add(last.token);
      const claim: string = `${path}.claim-${last.token}`;
      last = (await linked(own, claim)) ? null : await read(claim);
    }
    // Only the winner of the last claim may replace a file of these dead; anything else in place is news.
    const now = await read(path);
    if (now === null || !dead.has(now.token)) continue;
    await rename(own, path);
    return found;
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

async function read(path: string): Promise<Holder | null> {
  const text = await readIfThere(path);
  if (text === null) return null;
  try {
    return JSON.parse(text) as Holder;
  } catch {
    // Files come into place whole, so only a broken disk makes this one: nobody is holding it.
    return { token: 'unreadable', pid: 0, startTime: null, bootId: 'none', door: null };
  }
}

async function sweep(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!name.startsWith('lock.')) continue;
    const file = join(dir, name);
    const age = await stat(file).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > CLAIM_KEPT) await rm(file, { force: true });
  }
}
