// How far the spool has got, in a small file that is overwritten in place, so that it needs no room: the number given
// last, which is on the disk before any machine hears of it, and how far labd has taken them. What the spool's files
// then lack has been lost.
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../../common/durable.ts';
import { checksum } from '../../common/sealed.ts';
import { codeOf } from './files.ts';

interface Mark {
  /** The highest sequence that was given out */
  newest: number;
  /** The running hash up to it; null where it is not known */
  hash: string | null;
  /** Everything up to here has been acknowledged, perhaps more */
  acknowledged: number;
}

interface Slot extends Mark {
  /** Of two slots the greater one counts */
  count: number;
}

/** Each slot has a disk's sector of its own: a write that breaks off leaves the other. */
const SLOT = 512;
const SLOTS = 2;

export class Marks {
  readonly #path: string;
  #file: FileHandle | undefined;
  #count: number;
  #written: string;

  private constructor(path: string, count: number, written: string) {
    this.#path = path;
    this.#count = count;
    this.#written = written;
  }

  /** Reads the file. `mark` is undefined when there is none, or none that can be read: `damaged` says which. */
  static async open(path: string): Promise<{ marks: Marks; mark: Mark | undefined; damaged: boolean }> {
    const content = await readFile(path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      if (codeOf(error) === 'EIO') return Buffer.alloc(0);
      throw error;
    });
    const slots = Array.from({ length: SLOTS }, (_, at) => content && read(content, at)).filter((slot) => slot != null);
    const [latest] = slots.toSorted((a, b) => b.count - a.count);
    if (!latest) return { marks: new Marks(path, 0, ''), mark: undefined, damaged: content !== undefined };
    const { count, ...mark } = latest;
    return { marks: new Marks(path, count, JSON.stringify(mark)), mark, damaged: false };
  }

  /** Writes a mark, and resolves once it is on the disk; at once when it is there already. */
  async write({ newest, hash, acknowledged }: Mark): Promise<void> {
    const mark: Mark = { newest, hash, acknowledged };
    const text = JSON.stringify(mark);
    if (text === this.#written) return;
    this.#file ??= await openInPlace(this.#path);
    const json = JSON.stringify({ count: this.#count + 1, ...mark });
    const slot = Buffer.from(`${checksum(json)} ${json}`.padEnd(SLOT - 1) + '\n');
    await this.#file.write(slot, 0, SLOT, ((this.#count + 1) % SLOTS) * SLOT);
    await this.#file.datasync();
    this.#count += 1;
    this.#written = text;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

function read(content: Buffer, at: number): Slot | null {
  const line = content.toString('latin1', at * SLOT, (at + 1) * SLOT).trimEnd();
  const json = line.slice(9);
  return line.slice(0, 8) === checksum(json) ? (JSON.parse(json) as Slot) : null;
}

/** The file with room for all slots, which are never moved again. */
async function openInPlace(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  const file = await open(path, 'w+', 0o600);
  try {
    await file.write(Buffer.alloc(SLOT * SLOTS, ' '), 0, SLOT * SLOTS, 0);
    await file.sync();
    await syncFolder(dirname(path));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
