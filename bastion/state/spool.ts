// The spool: a durable queue of everything that must reach labd, kept until labd has acknowledged it.
import { dirname } from 'node:path';
import type { SpoolItem } from './said.ts';
import { diskTroubleIn, Troubles } from './diskTrouble.ts';
import { numberAll, type Bodies, type Position, type Waiting } from './group.ts';
import type { Marks } from './marks.ts';
import type { Entry } from './segment.ts';
import { SpoolFiles } from './spoolFiles.ts';
import { openSpool, replaceFolder, type Opened } from './spoolFolder.ts';
import { goneText, type SpoolOptions } from './spoolOptions.ts';

/** The disk, or the part of it that the spool may use, takes no more; nothing was taken. */
export class SpoolFull extends Error {}

type Listener = (items: readonly SpoolItem[]) => void;

/** An append-only queue of numbered items. Numbers have no gaps: one that cannot be read any more is a loss. */
export class Spool {
  readonly #options: Required<SpoolOptions> & { generation: string };
  readonly #files: SpoolFiles;
  readonly #marks: Marks;
  #position: Position;
  #acknowledged: number;
  /** The highest that labd ever acknowledged, also when it went back since */
  #taken: number;
  /** What is not needed here any more, once it is acknowledged */
  #through = 0;
  readonly #dropped = new Map<number, string>();
  #waiting: Waiting[] = [];
  #busy: Promise<unknown> = Promise.resolve();
  #flushing = false;
  readonly #troubles: Troubles;
  readonly #listeners = new Set<Listener>();

  private constructor(options: Required<SpoolOptions>, opened: Opened) {
    this.#options = { ...options, generation: options.newId() };
    this.#files = new SpoolFiles(this.#options, opened.segments);
    this.#marks = opened.marks;
    this.#troubles = new Troubles(dirname(options.folder), ({ message }) => options.warn(message));
    this.#position = { newest: opened.newest, hash: opened.hash };
    this.#acknowledged = this.#taken = opened.acknowledged;
  }

  /** Opens the folder's spool; writes nothing. What is missing in it is told to `warn`, and to labd as it is sent. */
  static async open(given: SpoolOptions): Promise<Spool> {
    const options = {
      segmentBytes: Math.min(4 * 1024 * 1024, given.limit / 8),
      hold: async () => {},
      endless: false,
      ...given,
    };
    return new Spool(options, await openSpool(options.folder, options.warn));
  }

  /** The lowest sequence that can be read, or that should and was never acknowledged; 0 when there is none. */
  get oldest(): number {
    const waiting = this.#acknowledged < this.newest ? this.#acknowledged + 1 : Infinity;
    const oldest = Math.min(this.#files.first ?? Infinity, waiting);
    return oldest === Infinity ? 0 : oldest;
  }

  /** The highest sequence ever given; 0 before the first. */
  get newest(): number {
    return this.#position.newest;
  }

  /** The number given last, and the running hash up to it. */
  get position(): Position {
    return this.#position;
  }

  /** Everything up to here is in labd's database. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#files.bytes;
  }

  /** Calls `listener` with items once they are on the disk, in order; returns a function that ends it. */
  onAppended(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Adds items with consecutive numbers. Resolves once they are on the disk; many callers share one wait for it.
   * Throws SpoolFull when there is no room, or no writing, and then none of them was taken.
   */
  append(bodies: Bodies): Promise<SpoolItem[]> {
    return new Promise((resolve, reject) => {
      const at = new Date(this.#options.now()).toISOString();
      this.#waiting.push({ bodies, at, resolve, reject });
      if (this.#flushing) return;
      this.#flushing = true;
      void this.#alone(() => this.#flush());
    });
  }

  /**
   * Consecutive items after a sequence, in order, while they fit: at least one if there is any; with the running hash
   * up to the last. The first may be further on: what lies between is lost.
   */
  async read(
    after: number,
    most: { items: number; bytes: number },
  ): Promise<{ items: SpoolItem[]; hash: string | null }> {
    const items: SpoolItem[] = [];
    let hash = null;
    let bytes = 0;
    for await (const entry of this.#entries(after)) {
      const next = items.length === 0 || entry.item.sequence === items.at(-1)!.sequence + 1;
      bytes += entry.bytes + 1;
      if (!next || items.length >= most.items || (items.length > 0 && bytes > most.bytes)) break;
      items.push(entry.item);
      hash = entry.hash;
    }
    return { items, hash };
  }

  /** All items after a sequence. */
  async *all(after: number): AsyncGenerator<SpoolItem> {
    for await (const { item } of this.#entries(after)) yield item;
  }

  /** Why an item cannot be read that was given a number. */
  whyLost(sequence: number): string {
    const refused = this.#dropped.get(sequence);
    if (refused !== undefined) return refused;
    return sequence <= this.#taken
      ? 'the bastion has deleted it: labd had acknowledged it and was put back to an earlier state, or the bastion ran without labd until its spool was full'
      : "the bastion's spool was damaged: its disk fails, or somebody changed or removed files";
  }

  /** Leaves an item out that labd will never take. */
  drop(sequence: number, why: string): void {
    this.#dropped.set(sequence, why);
  }

  /**
   * Whether what labd has up to a sequence is what this spool has, or had. Not so when the directory was copied or put
   * back, and both went on: then the same numbers are other items.
   */
  async continues(acknowledged: number, hash: string | null): Promise<boolean> {
    if (acknowledged > this.newest) return false;
    const ours = acknowledged === this.newest ? this.#position.hash : await this.#files.hashAt(acknowledged);
    // A bastion or labd of before there were hashes had none.
    if (hash === null || hash === ours) return true;
    if (ours != null) return false;
    // It cannot be told: nothing must be taken for acknowledged that may not be.
    for await (const { sequence } of this.all(Math.min(this.#acknowledged, acknowledged)))
      return sequence > acknowledged;
    return true;
  }

  /** Notes how far labd has got. */
  acknowledge(sequence: number): void {
    this.#acknowledged = Math.min(sequence, this.newest);
    this.#taken = Math.max(this.#taken, this.#acknowledged);
  }

  /** Notes that everything up to here is kept somewhere else too; deletes nothing. */
  keptElsewhere(through: number): void {
    this.#through = through;
  }

  /** Deletes the files whose items are all acknowledged and not after `through`. */
  trim(through: number): Promise<void> {
    this.keptElsewhere(through);
    return this.#alone(async () => {
      await this.#free(false).catch((error: unknown) => {
        if (!this.#troubles.tell(error)) throw error;
      });
    });
  }

  /**
   * Goes on after what labd has, which is not what this spool had there: what labd may not have got is numbered anew,
   * following labd's running hash. Throws DiskTrouble when there is no room for that, and nothing has changed.
   */
  renumber(acknowledged: number, hash: string | null): Promise<void> {
    return this.#alone(async () => {
      const { folder, segmentBytes, generation } = this.#options;
      const from = Math.min(this.#acknowledged, acknowledged);
      const newest = acknowledged + this.newest - from;
      const pending = this.#renumbered(from, acknowledged - from);
      const base = { after: hash, generation };
      await this.#options.hold();
      const replaced = await replaceFolder(folder, base, segmentBytes, pending).catch((error: unknown) => {
        throw diskTroubleIn(dirname(folder), error) ?? error;
      });
      await this.#files.replaced(replaced.segments);
      this.#dropped.clear();
      this.#position = { newest, hash: replaced.hash };
      this.#acknowledged = this.#taken = acknowledged;
      this.#through = 0;
      await this.#mark(this.#position);
      this.#announce([]);
    });
  }

  async close(): Promise<void> {
    await this.#alone(() => Promise.all([this.#files.close(), this.#marks.close()]));
  }

  async *#renumbered(from: number, by: number) {
    for await (const item of this.all(from)) yield { ...item, sequence: item.sequence + by };
  }

  /** Notes a position; a spool that never took anything has nothing to note. */
  async #mark(position: Position): Promise<void> {
    if (position.newest === 0) return;
    await this.#options.hold();
    await this.#marks.write({ ...position, acknowledged: this.#acknowledged });
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
        const group = this.#waiting.splice(0, asking < 0 ? this.#waiting.length : Math.max(asking, 1));
        await this.#commit(group, true);
      }
    } finally {
      this.#flushing = false;
    }
  }

