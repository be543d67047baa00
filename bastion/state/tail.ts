// The newest file of the spool, which items are appended to; a write that fails is undone as a whole.
import { open, type FileHandle } from 'node:fs/promises';
import type { UplinkItemInput } from '../generated/documents.ts';
import { CHECKSUM_BYTES, createSegment, writeAt, type Entry, type Segment } from './segment.ts';

export class Tail {
  readonly segment: Segment;
  readonly entries: Entry[];
  readonly #file: FileHandle;
  /** A write failed, and what it left behind could not be cut off yet. */
  #untidy = false;

  private constructor(segment: Segment, file: FileHandle, entries: Entry[]) {
    this.segment = segment;
    this.#file = file;
    this.entries = entries;
  }

  /** Goes on with a file as it was found, without what comes after its last good line. */
  static async resume(segment: Segment, entries: Entry[]): Promise<Tail> {
    const file = await open(segment.path, 'r+');
    await file.truncate(segment.bytes);
    // What a crash left in the system's memory would else be sent, and then be lost with its number at a power cut.
    await file.datasync();
    return new Tail(segment, file, entries);
  }

  /** Begins a file for items from `first` on. */
  static async create(folder: string, first: number): Promise<Tail> {
    const { segment, file } = await createSegment(folder, first);
    return new Tail(segment, file, []);
  }

  /** Adds items, with a line for each, and waits for the disk. When it throws, none of them is there. */
  async write(items: readonly UplinkItemInput[], lines: readonly Buffer[]): Promise<void> {
    if (items.length === 0) return;
    const content = Buffer.concat(lines);
    this.#untidy = true;
    await writeAt(this.#file, content, this.segment.bytes);
    this.#untidy = false;
    for (const [at, item] of items.entries()) this.entries.push({ item, bytes: lines[at]!.length - CHECKSUM_BYTES });
    this.segment.bytes += content.length;
    this.segment.last += items.length;
  }

  /** Cuts off what a write that failed left behind. */
  async tidy(): Promise<void> {
    if (!this.#untidy) return;
    await this.#file.truncate(this.segment.bytes);
    await this.#file.datasync();
    this.#untidy = false;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
