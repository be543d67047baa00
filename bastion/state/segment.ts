// One file of the spool: a line per item, each with a checksum, appended to and never changed.
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { UplinkItemInput } from '../generated/documents.ts';
import { syncFolder } from './files.ts';

/** An item and its size in bytes as JSON. */
export interface Entry {
  readonly item: UplinkItemInput;
  readonly bytes: number;
}

/** A file of the spool; `last` is `first - 1` while it is empty. */
export interface Segment {
  readonly path: string;
  readonly first: number;
  last: number;
  bytes: number;
}

/** What a file turned out to hold. */
export interface Scan {
  readonly entries: Entry[];
  /** Up to the end of the last good line */
  readonly bytes: number;
  /** Good lines follow bad ones, or numbers are missing: more than a write that was cut short */
  readonly damaged: boolean;
}

/** What a line has beside its JSON. */
export const CHECKSUM_BYTES = 10;

const NAME = /^(\d{16})\.jsonl$/;

const segmentPath = (folder: string, first: number) => join(folder, `${String(first).padStart(16, '0')}.jsonl`);

/** The first sequence of a file by its name; null for a file that is no segment. */
export function firstOf(name: string): number | null {
  const match = NAME.exec(name);
  return match === null ? null : Number(match[1]);
}

/** `<crc32 of the JSON, eight hex digits> <JSON>` and a newline. */
export function encode(item: UplinkItemInput): Buffer {
  const json = JSON.stringify(item);
  return Buffer.from(`${checksum(json)} ${json}\n`);
}

/** Reads a file; the lines at its end that a crash cut short or scrambled are left out. */
export async function scan(path: string, first: number): Promise<Scan> {
  const content = await readFile(path);
  const entries: Entry[] = [];
  let good = 0;
  let damaged = false;
  let badSince = false;
  for (let start = 0; ;) {
    const end = content.indexOf(0x0a, start);
    if (end < 0) break;
    const entry = decode(content.toString('utf8', start, end));
    start = end + 1;
    if (entry === null) {
      badSince = true;
      continue;
    }
    damaged ||= badSince || entry.item.sequence !== (entries.at(-1)?.item.sequence ?? first - 1) + 1;
    entries.push(entry);
    good = start;
  }
  return { entries, bytes: good, damaged };
}

/** Makes a file for items from `first` on. */
export async function createSegment(folder: string, first: number): Promise<{ segment: Segment; file: FileHandle }> {
  const path = segmentPath(folder, first);
  // An empty one may be left over from a start that went no further.
  const file = await open(path, 'w', 0o600);
  await file.sync();
  await syncFolder(dirname(path));
  return { segment: { path, first, last: first - 1, bytes: 0 }, file };
}

/** Writes all of it at a position and waits until it is on the disk. */
export async function writeAt(file: FileHandle, content: Buffer, position: number): Promise<void> {
  for (let done = 0; done < content.length;) {
    const { bytesWritten } = await file.write(content, done, content.length - done, position + done);
    done += bytesWritten;
  }
  await file.datasync();
}

function decode(line: string): Entry | null {
  const json = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(json)) return null;
  return { item: JSON.parse(json) as UplinkItemInput, bytes: Buffer.byteLength(json) };
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}
