// The files that a bastion installs from: which there are, what is missing for a profile, and how they come and go.
import { join } from 'node:path';
import { treeKey, treeOf, type Wants } from '../../common/install/held.ts';
import type { ProfileFile } from '../../common/install/plan.ts';
import { bring } from './bring.ts';
import { fetchFiles, type Fetching } from './fetch.ts';
import { copyInto, sourceNamed } from './source.ts';
import { Store, type StoredFile } from './store.ts';
import { defaultLimits, type Limits } from './transfer.ts';
import { Trees, type Tree, type TreeFile, type TreeFileUse } from './trees.ts';
import { FileTrouble } from './trouble.ts';

export interface FilesOptions {
  /** The bastion's directory; files are in a folder of it */
  readonly dir: string;
  /** Milliseconds since 1970 */
  readonly now: () => number;
  readonly warn: (message: string) => void;
  readonly limits?: Partial<Limits>;
}

/** A file that is here, and what it is for: nothing, where no tree has it. */
export interface ListedFile extends StoredFile {
  readonly uses: readonly { tree: string; name: string; revision: string; path: string; use: TreeFileUse }[];
}

/** A file of a tree, as it is served. */
export interface ServedFile extends TreeFile {
  /** Of this machine */
  readonly path: string;
}

export interface Pruned {
  readonly removed: readonly StoredFile[];
  /** With what was left of files on their way */
  readonly bytes: number;
}

export class Files {
  readonly #store: Store;
  readonly #trees: Trees;
  readonly #now: () => number;
  readonly #limits: Limits;
  readonly #treeNames = new WeakMap<Wants, string>();
  #last: Promise<unknown> = Promise.resolve();
  readonly #listeners = new Set<() => void>();

  private constructor(store: Store, trees: Trees, now: () => number, limits: Limits) {
    this.#store = store;
    this.#trees = trees;
    this.#now = now;
    this.#limits = limits;
  }

  static async open({ dir, now, warn, limits: some }: FilesOptions): Promise<Files> {
    const limits = { ...defaultLimits, ...some };
    const folder = join(dir, 'files');
    return new Files(new Store(folder, limits), await Trees.open(folder, warn), now, limits);
  }

