// The snapshots of an embedded database: where they lie, in what order, how many are kept.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const NAME = /^\d{8}T\d{9}Z\.tar\.gz$/;

/** The path for a snapshot made now; names sort by time. */
export function snapshotPath(folder: string, now: Date): string {
  return join(folder, `${now.toISOString().replace(/[-:.]/g, '')}.tar.gz`);
}

/** Snapshots, newest first; none when the folder is not there. */
export async function listSnapshots(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => NAME.test(name))
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

/** Deletes all but the newest `keep`, and what a killed process left half-written. */
export async function pruneSnapshots(folder: string, keep: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const old of (await listSnapshots(folder)).slice(keep)) await rm(old, { force: true });
  for (const name of await readdir(folder)) if (name.endsWith('.part')) await rm(join(folder, name), { force: true });
}
