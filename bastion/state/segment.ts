// One file of the spool: a header, then a line per item, each with a checksum, appended to and never changed.
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SpoolItem } from './said.ts';
import { syncFolder } from '../../common/durable.ts';
import { checksum } from '../../common/sealed.ts';
import { codeOf } from './files.ts';

/** An item, its size in bytes as JSON, and the running hash of all items up to it: two items with one are the same. */
export interface Entry {
  readonly item: SpoolItem;
  readonly bytes: number;
  /** null in files of before there were such hashes */
  readonly hash: string | null;
}

/** A file of the spool; `last` is `first - 1` while it is empty. */
export interface Segment {
  readonly path: string;
  readonly first: number;
  last: number;
  bytes: number;
  /** The running hash before its first item; null where it is not known */
  readonly after: string | null;
}

/** What each file begins with. */
interface Header {
  /** Made anew by each start of a bastion that adds to the spool: no two write the same hashes */
  generation: string;
  after: string | null;
}

/** What a line has beside its JSON. */
export const LINE_EXTRA = 43;
/** The header's line at most, with its newline. */
export const HEADER_BYTES = 128;

const NAME = /^(\d{16})\.jsonl$/;
const PIECE = 4_096;
const READ = 256 * PIECE;

const segmentPath = (folder: string, first: number) => join(folder, `${String(first).padStart(16, '0')}.jsonl`);

/** The first sequence of a file by its name; null for a file that is no segment. */
export function firstOf(name: string): number | null {
  const match = NAME.exec(name);
  return match === null ? null : Number(match[1]);
}

/** The running hash after an item. */
export function hashAfter(before: string | null, generation: string, json: string): string {
  return createHash('sha256')
    .update(`${before ?? ''} ${generation} ${json}`)
    .digest('hex')
    .slice(0, 32);
}

/** `<crc32 of the rest, eight hex digits> <running hash> <JSON>` and a newline. */
export function encode(json: string, hash: string): Buffer {
  const rest = `${hash} ${json}`;
  return Buffer.from(`${checksum(rest)} ${rest}\n`);
}

/** Reads a file. What a crash cut short and what has rotted is left out: the numbers tell what is missing. */
export async function scan(path: string): Promise<{ segment: Segment; entries: Entry[]; damaged: boolean }> {
  const { content, damaged: unreadable } = await readAsFarAsPossible(path);
  const entries: Entry[] = [];
  let header: Header | undefined;
  let damaged = unreadable;
  for (let start = 0; start < content.length;) {
    const found = content.indexOf(0x0a, start);
    const end = found < 0 ? content.length : found;
    const line = decode(content.toString('utf8', start, end));
    start = end + 1;
    if (line === null) damaged = true;
    else if ('item' in line) entries.push(line);
    else header ??= line;
  }
  entries.sort((a, b) => a.item.sequence - b.item.sequence);
  const first = entries[0]?.item.sequence ?? firstOf(basename(path)) ?? 0;
  const last = entries.at(-1)?.item.sequence ?? first - 1;
  // Only while its first item is there is it known what the header's hash is up to.
  const after = first === firstOf(basename(path)) ? (header?.after ?? null) : null;
  return { segment: { path, first, last, bytes: content.length, after }, entries, damaged };
}

/** Makes a file for items from `first` on. Throws the system's error, and then there is none. */
export async function createSegment(
  folder: string,
  first: number,
  header: Header,
): Promise<{ segment: Segment; file: FileHandle }> {
  const path = segmentPath(folder, first);
  // One of that name may be left over from a start that went no further: nobody heard of what is in it.
  const file = await open(path, 'w', 0o600);
  try {
    const json = JSON.stringify(header);
    const line = Buffer.from(`${checksum(json)} ${json}\n`);
    await writeAt(file, line, 0);
    await file.sync();
    await syncFolder(dirname(path));
    return { segment: { path, first, last: first - 1, bytes: line.length, after: header.after }, file };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Writes all of it at a position and waits until it is on the disk. */
export async function writeAt(file: FileHandle, content: Buffer, position: number): Promise<void> {
  for (let done = 0; done < content.length;) {
    const { bytesWritten } = await file.write(content, done, content.length - done, position + done);
    done += bytesWritten;
  }
  await file.datasync();
}

function decode(line: string): Entry | Header | null {
  const rest = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(rest)) return null;
  const hash = rest.startsWith('{') ? null : rest.slice(0, 32);
  const json = hash === null ? rest : rest.slice(33);
  const value = JSON.parse(json) as SpoolItem | Header;
  return 'generation' in value ? value : { item: value, bytes: Buffer.byteLength(json), hash };
}

/** A file's content; zeros for what a failing disk does not give back. */
async function readAsFarAsPossible(path: string): Promise<{ content: Buffer; damaged: boolean }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const content = Buffer.alloc(size);
    let damaged = false;
    for (let at = 0, most = READ; at < size;) {
      const length = Math.min(most, size - at);
      try {
        const { bytesRead } = await file.read(content, at, length, at);
        if (bytesRead === 0) break;
        at += bytesRead;
      } catch (error) {
        if (codeOf(error) !== 'EIO') throw error;
        damaged = true;
        if (length <= PIECE) at += length;
        else most = PIECE;
      }
    }
    return { content, damaged };
  } finally {
    await file.close();
  }
}
