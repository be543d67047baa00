// A bounded queue between the hub and one subscriber: a subscriber that is too slow is dropped, the others are not.

/** Why a mailbox ended: the reader was too slow, labd stops, or the log was replaced. */
export class Dropped extends Error {
  readonly reason: 'lagged' | 'closing' | 'reset';

  constructor(reason: Dropped['reason'], message: string) {
    super(message);
    this.name = 'Dropped';
    this.reason = reason;
  }
}

interface Waiting<T> {
  resolve: (value: T | undefined) => void;
  reject: (error: Dropped) => void;
}

/** A queue of at most `capacity` items with one reader. */
export class Mailbox<T> {
  readonly #capacity: number;
  #items: T[] = [];
  #waiting: Waiting<T> | undefined;
  #ended: Dropped | 'closed' | undefined;
  #onClose: () => void;

  constructor(capacity: number, onClose: () => void = () => undefined) {
    this.#capacity = capacity;
    this.#onClose = onClose;
  }

  /** Adds an item; false when the mailbox has ended, or overflows and thereby ends with Dropped. */
  put(item: T): boolean {
    if (this.#ended) return false;
    if (this.#waiting) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve(item);
      return true;
    }
    if (this.#items.length >= this.#capacity) {
      this.drop(
        new Dropped('lagged', 'The subscriber did not keep up and was dropped; resume from the last revision it got.'),
      );
      return false;
    }
    this.#items.push(item);
    return true;
  }

  /**
   * The next item, or undefined once the reader closed it. Throws Dropped once it was dropped: what a slow reader has
   * not taken by then is gone, since it has to resume from its last revision anyway.
   */
  next(): Promise<T | undefined> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    if (this.#ended) return this.#ended === 'closed' ? Promise.resolve(undefined) : Promise.reject(this.#ended);
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  /** The error that it ended with, if it was dropped */
  get dropped(): Dropped | undefined {
    return this.#ended === 'closed' ? undefined : this.#ended;
  }

  /** Ends it with an error that the reader gets next. */
  drop(error: Dropped): void {
    this.#end(error);
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** Ends it quietly, by its reader. */
  close(): void {
    this.#end('closed');
    this.#waiting?.resolve(undefined);
    this.#waiting = undefined;
  }

  #end(how: Dropped | 'closed'): void {
    if (this.#ended) return;
    this.#ended = how;
    this.#items = [];
    this.#onClose();
  }
}
