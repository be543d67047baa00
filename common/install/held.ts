// Which files of a profile a bastion lacks. It tells labd what it holds by keys: the SHA-256 of each file, and the tree and path of
// each file of a tree, since a profile that leaves sums to its mirror has no hashes of its own.
import { createHash } from 'node:crypto';
import type { FileUse, Profile } from './plan.ts';

/** What a profile says about its files. */
export type Wants = Pick<Profile, 'name' | 'mirror' | 'sums' | 'files'>;

/** The tree of the discovery ramdisk, and its files there. */
export const RAMDISK = { tree: 'discovery', kernel: 'vmlinuz', initrd: 'initrd.img' } as const;

/** The key of a bastion that needs no files, since its machines are simulated. */
export const ANYTHING = '*';

/** A file that a bastion has to get before it can install a profile. */
export interface MissingFile {
  readonly use: FileUse | 'ramdisk';
  /** Below the address of the mirror; of the ramdisk below that of the bastion's files */
  readonly path: string;
}

/**
 * The name of the tree that a profile needs. Profiles that ask for the same files share one, and a change of a profile that
 * leaves its files as they were leaves its tree.
 */
export function treeOf({ mirror, sums, files }: Wants): string {
  const asked = files.map(({ use, path, bytes, sha256 }) => [use, path, bytes, sha256]).sort();
  const text = JSON.stringify([mirror, sums ? [sums.form, sums.path] : null, asked]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

export const treeKey = (tree: string, path: string): string => `${tree}/${path}`;

/** What is missing for a profile at a bastion that holds these keys. */
export function missingFor(profile: Wants, keys: ReadonlySet<string>): MissingFile[] {
  if (keys.has(ANYTHING)) return [];
  const { files } = profile;
  const tree = treeOf(profile);
  const missing: MissingFile[] = files
    .filter(({ path, sha256 }) => !keys.has(sha256?.toLowerCase() ?? treeKey(tree, path)))
    .map(({ use, path }) => ({ use, path }));
  const boots = (use: FileUse) => files.some((file) => file.use === use);
  if (boots('kernel') && boots('initrd')) return missing;
  // The ramdisk installs what brings no installer of its own.
  const ramdisk = [RAMDISK.kernel, RAMDISK.initrd].map((path) => treeKey(RAMDISK.tree, path));
  return [...missing, ...ramdisk.filter((key) => !keys.has(key)).map((path) => ({ use: 'ramdisk' as const, path }))];
}

/** The commands that bring what is missing, to be typed on the bastion's machine; without the program's name. */
export const commandsFor = (profile: string, missing: readonly MissingFile[]): string[] => [
  ...(missing.some(({ use }) => use !== 'ramdisk') ? [`bastion files fetch ${profile}`] : []),
  ...(missing.some(({ use }) => use === 'ramdisk') ? ['bastion files build discovery'] : []),
];
