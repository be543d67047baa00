// What one machine said while it was installed: its stages, and the last lines of output, for those who follow it.

/** Lines of a machine that are kept in memory, and bytes of them. */
export const MOST_LINES = 2_000;
const MOST_BYTES = 2 * 1024 * 1024;
/** Stages of a machine that are kept; an install has some twenty. */
const MOST_STAGES = 200;

export interface Line {
  /** Counted from 0 over all output of the machine */
  readonly n: number;
  readonly line: string;
}

export interface StageSaid {
  /** Counted from 1 over all callbacks of the machine */
  readonly s: number;
  /** ISO 8601 */
  readonly at: string;
  readonly stage: string;
  readonly message?: string;
  readonly error?: string;
  readonly state?: string;
}

/** How far somebody has read: the next line, and the next stage. */
export interface Cursor {
  readonly n: number;
  readonly s: number;
}

export class MachineLog {
  #lines: Line[] = [];
  #bytes = 0;
  #stages: StageSaid[] = [];
  #next: Cursor = { n: 0, s: 1 };
  #waiting: (() => void)[] = [];

  /** The next line's and the next stage's numbers. */
  get next(): Cursor {
    return this.#next;
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  get stages(): readonly StageSaid[] {
    return this.#stages;
  }

  /** Adds lines that it does not have; returns those. */
  addLines(lines: readonly Line[]): readonly Line[] {
    const fresh = lines.filter(({ n }) => n >= this.#next.n);
    if (fresh.length === 0) return fresh;
    this.#next = { ...this.#next, n: fresh.at(-1)!.n + 1 };
    this.#lines.push(...fresh);
    for (const { line } of fresh) this.#bytes += line.length;
    let drop = Math.max(0, this.#lines.length - MOST_LINES);
    for (const { line } of this.#lines.slice(0, drop)) this.#bytes -= line.length;
    for (; this.#bytes > MOST_BYTES; drop++) this.#bytes -= this.#lines[drop]!.line.length;
    if (drop > 0) this.#lines = this.#lines.slice(drop);
    this.#wake();
    return fresh;
  }

  /** Adds a stage with the next number, or with its own when it is read back; returns it, or undefined for one that it has. */
  addStage(said: Omit<StageSaid, 's'>, s: number = this.#next.s): StageSaid | undefined {
    if (s < this.#next.s) return undefined;
    const stage = { s, ...said };
    this.#next = { ...this.#next, s: s + 1 };
    this.#stages = [...this.#stages, stage].slice(-MOST_STAGES);
    this.#wake();
    return stage;
  }

  /** What came from a place on, at most so many lines; `missed` lines before them are no longer here. */
  from(cursor: Cursor, most: number): { stages: readonly StageSaid[]; lines: readonly Line[]; missed: number } {
    const stages = this.#stages.filter(({ s }) => s >= cursor.s);
    const first = this.#lines.findIndex(({ n }) => n >= cursor.n);
    const lines = first < 0 ? [] : this.#lines.slice(first, first + most);
    return { stages, lines, missed: Math.max(0, (lines[0]?.n ?? this.#next.n) - cursor.n) };
  }

  /** Resolves when something comes, or when the signal says that nobody waits any more. */
  news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        this.#waiting = this.#waiting.filter((one) => one !== done);
        resolve();
      };
      signal.addEventListener('abort', done);
      this.#waiting.push(done);
      if (signal.aborted) done();
    });
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
