// The files of attempts, one for each: a plan is long, and what a thousand machines say moves only the attempt it is about.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskTroubleIn } from '../state/diskTrouble.ts';
import { seal, unseal } from '../../common/sealed.ts';
import { replaceFile, syncFolder } from '../../common/durable.ts';
import { codeOf, makeFolder, readIfSound } from '../state/files.ts';

/** Files that are written side by side. */
const AT_ONCE = 8;

/** A name of an attempt among files: the hash of its token. */
const FILE = /^([0-9a-f]{64})\.json$/;

export interface Named {
  readonly hash: string;
}

export class AttemptFiles<A extends Named> {
  readonly #dir: string;
  readonly #folder: string;
  /** Of the versions that kept all of them in one file, which counts as long as it is there */
  readonly #single: string;
  /** To be deleted as soon as the disk lets them */
  readonly #damaged = new Set<string>();

  constructor(dir: string) {
    this.#dir = dir;
    this.#folder = join(dir, 'attempts');
    this.#single = join(dir, 'attempts.json');
  }

  /**
   * What the files hold; `moved` when it is the single file of an earlier version that does, and all is to be written anew.
   * What is damaged is deleted, and told: a digit that a disk got wrong must not have another machine installed, neither
   * now nor when the disk reads better.
   */
  async read(damaged: (path: string) => void): Promise<{ attempts: A[]; moved: boolean }> {
    const single = await readIfSound(this.#single);
    if (single !== null) {
      const kept = unseal<{ attempts: A[] }>(single, { bare: false });
      if (!kept) damaged(this.#single);
      return { attempts: kept?.attempts ?? [], moved: true };
    }
    const attempts: A[] = [];
    for (const name of await this.#names()) {
      const path = join(this.#folder, name);
      const attempt = unseal<A>((await readIfSound(path)) ?? '', { bare: false });
      if (attempt && `${attempt.hash}.json` === name) attempts.push(attempt);
      else {
        damaged(path);
        this.#damaged.add(path);
      }
    }
    // A disk that fails is often one that can only be read by then: what is on it is to be sent all the same.
    await this.#dropDamaged().catch((error: unknown) => {
      if (!diskTroubleIn(this.#dir, error)) throw error;
    });
    return { attempts, moved: false };
  }

  /** Writes these attempts, each whole or not at all, and deletes the files of others. Throws DiskTrouble. */
  async write(attempts: readonly A[], gone: readonly string[]): Promise<void> {
    try {
      await makeFolder(this.#folder, 0o700);
      for (let from = 0; from < attempts.length; from += AT_ONCE)
        await Promise.all(
          attempts.slice(from, from + AT_ONCE).map((attempt) => replaceFile(this.#pathOf(attempt.hash), seal(attempt))),
        );
      for (const hash of gone) await rm(this.#pathOf(hash), { force: true });
      await this.#dropDamaged();
      await syncFolder(this.#folder);
    } catch (error) {
      throw diskTroubleIn(this.#dir, error) ?? error;
    }
  }

  /** Moves what an earlier version kept in one file into the folder, in which nothing else stays. Throws DiskTrouble. */
  async move(attempts: readonly A[]): Promise<void> {
    const kept = new Set(attempts.map(({ hash }) => `${hash}.json`));
    const others = (await this.#names()).filter((name) => !kept.has(name));
    await this.write(
      attempts,
      others.map((name) => name.slice(0, -'.json'.length)),
    );
    await rm(this.#single, { force: true });
    await syncFolder(this.#dir);
  }

  async #dropDamaged(): Promise<void> {
    for (const path of this.#damaged) {
      await rm(path, { force: true });
      this.#damaged.delete(path);
    }
  }

  #pathOf(hash: string): string {
    return join(this.#folder, `${hash}.json`);
  }

  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => FILE.test(name));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }
}
