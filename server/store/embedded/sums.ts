// The hashes of a database directory that was closed: whatever changes in it until it is opened again is found, also in
// files that have no checksums of their own.
import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { noteFile, readNote, writeNote } from './note.ts';
import { makeRoom, partsOf } from './parts.ts';

type Sums = Readonly<Record<string, string>>;

async function sumsOf(directory: string): Promise<Sums> {
  const sums: Record<string, string> = {};
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const room = makeRoom();
  const own = noteFile(directory, 'sums');
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    // Its settings are for people to change.
    if (!entry.isFile() || path.endsWith('.conf') || path === own) continue;
    const hash = createHash('sha256');
    for await (const part of partsOf(path, room)) hash.update(part);
    sums[path.slice(directory.length + 1)] = hash.digest('hex');
  }
  return sums;
}

/** Notes what a directory that was just closed is like. */
export const noteSums = async (directory: string): Promise<void> =>
  writeNote(noteFile(directory, 'sums'), await sumsOf(directory));

/** Forgets what was noted: the directory is about to become another. */
export const forgetSums = (directory: string): Promise<void> => rm(noteFile(directory, 'sums'), { force: true });

/**
 * The files that are not as they were left; none when all are, or when the directory was not closed well. What was noted
 * is forgotten: from now on the directory changes.
 */
export async function changedFiles(directory: string): Promise<string[]> {
  // The pages of a directory of which nothing is noted are looked at in any case.
  const noted = await readNote<Sums>(noteFile(directory, 'sums'));
  const now = noted && (await sumsOf(directory));
  await forgetSums(directory);
  if (noted === undefined || now === undefined) return [];
  const names = new Set([...Object.keys(noted), ...Object.keys(now)]);
  return [...names].filter((name) => noted[name] !== now[name]).sort();
}
