// The snapshots of an embedded database: how they are called, where they lie, in what order, and which are kept.
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeDirectory } from './disk.ts';

/** When, as the clock had it; the revision of the change log; and its number, since clocks are set back. Older ones have the first alone. */
const NAME = /^(\d{8}T\d{9}Z)(?:-r(\d+)-(\d+))?\.tar\.gz$/;

export interface Snapshot {
  readonly path: string;
  /** As the name has it: `20260131T235959000Z`. */
  readonly at: string;
  /** Of the change log; null where the name does not tell. */
  readonly revision: bigint | null;
  /** Rises with each. */
  readonly number: number;
}

/** How many are kept: the newest, and the last of each of so many hours and days in which there was one. */
const KEPT = [
  { period: (_at: string, number: number) => String(number), count: 3 },
  { period: (at: string) => at.slice(0, 11), count: 24 },
  { period: (at: string) => at.slice(0, 8), count: 7 },
] as const;

/** Bytes of all snapshots together, or this many times the newest one, whichever is more; the newest few stay anyhow. */
const ROOM = 2 * 1024 ** 3;
const TIMES = 4;

const stamp = (now: Date) => now.toISOString().replace(/[-:.]/g, '');

/** The path of a snapshot that is made now, after all that are there. */
export async function nextSnapshot(folder: string, now: Date, revision: bigint): Promise<string> {
  const [newest] = await listSnapshots(folder);
  return join(folder, `${stamp(now)}-r${revision}-${String((newest?.number ?? 0) + 1).padStart(6, '0')}.tar.gz`);
}

/** Snapshots, newest first; none when the folder is not there. */
export async function listSnapshots(folder: string): Promise<Snapshot[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .flatMap((name) => {
      const [, at, revision, number] = NAME.exec(name) ?? [];
      if (at === undefined) return [];
      return [
        {
          path: join(folder, name),
          at,
          revision: revision === undefined ? null : BigInt(revision),
          number: Number(number ?? 0),
        },
      ];
    })
    .sort((a, b) => b.number - a.number || (a.at < b.at ? 1 : -1));
}

/** Those that the table keeps, newest first. */
export function keptOf(all: readonly Snapshot[]): Snapshot[] {
  const kept = new Set<Snapshot>();
  for (const { period, count } of KEPT) {
    const seen = new Set<string>();
    for (const one of all) {
      const key = period(one.at, one.number > 0 ? one.number : all.indexOf(one) + 1e9);
      if (seen.has(key)) continue;
      if (seen.size === count) break;
      seen.add(key);
      kept.add(one);
    }
  }
  return all.filter((one) => kept.has(one));
}

/** Deletes what the table does not keep, then the oldest as long as all together are too big. */
export async function thinSnapshots(folder: string, room = ROOM): Promise<void> {
  const all = await listSnapshots(folder);
  const kept = keptOf(all);
  const sizes = await Promise.all(kept.map(({ path }) => stat(path).then(({ size }) => size)));
  const bound = Math.max(room, TIMES * (sizes[0] ?? 0));
  let sum = 0;
  const within = kept.filter((_, i) => (sum += sizes[i]!) <= bound || i < KEPT[0].count);
  for (const one of all) if (!within.includes(one)) await rm(one.path, { force: true });
}

/** Makes the folder, and removes what a killed process left half-written or not yet verified. */
export async function tidySnapshots(folder: string): Promise<void> {
  await makeDirectory(folder);
  for (const name of await readdir(folder))
    if (/\.(part|unverified)$/.test(name)) await rm(join(folder, name), { force: true });
}

/** A snapshot in words, as for a log. */
export const describeSnapshot = ({ path, at, revision }: Snapshot): string => {
  const [, day, time] = /^(\d{8})T(\d{6})/.exec(at)!;
  const when = `${day!.replace(/(....)(..)(..)/, '$1-$2-$3')} ${time!.replace(/(..)(..)(..)/, '$1:$2:$3')} UTC`;
  return `${basename(path)} of ${when}${revision === null ? '' : `, revision ${revision}`}`;
};
