// The newest file of the spool, which items are appended to; a write that fails is undone as a whole.
import type { FileHandle } from 'node:fs/promises';
import { createSegment, LINE_EXTRA, writeAt, type Entry, type Segment } from './segment.ts';
import type { SpoolItem } from './said.ts';

/** An item as it is written. */
export interface Line {
  item: SpoolItem;
  hash: string;
  bytes: Buffer;
}

export class Tail {
  readonly segment: Segment;
  readonly entries: Entry[] = [];
  readonly #file: FileHandle;
  /** A write failed, and what it left behind could not be cut off yet. */
  #untidy = false;

  private constructor(segment: Segment, file: FileHandle) {
    this.segment = segment;
    this.#file = file;
  }

  /** Begins a file for items from `first` on. */
  static async create(...given: Parameters<typeof createSegment>): Promise<Tail> {
    const { segment, file } = await createSegment(...given);
    return new Tail(segment, file);
  }

  /**
   * Adds lines, waits for the disk, and then for `mark`, which notes that they are there. When it throws, none of them
   * is there.
   */
  async write(lines: readonly Line[], mark: () => Promise<void>): Promise<void> {
    if (lines.length === 0) return;
    const content = Buffer.concat(lines.map(({ bytes }) => bytes));
    this.#untidy = true;
    await writeAt(this.#file, content, this.segment.bytes);
    await mark();
    this.#untidy = false;
    for (const { item, hash, bytes } of lines) this.entries.push({ item, hash, bytes: bytes.length - LINE_EXTRA });
    this.segment.bytes += content.length;
    this.segment.last += lines.length;
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
