// Firmware that drivers load into their hardware: what the ramdisk's modules ask for, out of folders put beside.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { file, type Entry } from './cpio.ts';
import type { Module } from './modules.ts';

/** Folders of packages have it below one of these. */
const BELOW = ['lib/firmware', 'usr/lib/firmware', ''];

/** What is asked for and there, and the names of the rest: without its firmware a card may not work. */
export async function firmwareEntries(
  modules: readonly Module[],
  folders: readonly string[],
): Promise<{ entries: Entry[]; missing: string[] }> {
  const asked = [...new Set(modules.flatMap(({ firmware }) => firmware))].sort();
  const there = new Map<string, string>();
  for (const folder of folders) for (const [name, path] of await firmwareIn(folder)) there.set(name, path);
  const names = [...there.keys()];
  const entries = new Map<string, Entry>();
  const missing: string[] = [];
  for (const pattern of asked) {
    const like = new RegExp(
      `^${pattern
        .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}(\\.(xz|zst))?$`,
    );
    const found = names.filter((name) => like.test(name));
    if (found.length === 0) missing.push(pattern);
    for (const name of found) {
      entries.set(name, file(`lib/firmware/${name}`, await readFile(there.get(name)!)));
    }
  }
  return { entries: [...entries.values()], missing };
}

async function firmwareIn(folder: string): Promise<[name: string, path: string][]> {
  for (const below of BELOW) {
    const root = join(folder, below);
    const names = await readdir(root, { recursive: true }).catch(() => undefined);
    if (!names) continue;
    const paths = names.map((name) => [name.replaceAll('\\', '/'), join(root, name)] as [string, string]);
    const files = await Promise.all(paths.map(async ([, path]) => (await stat(path).catch(() => undefined))?.isFile()));
    return paths.filter((_, at) => files[at]);
  }
  return [];
}
