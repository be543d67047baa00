// Which files belong together: for each set of files that profiles ask for, the hash of each path. Written whole, so that
// kernel, initrd and stage2 of a tree change together or not at all.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileUse } from '../../common/install/plan.ts';
import { seal, unseal } from '../../common/sealed.ts';
import { readIfSound, writeWhole } from '../state/files.ts';
import type { StoredFile } from './store.ts';

/** What a file is for; `sums` is the mirror's own list, which Anaconda reads too. */
export type TreeFileUse = FileUse | 'sums';

export interface TreeFile extends StoredFile {
  readonly use: TreeFileUse;
}

export interface Tree {
  /** Who it was fetched for last: a profile's name and revision, or what else it is */
  readonly name: string;
  readonly revision: string;
  /** Of what was made here: which version of the program that makes it */
  readonly build?: string | undefined;
  /** The mirror, or the folder */
  readonly from: string;
  /** When it came here, milliseconds since 1970 */
  readonly since: number;
  /** By path below the mirror */
  readonly files: Readonly<Record<string, TreeFile>>;
}

export class Trees {
  readonly #dir: string;
  #trees: Map<string, Tree>;

  private constructor(dir: string, trees: Map<string, Tree>) {
    this.#dir = dir;
    this.#trees = trees;
  }

  static async open(dir: string, warn: (message: string) => void): Promise<Trees> {
    const path = join(dir, FILE);
    const text = await readIfSound(path);
    if (text === null) return new Trees(dir, new Map());
    const saved = unseal<{ trees: Record<string, Tree> }>(text, { bare: false });
    if (saved) return new Trees(dir, new Map(Object.entries(saved.trees)));
    warn(
      `${path} is damaged: which files belong together is not known any more. Fetch the profiles again (lab bastion files fetch): files that are here are not loaded once more`,
    );
    return new Trees(dir, new Map());
  }

  get(id: string): Tree | undefined {
    return this.#trees.get(id);
  }

  all(): [id: string, tree: Tree][] {
    return [...this.#trees];
  }

  /** Throws DiskTrouble; the old tree is there then. */
  set(id: string, tree: Tree): Promise<void> {
    return this.#write(new Map(this.#trees).set(id, tree));
  }

  async keepOnly(isKept: (id: string) => boolean): Promise<void> {
    const kept = new Map([...this.#trees].filter(([id]) => isKept(id)));
    if (kept.size < this.#trees.size) await this.#write(kept);
  }

  async #write(trees: Map<string, Tree>): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await writeWhole(join(this.#dir, FILE), seal({ version: 1, trees: Object.fromEntries(trees) }));
    this.#trees = trees;
  }
}

const FILE = 'trees.json';
