// Reads the spool's folder after a crash, and replaces all of it atomically.
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { UplinkBodyInput } from '../generated/documents.ts';
import { codeOf, syncFolder } from './files.ts';
import { createSegment, encode, firstOf, scan, writeAt, type Entry, type Segment } from './segment.ts';

export interface Opened {
  segments: Segment[];
  /** Of the last segment */
  entries: Entry[];
  damaged: boolean;
}

/** An item that has no number yet. */
export interface Unnumbered {
  at: string;
  body: UplinkBodyInput;
}

/** Reads all files of the folder, which is made when missing. `damaged`: something in the middle is missing or unreadable. */
export async function openFolder(folder: string): Promise<Opened> {
  await recover(folder);
  const opened: Opened = { segments: [], entries: [], damaged: false };
  const firsts = (await readdir(folder))
    .map((name) => ({ path: join(folder, name), first: firstOf(name) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, first } of firsts) {
    if (first === null) continue;
    const { entries, bytes, damaged } = await scan(path, first);
    const before = opened.segments.at(-1);
    opened.damaged ||= damaged || (before !== undefined && before.last !== first - 1);
    opened.segments.push({ path, first, last: entries.at(-1)?.item.sequence ?? first - 1, bytes });
    opened.entries = entries;
  }
  return opened;
}

/**
 * Puts a folder with these items, numbered from `first` on, in the place of this one. A crash leaves either of the two:
 * the old one goes only when the new one is complete.
 */
export async function replaceFolder(
  folder: string,
  first: number,
  segmentBytes: number,
  items: AsyncIterable<Unnumbered>,
): Promise<Segment[]> {
  await rm(successor(folder), { recursive: true, force: true });
  await mkdir(successor(folder), { mode: 0o700 });
  const segments: Segment[] = [];
  let { segment, file } = await createSegment(successor(folder), first);
  segments.push(segment);
  let waiting: Buffer[] = [];
  const write = async () => {
    const content = Buffer.concat(waiting);
    waiting = [];
    await writeAt(file, content, segment.bytes);
    segment.bytes += content.length;
  };
  let size = 0;
  for await (const { at, body } of items) {
    if (size >= segmentBytes) {
      await write();
      await file.close();
      ({ segment, file } = await createSegment(successor(folder), segment.last + 1));
      segments.push(segment);
      size = 0;
    }
    segment.last += 1;
    const line = encode({ sequence: segment.last, at, body });
    waiting.push(line);
    size += line.length;
  }
  await write();
  await file.close();
  await rename(folder, predecessor(folder));
  await rename(successor(folder), folder);
  await syncFolder(dirname(folder));
  await rm(predecessor(folder), { recursive: true, force: true });
  return segments.map((one) => ({ ...one, path: join(folder, basename(one.path)) }));
}

/** Finishes or undoes a replacement that a crash interrupted. */
async function recover(folder: string): Promise<void> {
  if (await exists(folder)) await rm(successor(folder), { recursive: true, force: true });
  else if (await exists(successor(folder))) await rename(successor(folder), folder);
  else await mkdir(folder, { recursive: true, mode: 0o700 });
  await syncFolder(dirname(folder));
  await rm(predecessor(folder), { recursive: true, force: true });
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
