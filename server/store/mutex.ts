// One at a time, in the order of asking.

export interface Mutex {
  /** Resolves when it is our turn, to the function that ends it (calling it again does nothing). */
  acquire(): Promise<() => void>;
}

export function createMutex(): Mutex {
  let last: Promise<void> = Promise.resolve();
  return {
    async acquire() {
      const before = last;
      let release!: () => void;
      last = new Promise((resolve) => (release = resolve));
      await before;
      return release;
    },
  };
}
