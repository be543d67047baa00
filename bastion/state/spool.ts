// The spool: a durable queue of everything that must reach labd, kept until labd has acknowledged it.
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { UplinkBodyInput, UplinkItemInput } from '../generated/documents.ts';
import { codeOf, readIfThere, writeWhole } from './files.ts';
import { encode, scan, type Entry, type Segment } from './segment.ts';
import { openFolder, replaceFolder } from './spoolFolder.ts';
import { Tail } from './tail.ts';

/** The disk, or the part of it that the spool may use, is full; nothing was taken. */
export class SpoolFull extends Error {}

export interface SpoolOptions {
  /** The folder for the spool's own files; made when missing */
  folder: string;
  /** Bytes that may wait for labd */
  limit: number;
  /** Bytes after which a new file is begun */
  segmentBytes?: number;
  /** Milliseconds since 1970 */
  now: () => number;
  warn: (message: string) => void;
}

/** What to add; a function is asked once everything before it is on the disk. */
export type Bodies = readonly UplinkBodyInput[] | (() => readonly UplinkBodyInput[]);

interface Waiting {
  bodies: Bodies;
  at: string;
  resolve: (items: UplinkItemInput[]) => void;
  reject: (error: unknown) => void;
}

type Listener = (items: readonly UplinkItemInput[]) => void;

const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** An append-only queue of numbered items. Numbers have no gaps, and none is ever used twice in one folder. */
export class Spool {
  readonly #options: Required<SpoolOptions>;
  readonly #segments: Segment[];
  #tail: Tail;
  /** The file read last that is not the tail */
  #loaded: { segment: Segment; entries: Entry[] } | undefined;
  #acknowledged: number;
  #waiting: Waiting[] = [];
  #busy: Promise<unknown> = Promise.resolve();
  #flushing = false;
  readonly #listeners = new Set<Listener>();

  private constructor(options: Required<SpoolOptions>, segments: Segment[], tail: Tail, acknowledged: number) {
    this.#options = options;
    this.#segments = segments;
    this.#tail = tail;
    this.#acknowledged = acknowledged;
  }

  /** Opens the folder's spool, or begins one. Cuts off what a crash left half written. */
  static async open(given: SpoolOptions): Promise<Spool> {
    // The file that grows is never deleted, so it must not fill the spool by itself.
    const options = { segmentBytes: Math.min(4 * 1024 * 1024, given.limit / 8), ...given };
    const { segments, entries, damaged } = await openFolder(options.folder);
    const last = segments.at(-1);
    const tail = last ? await Tail.resume(last, entries) : await Tail.create(options.folder, 1);
    if (!last) segments.push(tail.segment);
    const noted = Number((await readIfThere(join(dirname(options.folder), 'acknowledged'))) ?? 0) || 0;
    const spool = new Spool(options, segments, tail, Math.min(noted, tail.segment.last));
    if (damaged) {
      options.warn(
        `Part of the spool in ${options.folder} is unreadable: what is readable is numbered anew and sent, and labd gets a snapshot`,
      );
      await spool.restart(spool.newest);
    }
    return spool;
  }

  /** The lowest sequence that can still be read; 0 when there is none. */
  get oldest(): number {
    return this.#segments.find(({ first, last }) => last >= first)?.first ?? 0;
  }

  /** The highest sequence ever given; 0 before the first. */
  get newest(): number {
    return this.#tail.segment.last;
  }

  /** Everything up to here is in labd's database. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Calls `listener` with items once they are on the disk, in order; returns a function that ends it. */
  onAppended(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Adds items with consecutive numbers. Resolves once they are on the disk; many callers share one wait for it.
   * Throws SpoolFull when there is no room, and then none of them was taken.
   */
  append(bodies: Bodies): Promise<UplinkItemInput[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bodies, at: this.#time(), resolve, reject });
      if (this.#flushing) return;
      this.#flushing = true;
      void this.#alone(() => this.#flush());
    });
  }

  /** Items after a sequence, in order, while they fit: at least one if there is any. */
  async read(after: number, most: { items: number; bytes: number }): Promise<UplinkItemInput[]> {
    const segment = this.#segments.find(({ last }) => last > after);
    if (segment === undefined || segment.first > after + 1) return [];
    const entries = await this.#entriesOf(segment);
    const taken: UplinkItemInput[] = [];
    let bytes = 0;
    for (let at = after + 1 - segment.first; at < entries.length && taken.length < most.items; at += 1) {
      const entry = entries[at]!;
      bytes += entry.bytes + 1;
      if (taken.length > 0 && bytes > most.bytes) break;
      taken.push(entry.item);
    }
    return taken;
  }

