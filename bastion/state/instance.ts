// The instance id of a state directory, created once, by which labd tells a bastion that returns from one that lost its
// disk.
import { join } from 'node:path';
import { readIfThere, writeWhole } from './files.ts';

/** The directory's instance, made by `newId` when there is none yet. */
export async function instanceOf(dir: string, newId: () => string): Promise<string> {
  const path = join(dir, 'instance');
  const found = (await readIfThere(path))?.trim();
  if (found) return found;
  const instance = newId();
  await writeWhole(path, `${instance}\n`);
  return instance;
}