  /** Writes a group with one wait for the disk. It is readable, and its numbers are given, only after that. */
  async #commit(group: readonly Waiting[], again: boolean): Promise<void> {
    const { limit, generation } = this.#options;
    let numbered;
    try {
      await this.#options.hold();
      numbered = numberAll(group, this.#position, { generation, room: limit - this.#files.bytesWithNext });
      if (numbered.full.length > 0 && again && (await this.#free(true))) return await this.#commit(group, false);
      const { taken, position } = numbered;
      const lines = taken.flatMap((one) => one.lines);
      if (lines.length > 0)
        await (await this.#files.tailAfter(this.#position)).write(lines, () => this.#mark(position));
      this.#position = position;
    } catch (error) {
      await this.#files.tidy();
      // What labd has may go before anything is refused.
      if (again && (await this.#free(true).catch(() => false))) return await this.#commit(group, false);
      const trouble = this.#troubles.tell(error);
      const failure = trouble
        ? new SpoolFull(`The bastion cannot keep this: ${trouble.what}`, { cause: trouble })
        : error;
      for (const { reject } of group) reject(failure);
      return;
    }
    const { taken, full } = numbered;
    for (const { reject } of full) reject(new SpoolFull(`The spool is full: ${limit} bytes may wait for labd`));
    if (taken.some(({ lines }) => lines.length > 0)) this.#troubles.over();
    const items = taken.map(({ lines }) => lines.map(({ item }) => item));
    this.#announce(items.flat());
    for (const [at, { waiting }] of taken.entries()) waiting.resolve(items[at]!);
  }

  /** Deletes what nobody needs any more; also the file that grows, when room is wanted. Returns whether there was any. */
  async #free(wanted: boolean): Promise<boolean> {
    let goes = this.#files.upTo(Math.min(this.#acknowledged, this.#through), wanted);
    // Nobody takes anything: what comes now is worth more than what is oldest.
    if (goes.length === 0 && wanted && this.#options.endless) {
      goes = this.#files.upTo(this.#through, false).slice(0, 1);
      for (const { last } of goes) this.#options.warn(goneText(last - this.#acknowledged));
    }
    this.acknowledge(Math.max(this.#acknowledged, goes.at(-1)?.last ?? 0));
    // Before anything goes it is noted that it may: what is missing and was not acknowledged is a loss.
    const failed = await this.#mark(this.#position).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    for (const segment of goes) await this.#files.remove(segment);
    // There was no room for the note, perhaps; now there is.
    if (failed && goes.length > 0) await this.#mark(this.#position);
    else if (failed) throw failed.error;
    return goes.length > 0;
  }

  /** Everything after a sequence that can be read and was not dropped, in order. */
  async *#entries(after: number): AsyncGenerator<Entry> {
    for await (const entry of this.#files.entries(after)) if (!this.#dropped.has(entry.item.sequence)) yield entry;
  }

  #announce(items: readonly SpoolItem[]): void {
    for (const listener of this.#listeners) listener(items);
  }
}
