// Finds what is broken in PostgreSQL's write-ahead log: after a kill all that was acknowledged since the last checkpoint is
// there alone, and PostgreSQL takes a record that it cannot read for the end, without a word of those after it.
import { readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { byteOffByABit, crc32c } from './crc32c.ts';
import { PAGE } from './pages.ts';

/** Bytes before the records of a page, and of the first page of a file. */
const SHORT_HEADER = 24;
const LONG_HEADER = 40;
/** Bytes of a record's header, which begins with its length; where the record before it lies, and the sum of all. */
const RECORD = 24;
const PREVIOUS = 8;
const SUM = 20;
/** In pg_control: the database's own number, where the newest checkpoint's record lies, where reading begins, on which timeline. */
const CONTROL = { system: 0, checkpoint: 32, redo: 40, timeline: 48, size: 52 };
/** In the header of a page: its flags, and how many bytes of the record before are left for it. */
const INFO = 2;
const LEFT = 16;
const CONTINUES = 1;
const LONG = 2;
const OVERWRITES = 8;
/** Bytes of the longest record that is looked for whole. */
const MOST = 1024 * 1024;
const ALL_FLAGS = 15;
/** Bytes that the kernel takes of a write at once, or none of. */
const KERNEL_PAGE = 4_096;

/** A place is said as PostgreSQL says it. */
const brokenAt = (at: number): string =>
  `the write-ahead log in pg_wal is broken at ${[Math.floor(at / 2 ** 32), at % 2 ** 32].map((half) => half.toString(16).toUpperCase()).join('/')}`;
const aligned = (at: number): number => Math.ceil(at / 8) * 8;

interface Found {
  readonly bytes: Buffer;
  /** Pages that it goes on in, each with how many bytes are left */
  readonly pages: readonly { readonly at: number; readonly left: number }[];
  /** Where its last byte lies */
  readonly lastByte: number;
  /** Where the record after it begins, or would */
  readonly next: number;
}

/** The log as one row of bytes. */
class Log {
  readonly #paths: ReadonlyMap<number, string>;
  readonly #size: number;
  /** The files that were read last: a record lies in one or two. */
  readonly #read = new Map<number, Buffer>();

  constructor(paths: ReadonlyMap<number, string>, size: number) {
    this.#paths = paths;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of a page's header. */
  header(at: number): number {
    return at % this.#size < PAGE ? LONG_HEADER : SHORT_HEADER;
  }

  /** The page that a place lies in; undefined where there is none. */
  page(at: number): Buffer | undefined {
    const from = at % this.#size;
    const page = this.#file(Math.floor(at / this.#size))?.subarray(from - (from % PAGE), from - (from % PAGE) + PAGE);
    return page?.length === PAGE ? page : undefined;
  }

  #file(number: number): Buffer | undefined {
    const path = this.#paths.get(number);
    if (path === undefined) return undefined;
    const found = this.#read.get(number) ?? readFileSync(path);
    this.#read.set(number, found);
    if (this.#read.size > 2) this.#read.delete(this.#read.keys().next().value!);
    return found;
  }

  /** Whether the page of a place was written for it, and not for an earlier one before its file was used again. */
  isThere(at: number): boolean {
    return this.page(at)?.readBigUInt64LE(8) === BigInt(at - (at % PAGE));
  }

  /** The first place not before this one where a record may begin or go on. */
  start(at: number): number {
    return at % PAGE === 0 ? at + this.header(at) : at;
  }

  /** So many bytes of records from a place on, over the headers of pages; undefined where the log ends before. */
  read(at: number, length: number): Found | undefined {
    const parts: Buffer[] = [];
    const pages: { at: number; left: number }[] = [];
    let left = length;
    let from = this.start(at);
    while (left > 0) {
      if (parts.length > 0) {
        pages.push({ at: from, left });
        from = this.start(from);
      }
      const page = this.page(from);
      if (page === undefined) return undefined;
      const part = page.subarray(from % PAGE, (from % PAGE) + left);
      parts.push(part);
      left -= part.length;
      from += part.length;
    }
    return { bytes: Buffer.concat(parts), pages, lastByte: from - 1, next: this.start(aligned(from)) };
  }

  /** The record at a place, if it is whole; `length` instead of the one that it says. */
  record(at: number, length?: number): Found | undefined {
    const head = this.read(at, RECORD);
    const total = length ?? head?.bytes.readUInt32LE(0) ?? 0;
    // One larger than all files is none.
    if (total < RECORD || total > this.#paths.size * this.#size) return undefined;
    const found = this.read(at, total);
    if (found === undefined) return undefined;
    const bytes = Buffer.from(found.bytes);
    bytes.writeUInt32LE(total, 0);
    const sum = crc32c(bytes.subarray(0, SUM), crc32c(bytes.subarray(RECORD)));
    return bytes.readUInt32LE(SUM) === sum ? found : undefined;
  }
}

/** The log's files that hold something from `from` on. */
async function openLog(directory: string, from: number): Promise<Log | undefined> {
  const folder = join(directory, 'pg_wal');
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort();
  if (names.length === 0) return undefined;
  const { size } = await stat(join(folder, names[0]!));
  const paths = new Map<number, string>();
  for (const name of names) {
    const number = Number(`0x${name.slice(8, 16)}`) * (2 ** 32 / size) + Number(`0x${name.slice(16)}`);
    if (number >= Math.floor(from / size)) paths.set(number, join(folder, name));
  }
  return new Log(paths, size);
}

/** Whether PostgreSQL would take the header of a page that is in use, with so much left of the record before it. */
function isHeaderWhole(log: Log, control: Buffer, magic: number, at: number, left: number): boolean {
  const page = log.page(at)!;
  const info = page.readUInt16LE(INFO);
  const long = log.header(at) === LONG_HEADER;
  const wanted = (left > 0 ? CONTINUES : 0) | (long ? LONG : 0);
  return (
    log.isThere(at) &&
    page.readUInt16LE(0) === magic &&
    (info & ~ALL_FLAGS) === 0 &&
    (info & (CONTINUES | LONG)) === wanted &&
    page.readUInt32LE(4) === control.readUInt32LE(CONTROL.timeline) &&
    (left === 0 || page.readUInt32LE(LEFT) === left) &&
    (!long ||
      (page.readBigUInt64LE(24) === control.readBigUInt64LE(CONTROL.system) &&
        page.readUInt32LE(32) === log.size &&
        page.readUInt32LE(36) === PAGE))
  );
}

/** Whether nothing was ever written to a page, not even its header. */
const isUnwritten = (log: Log, at: number): boolean =>
  log
    .page(at)!
    .subarray(0, log.header(at))
    .every((byte) => byte === 0);

/** Where the record before one lies, as that says. */
const previousOf = (found: Found | undefined): bigint | undefined => found?.bytes.readBigUInt64LE(PREVIOUS);

/** The pages that follow a place, as far as they are there. */
function* pagesAfter(log: Log, at: number): Iterable<number> {
  for (let page = at - (at % PAGE) + PAGE; log.isThere(page); page += PAGE) yield page;
}

/** Whether pages are there after one that is not, from a place on: a kill leaves no gap, since they are written in order. */
function hasGap(log: Log, at: number): boolean {
  let page = at - (at % PAGE);
  while (log.isThere(page)) page += PAGE;
  for (; log.page(page) !== undefined; page += PAGE) if (log.isThere(page)) return true;
  return false;
}

/** Where PostgreSQL went on after `last`, when an earlier kill had cut off the record at `end`; undefined when it did not. */
function goneOnAfter(log: Log, end: number, last: number): number | undefined {
  for (const page of pagesAfter(log, end)) {
    const goesOn = (log.page(page)!.readUInt16LE(INFO) & OVERWRITES) !== 0;
    if (goesOn && previousOf(log.record(log.start(page))) === BigInt(last)) return log.start(page);
  }
  return undefined;
}

/** Whether a whole record after the broken one at `end` follows it or the last whole one: no earlier use of the file left it. */
function isFollowed(log: Log, end: number, last: number): boolean {
  for (const page of [end - (end % PAGE), ...pagesAfter(log, end)])
    for (let at = Math.max(aligned(end + RECORD), log.start(page)); at < page + PAGE; at = aligned(at + 1)) {
      const previous = previousOf(log.read(at, RECORD));
      if (previous === undefined || previous < BigInt(last) || previous >= BigInt(at)) continue;
      if (log.record(at) !== undefined) return true;
    }
  return false;
}

/**
 * Whether a kill may have kept a byte, and all after it in its page, from being written: the kernel takes what is written by
 * pages of its own, and there is nothing but zeros from the beginning of that one on.
 */
function mayBeCutOff(log: Log, end: number, at: number): boolean {
  const cut = at - (at % KERNEL_PAGE);
  return (
    cut > end &&
    log
      .page(cut)!
      .subarray(cut % PAGE)
      .every((byte) => byte === 0)
  );
}

/**
 * Whether the record at `end`, which cannot be read, would be whole but for a bit of it: then it was written, and may have
 * been acknowledged. Of one that is further off nobody can tell whether a kill cut it off in the middle; nor of one that
 * would have a single bit from there on.
 */
function isOffByABit(log: Log, end: number): boolean {
  const length = log.read(end, RECORD)?.bytes.readUInt32LE(0) ?? 0;
  for (let bit = 0; bit < 32; bit++) if (log.record(end, (length ^ (1 << bit)) >>> 0) !== undefined) return true;
  const bytes = length < RECORD || length > MOST ? undefined : log.read(end, length)?.bytes;
  if (bytes === undefined) return false;
  // The sum is one of what follows the header, and then of the header as far as itself.
  const off = byteOffByABit(Buffer.concat([bytes.subarray(RECORD), bytes.subarray(0, SUM)]), bytes.readUInt32LE(SUM));
  if (off === undefined) return false;
  const inRecord = off < length - RECORD ? RECORD + off : off - (length - RECORD);
  return !mayBeCutOff(log, end, log.read(end, inRecord + 1)!.lastByte);
}

/**
 * The first broken place of the log of a database directory that nobody has open, in words; undefined when all that
 * PostgreSQL will read of it is whole.
 */
export async function findBrokenLog(directory: string): Promise<string | undefined> {
  const control = await readFile(join(directory, 'global/pg_control')).catch(() => undefined);
  // Without it PostgreSQL does not start, and says so.
  if (control === undefined || control.length < CONTROL.size) return undefined;
  const redo = Number(control.readBigUInt64LE(CONTROL.redo));
  const log = await openLog(directory, redo);
  if (log?.page(redo) === undefined) return 'the write-ahead log in pg_wal is not there';
  const magic = log.page(redo)!.readUInt16LE(0);
  let [at, last] = [log.start(redo), 0];
  for (;;) {
    const found = log.record(at);
    // What an earlier use of the file left is whole too, and follows something else.
    if (found !== undefined && (last === 0 || previousOf(found) === BigInt(last))) {
      const begins = at % PAGE === log.header(at) ? [{ at: at - (at % PAGE), left: 0 }] : [];
      const broken = [...begins, ...found.pages].find(
        (page) => !isHeaderWhole(log, control, magic, page.at, page.left),
      );
      // Its last bytes may be zero, as those of a page that the kill left unwritten are.
      if (broken !== undefined && isUnwritten(log, broken.at)) break;
      if (broken !== undefined) return brokenAt(broken.at);
      [last, at] = [at, found.next];
    } else {
      const further = goneOnAfter(log, at, last);
      if (further === undefined) break;
      at = further;
    }
  }
  // The newest checkpoint is whole where the log was, and comes after all that it needs no more.
  const isEnd = last >= Number(control.readBigUInt64LE(CONTROL.checkpoint));
  const goesOn = log.isThere(at) && (isFollowed(log, at, last) || isOffByABit(log, at));
  return isEnd && !goesOn && !hasGap(log, at) ? undefined : brokenAt(at);
}
