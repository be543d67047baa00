// Lets everybody else have the event loop between the parts of a long answer: the executor goes through all that has been
// loaded in one go, however many rows that are.
import { setImmediate as othersTurn } from 'node:timers/promises';

/** Milliseconds that one turn may take before whoever else waits has the loop. */
const STRETCH = 15;

/** Objects between two looks at the clock, so that a short answer never looks at it. */
const LOOK_EVERY = 100;

/** Who are answered at a time. */
const TOGETHER = 50;

/** Goes on after all that can run without the event loop has run. */
const dry = () => new Promise<void>((ready) => void Promise.resolve().then(() => process.nextTick(ready)));

/** The turns in which one operation is answered. */
export class Turns {
  readonly #elapsed: () => number;
  readonly #waiting: (() => void)[] = [];
  #unseen = 0;
  #objects = 0;
  #began: number | undefined;
  #giving: Promise<void> | undefined;
  readonly #answering = new Set<Promise<void>>();

  /** `elapsed` tells milliseconds of a clock that only goes on. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /** How many objects were answered so far */
  get objects(): number {
    return this.#objects;
  }

  /** Call before so many objects are answered: where that is for a later turn, what it returns is to be waited for. */
  before(objects: number): Promise<void> | undefined {
    this.#objects += objects;
    if (this.#giving === undefined) {
      this.#unseen += objects;
      if (this.#unseen < LOOK_EVERY || !this.#isOver()) return undefined;
    }
    const turn = new Promise<void>((go) => this.#waiting.push(go));
    this.#giving ??= this.#give();
    return turn;
  }

  /**
   * Answers these, some at a time: whoever waits for an answer goes on with it before the next are given. Where thousands
   * wait for one statement, all of them would go on at once otherwise.
   */
  async each<T>(waiting: readonly T[], answer: (one: T) => void): Promise<void> {
    const work = this.#answer(waiting, answer);
    this.#answering.add(work);
    await work.finally(() => this.#answering.delete(work));
  }

  /** Once all that can run has run, and nothing waits for its turn: whoever gathers has been asked by everybody then. */
  async settled(): Promise<void> {
    await dry();
    while (this.#giving !== undefined || this.#answering.size > 0)
      await (this.#giving ?? Promise.allSettled(this.#answering));
  }

  async #answer<T>(waiting: readonly T[], answer: (one: T) => void): Promise<void> {
    for (let from = 0; from < waiting.length; from += TOGETHER) {
      const some = waiting.slice(from, from + TOGETHER);
      const turn = this.before(some.length);
      if (turn !== undefined) await turn;
      some.forEach(answer);
      await dry();
    }
  }

  #isOver(): boolean {
    this.#unseen = 0;
    const at = this.#elapsed();
    if (this.#began === undefined) {
      this.#began = at;
      setImmediate(() => (this.#began = undefined));
    }
    return at - this.#began >= STRETCH;
  }

  /** Lets them go on in the order in which they came. What one does ends before the next, or waits for something else. */
  async #give(): Promise<void> {
    let next = 0;
    while (next < this.#waiting.length) {
      await othersTurn();
      this.#began = undefined;
      do {
        this.#waiting[next++]!();
        await dry();
      } while (next < this.#waiting.length && !this.#isOver());
    }
    this.#waiting.length = 0;
    this.#giving = undefined;
  }
}

/** Answers so many objects when their turn has come, which is mostly at once; throws when the operation was stopped by then. */
export function inTurn<T>(
  turns: Turns,
  operation: { beforeReading(): void },
  objects: number,
  answer: () => T,
): T | Promise<T> {
  const turn = turns.before(objects);
  if (turn === undefined) return answer();
  return turn.then(() => {
    operation.beforeReading();
    return answer();
  });
}
