// What scripts/debian.sh has fetched or made before the tests: a test asks nobody for anything.
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

/** The newest file of a folder by its name. Throws, with what makes it, when there is none. */
export function newest(folder: string, ending: string): string {
  const there = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(ending)) : [];
  const last = there.toSorted().at(-1);
  if (last !== undefined) return resolve(folder, last);
  throw new Error(`There is no file *${ending} in ${folder}: bash scripts/debian.sh makes it.`);
}
