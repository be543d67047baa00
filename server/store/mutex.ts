// Turns: one at a time, or many together unless somebody wants to be alone; in the order of asking.

/** Ends a turn; calling it again does nothing. */
export type Release = () => void;

export interface Mutex {
  acquire(): Promise<Release>;
}

export interface Gate {
  /** Together with others that do the same. */
  shared(): Promise<Release>;
  /** Alone; whoever asks later waits, so nobody starves. */
  alone(): Promise<Release>;
}

export function createMutex(): Mutex {
  const gate = createGate();
  return { acquire: gate.alone };
}

export function createGate(): Gate {
  // All that came before: an exclusive turn waits for everything, a shared one only for the last exclusive one.
  let exclusive: Promise<void> = Promise.resolve();
  let everything: Promise<unknown> = exclusive;
  const turn = () => {
    let release!: Release;
    const ended = new Promise<void>((resolve) => (release = resolve));
    return { ended, release };
  };
  return {
    async shared() {
      const before = exclusive;
      const { ended, release } = turn();
      everything = Promise.all([everything, ended]);
      await before;
      return release;
    },
    async alone() {
      const before = everything;
      const { ended, release } = turn();
      // Before it ended, too: an exclusive turn that is let go before it came must let nobody past those before it.
      exclusive = Promise.all([before, ended]).then(() => undefined);
      everything = exclusive;
      await before;
      return release;
    },
  };
}
