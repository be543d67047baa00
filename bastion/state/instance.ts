// The instance id of a state directory, created once, by which people tell a bastion that returns from one that lost its
// disk.
import { join } from 'node:path';
import { diskTroubleIn } from './diskTrouble.ts';
import { checksum } from '../../common/sealed.ts';
import { readIfSound, writeWhole } from './files.ts';

/** An id, and its checksum; older files have none. */
const FORM = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?: ([0-9a-f]{8}))?$/;

/** The directory's instance, made by `newId` when there is none yet, or none that can be read. */
export async function instanceOf(dir: string, newId: () => string, warn: (message: string) => void): Promise<string> {
  const path = join(dir, 'instance');
  const text = await readIfSound(path);
  const [, found, sum] = FORM.exec(text?.trim() ?? '') ?? [];
  if (found !== undefined && (sum === undefined || sum === checksum(found))) return found;
  if (text !== null)
    warn(`${path} is damaged: this directory has another instance id from now on. Nothing is lost by it`);
  const instance = newId();
  // Without a file it has another one after the next start, by which nothing is lost either.
  await writeWhole(path, `${instance} ${checksum(instance)}\n`).catch((error: unknown) => {
    if (!diskTroubleIn(dir, error)) throw error;
  });
  return instance;
}
