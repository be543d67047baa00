// Rows that a watch delivers together. Each becomes an event of its own, one after the other, and what is read besides a row
// is read for all of them at once: a watch of a thousand installs would ask the database a thousand times, each after the other.

/** What was read for a row among those that it was read for. */
type Find<R, T> = (row: R) => T;

export class Together<R> {
  readonly #rows: readonly R[];
  /** Untyped: what each is, is known where `load` is called. */
  readonly #loaded = new Map<string, Promise<unknown>>();

  constructor(rows: readonly R[]) {
    this.#rows = rows;
  }

  /**
   * What `load` reads for all these rows, by a name of it: once, when the first of them asks. So it is no older than the
   * changes that they are delivered for.
   */
  load<T>(name: string, load: (rows: readonly R[]) => Promise<Find<R, T>>): Promise<Find<R, T>> {
    const known = this.#loaded.get(name) as Promise<Find<R, T>> | undefined;
    if (known) return known;
    const loading = load(this.#rows);
    this.#loaded.set(name, loading);
    // The next one tries again.
    loading.catch(() => this.#loaded.delete(name));
    return loading;
  }
}