  /**
   * Fetches what a profile needs, from its mirror or from the one that is named: an address, or a folder with a mirror's
   * layout. Throws FileTrouble and DiskTrouble; what was there before is there then.
   */
  fetchProfile(
    profile: Wants,
    revision: string,
    { mirror = profile.mirror, ...how }: { mirror?: string } & Omit<Fetching, 'limits'> = {},
  ): Promise<Tree> {
    return this.#alone(async () => {
      how.signal?.throwIfAborted();
      const source = sourceNamed(mirror);
      const files = await fetchFiles(profile, source, this.#store, { ...how, limits: this.#limits });
      return this.#record(treeOf(profile), { name: profile.name, revision, from: source.name, files });
    });
  }

  /** Takes a file of this machine, by its hash: profiles that ask for that hash have it. Throws FileTrouble and DiskTrouble. */
  addFile(path: string, { sha256 }: { sha256?: string } = {}): Promise<StoredFile> {
    return this.#alone(() => this.#copy(path, sha256));
  }

  /** Takes files of this machine as those of a profile, by their paths in it: it is what they are, where nobody else says it. */
  addToProfile(profile: Wants, revision: string, given: Readonly<Record<string, string>>): Promise<Tree> {
    return this.#alone(async () => {
      const before = await this.#resolve(profile);
      const files = await bring(profile, given, before, (path, file) => this.#copy(path, file.sha256 ?? undefined));
      return this.#record(treeOf(profile), { name: profile.name, revision, from: 'by hand', files });
    });
  }

  /** Keeps files that were made here, together and by a name of their own. */
  keep(
    name: string,
    of: Pick<Tree, 'revision' | 'build'>,
    made: readonly { use: TreeFileUse; path: string; from: string }[],
  ): Promise<Tree> {
    return this.#alone(async () => {
      const files: Record<string, TreeFile> = {};
      for (const { use, path, from } of made) files[path] = { use, ...(await this.#copy(from, undefined)) };
      return this.#record(name, { name, ...of, from: 'made here', files });
    });
  }

  /**
   * A file by the name of its tree and its path there, to be served; undefined when it is not here. A file that was added by
   * hand is in no tree: the profiles that are being installed say what it is, by its hash.
   */
  async find(tree: string, path: string, profiles: readonly Wants[] = []): Promise<ServedFile | undefined> {
    const asked = profiles.find((profile) => this.#treeOf(profile) === tree);
    const kept = asked ? await this.#resolve(asked) : this.#trees.get(tree)?.files;
    const file = kept && Object.hasOwn(kept, path) ? kept[path] : undefined;
    if (!file || (await this.#store.bytesOf(file.sha256)) !== file.bytes) return undefined;
    return { ...file, path: this.#store.pathOf(file.sha256) };
  }

  /** Which build of it a tree was made by: undefined where it is not here; null where nobody noted it, which is long ago. */
  buildOf(name: string): string | null | undefined {
    const tree = this.#trees.get(name);
    return tree && (tree.build ?? null);
  }

  /** Worked out once for each plan of an install: a machine asks for many files, and beside it many others do. */
  #treeOf(profile: Wants): string {
    const known = this.#treeNames.get(profile) ?? treeOf(profile);
    this.#treeNames.set(profile, known);
    return known;
  }

  /** The name of a profile's tree, and its files by their paths; those that are missing are not among them. */
  async filesOf(profile: Wants): Promise<{ tree: string; files: Readonly<Record<string, TreeFile>> }> {
    return { tree: treeOf(profile), files: await this.#resolve(profile) };
  }

  /** What has to be fetched before a profile can be installed. */
  async missingFor(profile: Wants): Promise<ProfileFile[]> {
    const files = await this.#resolve(profile);
    return profile.files.filter(({ path }) => !Object.hasOwn(files, path));
  }

  /** What is here, by the keys of common/install/held.ts. */
  async keys(): Promise<string[]> {
    const hashes = new Set((await this.#store.list()).map(({ sha256 }) => sha256));
    const inTrees = this.#trees.all().flatMap(([tree, { files }]) =>
      Object.entries(files)
        .filter(([, { sha256 }]) => hashes.has(sha256))
        .map(([path]) => treeKey(tree, path)),
    );
    return [...hashes, ...inTrees].sort();
  }

  /** Calls whenever files may have come or gone; returns how to have it end. */
  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async listFiles(): Promise<ListedFile[]> {
    const uses = this.#trees
      .all()
      .flatMap(([tree, { name, revision, files }]) =>
        Object.entries(files).map(([path, { use, sha256 }]) => ({ sha256, as: { tree, name, revision, path, use } })),
      );
    return (await this.#store.list()).map((file) => ({
      ...file,
      uses: uses.filter(({ sha256 }) => sha256 === file.sha256).map(({ as }) => as),
    }));
  }

  /**
   * Reads all that is here. What is not what was brought, or cannot be read, is missing from then on, and told: with the error
   * where it could not be removed either.
   */
  async findSpoilt(tell: (file: ListedFile, error?: unknown) => void, signal?: AbortSignal): Promise<void> {
    for (const file of await this.listFiles()) {
      if (signal?.aborted) return;
      // Each by itself: whoever fetches waits for one, and not for all.
      await this.#inTurn(() => this.#look(file, tell, signal));
    }
  }

  async #look(
    file: ListedFile,
    tell: (file: ListedFile, error?: unknown) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const { sha256 } = file;
    if ((await this.#store.bytesOf(sha256)) === null) return;
    try {
      if ((await this.#store.bytesOfSound(sha256, signal)) !== null) return;
      tell(file);
    } catch (error) {
      if (signal?.aborted) return;
      tell(file, error);
    }
    this.#tell();
  }

  /** Removes what none of these profiles, no open attempt and nothing made here needs; with `dry` it only says what that is. */
  prune({
    profiles,
    hashes,
    dry = false,
  }: {
    profiles: readonly Wants[];
    /** Of files that open attempts install from */
    hashes: readonly string[];
    dry?: boolean;
  }): Promise<Pruned> {
    return this.#alone(async () => {
      const trees = new Set(profiles.map(treeOf));
      const isKept = (id: string) => trees.has(id) || this.#trees.get(id)?.name === id;
      const needed = new Set(hashes);
      for (const { files } of profiles) for (const { sha256 } of files) if (sha256) needed.add(sha256.toLowerCase());
      for (const [id, { files }] of this.#trees.all()) {
        if (isKept(id)) for (const { sha256 } of Object.values(files)) needed.add(sha256);
      }
      const removed = (await this.#store.list()).filter(({ sha256 }) => !needed.has(sha256));
      let bytes = removed.reduce((sum, file) => sum + file.bytes, 0);
      if (dry) return { removed, bytes };
      // Trees go first: none is ever without its files.
      await this.#trees.keepOnly(isKept);
      for (const { sha256 } of removed) await this.#store.remove(sha256);
      bytes += await this.#store.removeParts();
      return { removed, bytes };
    });
  }

  /** What is here of a profile: by its own hashes, else as its tree has it. */
  async #resolve(profile: Wants): Promise<Record<string, TreeFile>> {
    const kept = this.#trees.get(treeOf(profile))?.files ?? {};
    const files: Record<string, TreeFile> = {};
    const list = profile.sums ? [{ use: 'sums' as const, path: profile.sums.path, sha256: null }] : [];
    for (const { use, path, sha256: said } of [...profile.files, ...list]) {
      const sha256 = said?.toLowerCase() ?? (Object.hasOwn(kept, path) ? kept[path]!.sha256 : undefined);
      const bytes = sha256 === undefined ? null : await this.#store.bytesOf(sha256);
      if (sha256 !== undefined && bytes !== null) files[path] = { use, sha256, bytes };
    }
    return files;
  }

  async #copy(path: string, wanted: string | undefined): Promise<StoredFile> {
    const part = await this.#store.begin('copy');
    try {
      await copyInto(path, part, null, { limits: this.#limits, signal: undefined, onBytes: () => {} });
      if (wanted !== undefined && part.sha256 !== wanted.toLowerCase()) {
        throw new FileTrouble(
          'WRONG_SUM',
          `${path} is another file than the one that was wanted: its SHA-256 is ${part.sha256}, and not ${wanted.toLowerCase()}. Nothing was changed`,
        );
      }
    } catch (error) {
      await part.remove();
      await part.close();
      throw error;
    }
    return this.#store.take(part);
  }

  async #record(id: string, tree: Omit<Tree, 'since'>): Promise<Tree> {
    const made = { ...tree, since: this.#now() };
    await this.#trees.set(id, made);
    return made;
  }

  /** One thing after the other: what one brings, another must not remove. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(work, () => this.#tell());
  }

  #inTurn<T>(work: () => Promise<T>, after = () => {}): Promise<T> {
    const next = this.#last.then(work, work);
    this.#last = next.then(after, after);
    return next;
  }

  #tell(): void {
    this.#listeners.forEach((listener) => listener());
  }
}
