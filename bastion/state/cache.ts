// Saves the known machines to a file, so that a bastion that starts while labd is unreachable knows them.
import { join } from 'node:path';
import { seal, unseal } from '../../common/sealed.ts';
import { readIfSound, writeWhole } from './files.ts';
import { Machines, type Machine } from './machines.ts';
import { Said } from './said.ts';
import type { Spool } from './spool.ts';

export interface CacheOptions {
  dir: string;
  /** Milliseconds, never set back */
  elapsed: () => number;
  /** Called after each try to save, with the sequence up to which everything should be in the file */
  onSaved: (through: number) => Promise<void>;
  onError: (error: unknown) => void;
  warn: (message: string) => void;
}

/** Milliseconds from a change to its save, and how many times longer than a save took to wait before the next. */
const DELAY = 500;
const REST = 10;

/** Keeps the machines in one file: written whole, some time after the first change, since the spool has it until then. */
export class Cache {
  readonly machines: Machines;
  readonly #options: CacheOptions;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();
  #took = 0;

  private constructor(options: CacheOptions, machines: Machines) {
    this.#options = options;
    this.machines = machines;
  }

  static async open(options: CacheOptions): Promise<Cache> {
    const path = pathIn(options.dir);
    const text = await readIfSound(path);
    return new Cache(options, text === null ? new Machines() : parse(text, path, options.warn));
  }

  /** Applies what the spool has beyond the file. */
  async catchUp(spool: Pick<Spool, 'newest' | 'all' | 'keptElsewhere'>): Promise<void> {
    const { machines } = this;
    // A spool that was deleted counts from 1 again, and what it counts is news.
    machines.through = Math.min(machines.through, spool.newest);
    // What is in the file may make room at once: a spool that is full takes nothing, after which nothing would be saved.
    spool.keptElsewhere(machines.through);
    if (machines.through < spool.newest) this.touch();
    for await (const item of spool.all(machines.through)) machines.apply(item);
  }

  /** The machines have changed. */
  touch(): void {
    this.#timer ??= setTimeout(() => void this.save().catch(this.#options.onError), Math.max(DELAY, this.#took * REST));
  }

  /** Resolves once everything up to now is in the file. */
  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saving = this.#saving.catch(() => {}).then(() => this.#write());
    return this.#saving;
  }

  async #write(): Promise<void> {
    const from = this.#options.elapsed();
    const { through } = this.machines;
    try {
      const text = seal({ version: 1, through, machines: this.machines.list(), said: this.machines.said.list() });
      await writeWhole(pathIn(this.#options.dir), text);
    } finally {
      // Also when it failed, perhaps for want of room, which the spool can make: labd knows what the spool lets go.
      await this.#options.onSaved(through);
    }
    this.#took = this.#options.elapsed() - from;
  }
}

const pathIn = (dir: string) => join(dir, 'machines.json');

function parse(text: string, path: string, warn: (message: string) => void): Machines {
  const saved = unseal<{ through: number; machines: Machine[]; said?: ConstructorParameters<typeof Said>[0] }>(text);
  if (Array.isArray(saved?.machines)) return new Machines(saved.machines, saved.through, new Said(saved.said));
  warn(`${path} is damaged: beginning without it, labd and the spool know the machines`);
  return new Machines();
}
