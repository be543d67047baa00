// Reads the spool's folder as a crash or a failing disk left it, and replaces all of it atomically.
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SpoolItem } from './said.ts';
import { syncFolder } from '../../common/durable.ts';
import { codeOf, readIfThere } from './files.ts';
import { Marks } from './marks.ts';
import { createSegment, encode, firstOf, hashAfter, scan, writeAt, type Entry, type Segment } from './segment.ts';

export interface Opened {
  segments: Segment[];
  marks: Marks;
  newest: number;
  /** The running hash up to `newest` */
  hash: string | null;
  acknowledged: number;
}

/** Reads the marks and all files of the folder. Writes nothing, unless a replacement was interrupted. */
export async function openSpool(folder: string, warn: (message: string) => void): Promise<Opened> {
  await recover(folder);
  const path = join(dirname(folder), 'spool.marks');
  const { marks, mark, damaged } = await Marks.open(path);
  const scans = await Promise.all((await segmentsIn(folder)).map((one) => scan(join(folder, one))));
  scans.sort((a, b) => a.segment.first - b.segment.first || a.segment.last - b.segment.last);
  const filled = scans.filter(({ entries }) => entries.length > 0);
  const last = filled.reduce<Entry | undefined>((most, { entries }) => {
    const entry = entries.at(-1)!;
    return most && most.item.sequence > entry.item.sequence ? most : entry;
  }, undefined);
  const newest = Math.max(mark?.newest ?? 0, last?.item.sequence ?? 0);
  const hash = mark?.newest === newest ? mark.hash : (last?.hash ?? null);
  const acknowledged = Math.min(mark?.acknowledged ?? (await acknowledgedBefore(folder, filled[0]?.segment)), newest);
  if (damaged)
    warn(
      `${path} is damaged: whether the newest reports are missing from ${folder} cannot be told. Everything that is there is sent`,
    );
  const there = new Set(
    filled.flatMap(({ entries }) => entries.map(({ item }) => item.sequence).filter((one) => one > acknowledged)),
  );
  const missing = newest - acknowledged - there.size;
  if (missing > 0) {
    const files = scans.filter((one) => one.damaged).map(({ segment }) => segment.path);
    warn(
      `${missing} reports that machines were told are taken cannot be read in ${folder} any more${files.length > 0 ? ` (damaged: ${files.join(', ')})` : ''}: whatever of them labd does not have is told to it as lost. If the disk fails, put the directory on another one: --dir DIR or BASTION_DIR`,
    );
  }
  return { segments: scans.map(({ segment }) => segment), marks, newest, hash, acknowledged };
}

/**
 * Puts a folder with these items, which keep their numbers, in the place of this one; their running hashes follow
 * `after`. A crash leaves either of the two: the old one goes only when the new one is complete.
 */
export async function replaceFolder(
  folder: string,
  { after, generation }: { after: string | null; generation: string },
  segmentBytes: number,
  items: AsyncIterable<SpoolItem>,
): Promise<{ segments: Segment[]; hash: string | null }> {
  await rm(successor(folder), { recursive: true, force: true });
  const segments: Segment[] = [];
  let current: Awaited<ReturnType<typeof createSegment>> | undefined;
  let hash = after;
  let waiting: Buffer[] = [];
  let size = 0;
  const finish = async () => {
    if (!current) return;
    const { segment, file } = current;
    try {
      await writeAt(file, Buffer.concat(waiting), segment.bytes);
    } finally {
      await file.close();
    }
    segments.push({ ...segment, bytes: segment.bytes + size, path: join(folder, basename(segment.path)) });
    current = undefined;
    waiting = [];
    size = 0;
  };
  try {
    for await (const item of items) {
      if (size >= segmentBytes) await finish();
      if (!current) {
        await mkdir(successor(folder), { recursive: true, mode: 0o700 });
        current = await createSegment(successor(folder), item.sequence, { after: hash, generation });
      }
      const json = JSON.stringify(item);
      hash = hashAfter(hash, generation, json);
      const line = encode(json, hash);
      current.segment.last = item.sequence;
      waiting.push(line);
      size += line.length;
    }
    await finish();
  } catch (error) {
    await current?.file.close().catch(() => {});
    await rm(successor(folder), { recursive: true, force: true }).catch(() => {});
    throw error;
  }
  // Where nothing waits nothing is written either: a full disk must not be in the way.
  if (segments.length === 0) {
    await rm(folder, { recursive: true, force: true });
    return { segments, hash };
  }
  await rename(folder, predecessor(folder));
  await rename(successor(folder), folder);
  await syncFolder(dirname(folder));
  await rm(predecessor(folder), { recursive: true, force: true });
  return { segments, hash };
}

async function segmentsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => firstOf(name) !== null);
}

/** What was acknowledged where no mark says so: what is gone is gone for that reason, and an older file may say more. */
async function acknowledgedBefore(folder: string, oldest: Segment | undefined): Promise<number> {
  const noted = Number((await readIfThere(join(dirname(folder), 'acknowledged')).catch(() => null)) ?? 0);
  return Math.max(Number.isSafeInteger(noted) ? noted : 0, (oldest?.first ?? 1) - 1);
}

/** Finishes or undoes a replacement that a crash interrupted. */
async function recover(folder: string): Promise<void> {
  if (!(await exists(folder)) && (await exists(successor(folder)))) {
    await rename(successor(folder), folder);
    await syncFolder(dirname(folder));
  }
  // What is left over does no harm on a disk that cannot be written to now.
  for (const over of [successor(folder), predecessor(folder)])
    await rm(over, { recursive: true, force: true }).catch(() => {});
}

const successor = (folder: string) => `${folder}.new`;
const predecessor = (folder: string) => `${folder}.old`;

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
}
