// The files of the spool: which there are, the one that grows, and the items in them.
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../../common/durable.ts';
import type { Position } from './group.ts';
import { HEADER_BYTES, scan, type Entry, type Segment } from './segment.ts';
import { Tail } from './tail.ts';

interface SpoolFilesOptions {
  /** Made when there is something to put there */
  folder: string;
  /** Bytes after which a new file is begun */
  segmentBytes: number;
  /** A random id of this start */
  generation: string;
}

export class SpoolFiles {
  readonly #options: SpoolFilesOptions;
  #segments: Segment[];
  /** None until something is added, so that a start writes nothing */
  #tail: Tail | undefined;
  /** The file read last that is not the tail */
  #loaded: { segment: Segment; entries: Entry[] } | undefined;

  constructor(options: SpoolFilesOptions, segments: readonly Segment[]) {
    this.#options = options;
    this.#segments = [...segments];
  }

  /** On the disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** On the disk once the next item is there, without the item. */
  get bytesWithNext(): number {
    return this.bytes + (this.#current ? 0 : HEADER_BYTES);
  }

  /** The lowest sequence that can be read; undefined when there is none. */
  get first(): number | undefined {
    return this.#segments.find(({ first, last }) => last >= first)?.first;
  }

  /** The file to append to, which ends with a good line and has room. Throws the system's error. */
  async tailAfter({ newest, hash }: Position): Promise<Tail> {
    await this.#tail?.tidy();
    const { folder, generation } = this.#options;
    if (this.#current) return this.#current;
    if (await mkdir(folder, { recursive: true, mode: 0o700 })) await syncFolder(dirname(folder));
    const next = await Tail.create(folder, newest + 1, { generation, after: hash });
    await this.#tail?.close();
    this.#tail = next;
    // One of that name, from a start that went no further, is this file now: to remove it would remove this one.
    this.#segments = [...this.#segments.filter(({ path }) => path !== next.segment.path), next.segment];
    return next;
  }

  /** Cuts off what a write that failed left behind, if it can be. */
  async tidy(): Promise<void> {
    await this.#tail?.tidy().catch(() => {});
  }

  /** Whose items are all up to a sequence; the file that grows only when it has grown, or room is wanted. */
  upTo(sequence: number, wanted: boolean): Segment[] {
    const grown = ({ first, last, bytes }: Segment) =>
      last >= first && (wanted || bytes > this.#options.segmentBytes / 2);
    return this.#segments.filter((one) => one.last <= sequence && (one !== this.#tail?.segment || grown(one)));
  }

  async remove(segment: Segment): Promise<void> {
    if (segment === this.#tail?.segment) await this.close();
    await rm(segment.path, { force: true });
    this.#segments = this.#segments.filter((one) => one !== segment);
  }

  /** Others have taken the place of all of them. */
  async replaced(segments: readonly Segment[]): Promise<void> {
    await this.close();
    this.#segments = [...segments];
    this.#loaded = undefined;
  }

  /** Everything after a sequence that can be read, in order. */
  async *entries(after: number): AsyncGenerator<Entry> {
    let reached = after;
    for (const segment of [...this.#segments]) {
      if (segment.last <= reached) continue;
      const entries = await this.#entriesOf(segment);
      // With none missing this is where to begin, and with some missing it is before that.
      for (let at = Math.max(0, entries.length - (segment.last - reached)); at < entries.length; at += 1) {
        const entry = entries[at]!;
        if (entry.item.sequence <= reached) continue;
        reached = entry.item.sequence;
        yield entry;
      }
    }
  }

  /** The running hash up to a sequence; null where there was none yet, undefined where it is not known. */
  async hashAt(sequence: number): Promise<string | null | undefined> {
    const next = this.#segments.find(({ first, after }) => first === sequence + 1 && after !== null);
    if (next) return next.after;
    const holder = this.#segments.find(({ first, last }) => first <= sequence && sequence <= last);
    const entries = holder ? await this.#entriesOf(holder) : [];
    return entries.find(({ item }) => item.sequence === sequence)?.hash;
  }

  async close(): Promise<void> {
    await this.#tail?.close();
    this.#tail = undefined;
  }

  /** The file that grows, unless it has grown enough. */
  get #current(): Tail | undefined {
    return this.#tail && this.#tail.segment.bytes < this.#options.segmentBytes ? this.#tail : undefined;
  }

  async #entriesOf(segment: Segment): Promise<Entry[]> {
    if (segment === this.#tail?.segment) return this.#tail.entries;
    if (this.#loaded?.segment !== segment) this.#loaded = { segment, entries: (await scan(segment.path)).entries };
    return this.#loaded.entries;
  }
}
