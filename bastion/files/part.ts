// A file that is being written, with the hash of what is in it so far: what a kill leaves of it is gone on with.
import { createHash, type Hash } from 'node:crypto';
import { open, rm, statfs, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskTroubleIn } from '../state/diskTrouble.ts';
import type { Limits } from './transfer.ts';
import { FileTrouble } from './trouble.ts';

/** Bytes after which the room on the disk is looked at again. */
const LOOK = 8 * 2 ** 20;

export class Part {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #limits: Limits;
  #hash: Hash = createHash('sha256');
  #bytes = 0;
  #looked = 0;

  private constructor(path: string, file: FileHandle, limits: Limits) {
    this.path = path;
    this.#file = file;
    this.#limits = limits;
  }

  /** What an earlier try left counts. */
  static async open(path: string, limits: Limits): Promise<Part> {
    const file = await open(path, 'a+', 0o600).catch((error: unknown) => {
      throw diskTroubleIn(dirname(path), error) ?? error;
    });
    const part = new Part(path, file, limits);
    for await (const chunk of file.createReadStream({ autoClose: false, start: 0 })) part.#count(chunk as Buffer);
    part.#looked = part.#bytes;
    return part;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** In hexadecimal, of what is in it so far. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Throws FileTrouble when less than the reserve would be left after so many bytes more. */
  async demandRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(dirname(this.path));
    const free = bavail * bsize - this.#limits.reserve;
    if (bytes <= free) return;
    throw new FileTrouble(
      'NO_ROOM',
      `${dirname(this.path)} has room for ${megabytes(Math.max(0, free))} of files, and ${megabytes(bytes)} are to come (${megabytes(this.#limits.reserve)} stay free for the reports of machines). Free some, or remove files that nothing needs: lab bastion files prune`,
    );
  }

  /** Throws FileTrouble and DiskTrouble; a disk that takes no more gets its room back. */
  async append(chunk: Buffer): Promise<void> {
    try {
      if (this.#bytes + chunk.length - this.#looked > LOOK) {
        await this.demandRoom(chunk.length);
        this.#looked = this.#bytes;
      }
      for (let at = 0; at < chunk.length;) at += (await this.#file.write(chunk, at)).bytesWritten;
    } catch (error) {
      await this.remove();
      throw diskTroubleIn(dirname(this.path), error) ?? error;
    }
    this.#count(chunk);
  }

  /** Forgets what is in it. */
  async restart(): Promise<void> {
    await this.#file.truncate(0);
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#looked = 0;
  }

  /** Makes it durable. */
  async sync(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      await this.remove();
      throw diskTroubleIn(dirname(this.path), error) ?? error;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async remove(): Promise<void> {
    await this.#file.truncate(0).catch(() => {});
    await rm(this.path, { force: true }).catch(() => {});
  }

  #count(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }
}

const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
