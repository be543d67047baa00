// Which build of the ramdisk this program would make: of another version its scripts, programs and drivers may be others.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { driverFolders } from './drivers.ts';
import { usefulTools } from './tools.ts';
import { RamdiskTrouble } from './trouble.ts';

export interface Script {
  readonly name: string;
  readonly content: Buffer;
}

/** Whether the ramdisk that a bastion has is the one that it would make now. */
export type RamdiskState = 'missing' | 'old' | 'current';

/** `build` is that of what it has, of which what was packed does not matter here: undefined for none, null where it was not noted. Who can make none calls none old. */
export const ramdiskState = (build: string | null | undefined, now: string | undefined): RamdiskState =>
  build === undefined ? 'missing' : now === undefined || build?.split('-')[0] === now ? 'current' : 'old';

/** A build by its program and by what was packed: of another kernel, other firmware or tools it is another one, and no machine goes on in its place. */
export function nameBuild(identity: string, packed: Iterable<Buffer>): string {
  const hash = createHash('sha256');
  for (const part of packed) hash.update(part);
  return `${identity}-${hash.digest('hex').slice(0, 16)}`;
}

/** The scripts that the ramdisk runs, by their names. They lie beside the source, and beside the built program. */
export async function ramdiskScripts(): Promise<Script[]> {
  const beside = ['./scripts/', './ramdisk/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const from = beside.find((path) => existsSync(join(path, 'init.sh')));
  if (from === undefined) throw new RamdiskTrouble('Its scripts are not beside this program. Install the bastion anew');
  const names = (await readdir(from)).sort();
  return Promise.all(names.map(async (name) => ({ name, content: await readFile(join(from, name)) })));
}

/** The same for the same scripts, programs and drivers, whatever kernel it is built with. Throws RamdiskTrouble where the scripts are not there. */
export async function ramdiskIdentity(): Promise<string> {
  const scripts = (await ramdiskScripts()).map(({ name, content }) => [name, content.toString('base64')]);
  const made = JSON.stringify([scripts, usefulTools, driverFolders]);
  return createHash('sha256').update(made).digest('hex').slice(0, 16);
}
