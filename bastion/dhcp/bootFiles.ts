// The iPXE binaries that TFTP serves: those that people put beside come before the distribution's.
import { chmod, copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isBinaryName } from '../../common/boot/way.ts';
import { codeOf } from '../state/files.ts';
import { clients } from './clients.ts';

/** The folders that have them, the first before the second: below the bastion's directory, and where Debian's package ipxe has them. */
export const ipxeFolders = (dir: string): readonly [beside: string, distribution: string] => [
  join(dir, 'ipxe'),
  '/usr/lib/ipxe',
];

/** Copies what is there to a folder that dnsmasq's user can read, which the bastion's directory is not. Returns the names. */
export async function placeBootFiles(from: readonly string[], folder: string): Promise<string[]> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const named = await Promise.all(from.map((source) => readdir(source).catch(() => [])));
  const binaries = named.flat().filter((name) => isBinaryName(name) && !name.startsWith('lab-disk'));
  const names = [...new Set([...clients.map(({ file }) => file), ...binaries.sort()])];
  const copy = async (source: string, to: string): Promise<boolean> => {
    try {
      // A folder may have such a name too.
      if (!(await stat(source)).isFile()) return false;
      await copyFile(source, to);
      await chmod(to, 0o644);
      return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  };
  const there: string[] = [];
  for (const name of names) {
    const to = join(folder, name);
    for (const source of from)
      if (await copy(join(source, name), to)) {
        there.push(name);
        break;
      }
  }
  return there;
}
