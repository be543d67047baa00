// Programs of this machine that the ramdisk takes along, with the libraries that they need.
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../state/files.ts';
import { file, type Entry } from './cpio.ts';
import { execute } from './execute.ts';

/** What installs and rescues use where it is here: `sfdisk`, `mkfs…` and `efibootmgr` write an image's disk, `kexec` starts installers from a disc. */
export const usefulTools: readonly string[] = [
  'sfdisk',
  'mkfs.ext4',
  'mkfs.vfat',
  'mkfs.xfs',
  'mkfs.btrfs',
  'mkswap',
  'wipefs',
  'efibootmgr',
  'resize2fs',
  'e2fsck',
  'zstd',
  'mdadm',
  'lvm',
  'nvme',
  'smartctl',
  'kexec',
  'ethtool',
  'ipmitool',
  'tcpdump',
  'dropbear',
];

const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Those of the tools that are on this machine, and what they need; `missing` are the others. */
export async function toolEntries(tools: readonly string[]): Promise<{ entries: Entry[]; missing: string[] }> {
  const entries = new Map<string, Entry>();
  const missing: string[] = [];
  for (const tool of tools) {
    const program = await find(tool);
    if (program === undefined) {
      missing.push(tool);
      continue;
    }
    entries.set(`bin/${tool}`, file(`bin/${tool}`, await readFile(program), true));
    for (const library of await librariesOf(program)) {
      const path = library.replace(/^\/+/, '');
      if (!entries.has(path)) entries.set(path, file(path, await readFile(library), true));
    }
  }
  return { entries: [...entries.values()], missing };
}

/** Where a program is; undefined when it is nowhere. */
async function find(tool: string): Promise<string | undefined> {
  for (const folder of FOLDERS) {
    const path = join(folder, tool);
    if (await isThere(path)) return realpath(path);
  }
  return undefined;
}

/** As ldd has them: `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)`, and the loader by its path alone. */
async function librariesOf(program: string): Promise<string[]> {
  const printed = await execute('ldd', [program], `Asking for the libraries of ${program}`).catch((error: unknown) => {
    // It fails for what needs none.
    if (/not a dynamic executable|statically linked/.test(String(error))) return '';
    throw error;
  });
  return printed.split('\n').flatMap((line) => /(?:=> |^\s*)(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}
