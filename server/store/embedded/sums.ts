// The hashes of a database directory that was closed: whatever changes in it until it is opened again is found, also in
// files that have no checksums of their own.
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../../common/durable.ts';
import { makeRoom, partsOf } from './parts.ts';

type Sums = Readonly<Record<string, string>>;

const sumsFile = (directory: string) => `${directory}.sums`;

async function sumsOf(directory: string): Promise<Sums> {
  const sums: Record<string, string> = {};
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const room = makeRoom();
  // Its settings are for people to change.
  for (const entry of entries.filter((one) => one.isFile() && !one.name.endsWith('.conf'))) {
    const path = join(entry.parentPath, entry.name);
    const hash = createHash('sha256');
    for await (const part of partsOf(path, room)) hash.update(part);
    sums[path.slice(directory.length + 1)] = hash.digest('hex');
  }
  return sums;
}

/** Notes what a directory that was just closed is like. */
export async function noteSums(directory: string): Promise<void> {
  const file = sumsFile(directory);
  const text = JSON.stringify(await sumsOf(directory));
  // The first line tells whether the second is whole.
  const hash = createHash('sha256').update(text).digest('hex');
  await writeDurably(`${file}.part`, `${hash}\n${text}\n`);
  await rename(`${file}.part`, file);
}

/** Forgets what was noted: the directory is about to become another. */
export const forgetSums = (directory: string): Promise<void> => rm(sumsFile(directory), { force: true });

/**
 * The files that are not as they were left; none when all are, or when the directory was not closed well. What was noted
 * is forgotten: from now on the directory changes.
 */
export async function changedFiles(directory: string): Promise<string[]> {
  const found = await readFile(sumsFile(directory), 'utf8').catch(() => undefined);
  if (found === undefined) return [];
  const [hash, text = ''] = found.split('\n');
  // Notes that are broken themselves say nothing of the directory, whose pages are looked at in any case.
  const noted = hash === createHash('sha256').update(text).digest('hex') ? (JSON.parse(text) as Sums) : undefined;
  const now = noted && (await sumsOf(directory));
  await forgetSums(directory);
  if (noted === undefined || now === undefined) return [];
  const names = new Set([...Object.keys(noted), ...Object.keys(now)]);
  return [...names].filter((name) => noted[name] !== now[name]).sort();
}
