// Files by the hash of what is in them, below one folder: whole ones alone, and beside them the parts of what is on its way.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../common/durable.ts';
import { diskTroubleIn } from '../state/diskTrouble.ts';
import { codeOf } from '../state/files.ts';
import { Part } from './part.ts';
import type { Limits } from './transfer.ts';

export interface StoredFile {
  /** In hexadecimal */
  readonly sha256: string;
  readonly bytes: number;
}

const SHA256 = /^[0-9a-f]{64}$/;

/** What the system says of a file that is not there, or that its disk does not give back. */
const UNREADABLE: ReadonlySet<string> = new Set(['ENOENT', 'EIO']);

export class Store {
  readonly #folder: string;
  readonly #limits: Limits;
  /** Those that the disk spoilt and, being read-only, keeps: they are not here */
  readonly #spoilt = new Set<string>();

  constructor(folder: string, limits: Limits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  pathOf(sha256: string): string {
    return join(this.#folder, sha256);
  }

  /** How large a file is; null when it is not here. */
  async bytesOf(sha256: string): Promise<number | null> {
    if (!SHA256.test(sha256) || this.#spoilt.has(sha256)) return null;
    try {
      return (await stat(this.pathOf(sha256))).size;
    } catch (error) {
      if (UNREADABLE.has(codeOf(error) ?? '')) return null;
      throw error;
    }
  }

  /** As `bytesOf`, once all of it was read: one that the disk spoilt is removed, and is not here then. */
  async bytesOfSound(sha256: string, signal?: AbortSignal): Promise<number | null> {
    if ((await this.bytesOf(sha256)) === null) return null;
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const chunk of createReadStream(this.pathOf(sha256), { signal })) {
        hash.update(chunk as Buffer);
        bytes += (chunk as Buffer).length;
      }
    } catch (error) {
      // What cannot be read is as good as spoilt.
      if (signal?.aborted) throw error;
    }
    if (hash.digest('hex') === sha256) return bytes;
    this.#spoilt.add(sha256);
    await this.remove(sha256);
    return null;
  }

  /** Begins a file, or goes on with what an earlier try left of it. `name` is the wanted hash, or a word for what has none yet. */
  async begin(name: string): Promise<Part> {
    const parts = this.#parts;
    try {
      if (await mkdir(parts, { recursive: true, mode: 0o700 })) await syncFolder(dirname(this.#folder));
    } catch (error) {
      throw diskTroubleIn(dirname(this.#folder), error) ?? error;
    }
    return Part.open(join(parts, name), this.#limits);
  }

  /** Takes a part as the file that it is, durably. */
  async take(part: Part): Promise<StoredFile> {
    const { sha256, bytes } = part;
    try {
      await part.sync();
    } finally {
      await part.close();
    }
    await rename(part.path, this.pathOf(sha256));
    this.#spoilt.delete(sha256);
    await syncFolder(this.#folder);
    return { sha256, bytes };
  }

  async list(): Promise<StoredFile[]> {
    const names = await namesIn(this.#folder);
    const files = names.filter((name) => SHA256.test(name));
    const found = await Promise.all(files.map(async (sha256) => ({ sha256, bytes: await this.bytesOf(sha256) })));
    return found.flatMap(({ sha256, bytes }) => (bytes === null ? [] : [{ sha256, bytes }]));
  }

  async remove(sha256: string): Promise<void> {
    await rm(this.pathOf(sha256), { force: true });
  }

  /** Removes what is on its way, and returns how many bytes that was. */
  async removeParts(): Promise<number> {
    const names = await namesIn(this.#parts);
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(this.#parts, name))).size));
    await rm(this.#parts, { recursive: true, force: true });
    return sizes.reduce((sum, bytes) => sum + bytes, 0);
  }

  get #parts(): string {
    return join(this.#folder, 'parts');
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
