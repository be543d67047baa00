// Files that a person brings by hand for a profile: kernel, initrd and stage2 of one tree come together.
import type { ProfileFile } from '../../common/install/plan.ts';
import type { StoredFile } from './store.ts';
import type { Wants } from '../../common/install/held.ts';
import type { TreeFile } from './trees.ts';
import { FileTrouble } from './trouble.ts';

/** Uses whose files only work with one another. */
const TOGETHER = new Set<string>(['kernel', 'initrd', 'stage2']);

/** All files of the profile that are here afterwards. Throws FileTrouble before anything is taken that would break a tree. */
export async function bring(
  profile: Wants,
  given: Readonly<Record<string, string>>,
  before: Readonly<Record<string, TreeFile>>,
  take: (local: string, file: ProfileFile) => Promise<StoredFile>,
): Promise<Record<string, TreeFile>> {
  for (const path of Object.keys(given)) {
    if (profile.files.some((file) => file.path === path)) continue;
    const paths = profile.files.map((file) => file.path).join(', ');
    throw new FileTrouble('USAGE', `Profile ${profile.name} has no file ${path}. It has ${paths || 'none at all'}`);
  }
  // One whose hash the profile says cannot be another than the rest expects.
  const free = profile.files.filter(({ use, sha256 }) => TOGETHER.has(use) && sha256 === null);
  const left = free.filter(({ path }) => !Object.hasOwn(given, path));
  if (left.length > 0 && left.length < free.length) {
    throw new FileTrouble(
      'USAGE',
      `Kernel, initrd and stage2 of profile ${profile.name} change together: give ${left.map(({ path }) => path).join(' and ')} too`,
    );
  }
  const files: Record<string, TreeFile> = {};
  for (const file of profile.files) {
    const local = Object.hasOwn(given, file.path) ? given[file.path] : undefined;
    if (local !== undefined) files[file.path] = { use: file.use, ...(await take(local, file)) };
    else if (Object.hasOwn(before, file.path)) files[file.path] = before[file.path]!;
  }
  return files;
}