  /** All items after a sequence. */
  async *all(after: number): AsyncGenerator<UplinkItemInput> {
    for (const segment of [...this.#segments]) {
      if (segment.last <= after) continue;
      for (const { item } of await this.#entriesOf(segment)) if (item.sequence > after) yield item;
    }
  }

  /** Notes how far labd has got. */
  acknowledge(sequence: number): void {
    this.#acknowledged = Math.min(sequence, this.newest);
  }

  /** Deletes the files whose items are all acknowledged and not after `through`. */
  trim(through: number): Promise<void> {
    return this.#alone(async () => {
      const done = Math.min(this.#acknowledged, through);
      while (this.#segments.length > 1 && this.#segments[0]!.last <= done) {
        const [segment] = this.#segments.splice(0, 1);
        await rm(segment!.path, { force: true });
      }
      // Last, since it takes room.
      await writeWhole(join(dirname(this.#options.folder), 'acknowledged'), `${this.#acknowledged}\n`);
    });
  }

  /**
   * Numbers what is not acknowledged anew, from above both `above` and every number given so far: for when the numbers
   * it has are no good any more. `keep` false leaves an item out.
   */
  restart(above: number, keep: (item: UplinkItemInput) => boolean = () => true): Promise<void> {
    return this.#alone(async () => {
      const first = Math.max(above, this.newest) + 1;
      const { folder, segmentBytes } = this.#options;
      const segments = await replaceFolder(folder, first, segmentBytes, this.#pending(keep));
      await this.#tail.close();
      this.#segments.splice(0, this.#segments.length, ...segments);
      const segment = segments.at(-1)!;
      this.#tail = await Tail.resume(segment, (await scan(segment.path, segment.first)).entries);
      this.#loaded = undefined;
      this.#acknowledged = first - 1;
      this.#announce([]);
    });
  }

  async close(): Promise<void> {
    await this.#alone(async () => {
      await this.#tail.close();
    });
  }

  async *#pending(keep: (item: UplinkItemInput) => boolean) {
    for await (const item of this.all(this.#acknowledged)) if (keep(item)) yield item;
  }

  #time(): string {
    return new Date(this.#options.now()).toISOString();
  }

  /** One thing at a time happens to the files. */
  #alone<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#busy.then(task);
    this.#busy = run.catch(() => {});
    return run;
  }

  async #flush(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        // One that looks at what was added before it goes alone.
        const asking = this.#waiting.findIndex(({ bodies }) => typeof bodies === 'function');
        await this.#commit(this.#waiting.splice(0, asking < 0 ? this.#waiting.length : Math.max(asking, 1)));
      }
    } finally {
      this.#flushing = false;
    }
  }

  /** Writes a group with one wait for the disk. It is readable, and its numbers are given, only after that. */
  async #commit(group: readonly Waiting[]): Promise<void> {
    const taken: { waiting: Waiting; items: UplinkItemInput[] }[] = [];
    const lines: Buffer[] = [];
    let bytes = this.bytes;
    try {
      await this.#prepare();
      let sequence = this.newest;
      for (const waiting of group) {
        const bodies = typeof waiting.bodies === 'function' ? waiting.bodies() : waiting.bodies;
        const items = bodies.map((body, at) => ({ sequence: sequence + 1 + at, at: waiting.at, body }));
        const encoded = items.map(encode);
        const size = encoded.reduce((sum, line) => sum + line.length, 0);
        if (size > 0 && bytes + size > this.#options.limit) {
          waiting.reject(new SpoolFull(`The spool is full: ${this.#options.limit} bytes may wait for labd`));
          continue;
        }
        taken.push({ waiting, items });
        lines.push(...encoded);
        bytes += size;
        sequence += items.length;
      }
      await this.#tail.write(
        taken.flatMap(({ items }) => items),
        lines,
      );
    } catch (error) {
      const full = FULL.has(codeOf(error));
      const failure = full ? new SpoolFull(`The disk is full: ${codeOf(error)}`, { cause: error }) : error;
      for (const { reject } of group) reject(failure);
      await this.#tail.tidy().catch(() => {});
      return;
    }
    this.#announce(taken.flatMap(({ items }) => items));
    for (const { waiting, items } of taken) waiting.resolve(items);
  }

  /** Makes sure that the tail ends with a good line and has room. */
  async #prepare(): Promise<void> {
    await this.#tail.tidy();
    if (this.#tail.segment.bytes < this.#options.segmentBytes) return;
    const next = await Tail.create(this.#options.folder, this.newest + 1);
    await this.#tail.close();
    this.#tail = next;
    this.#segments.push(next.segment);
  }

  async #entriesOf(segment: Segment): Promise<Entry[]> {
    if (segment === this.#tail.segment) return this.#tail.entries;
    if (this.#loaded?.segment !== segment) {
      this.#loaded = { segment, entries: (await scan(segment.path, segment.first)).entries };
    }
    return this.#loaded.entries;
  }

  #announce(items: readonly UplinkItemInput[]): void {
    for (const listener of this.#listeners) listener(items);
  }
}
