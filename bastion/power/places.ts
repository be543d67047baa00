// How many machines are powered at the same time: each takes a program or a connection meanwhile, and the fuse of a rack carries
// no rack that starts in one second.

/** Machines that one bastion powers at once; the others wait for their turn, and are not taken until then. */
export const MOST_AT_ONCE = 32;

export class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number = MOST_AT_ONCE) {
    this.#free = most;
  }

  /** Does something once there is a place for it, and gives the place back however it ends. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((turn) => this.#waiting.push(turn));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
