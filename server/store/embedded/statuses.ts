// Whether transactions were committed is two bits each in pg_xact, the one file of PostgreSQL's that says what is in the
// tables and has no checksum: a bit that flips there takes rows away, or brings back what was undone, without a word. What
// it says of transactions that have ended never changes, so that much of it is hashed as labd runs.
import { createHash } from 'node:crypto';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreLogger } from '../../../common/logger.ts';
import { noteFile, readNote, writeNote } from './note.ts';

/** Of PostgreSQL's src/backend/access/transam/clog.c and slru.h: statuses in a byte, and in a file of 32 pages. */
const IN_BYTE = 4;
const IN_FILE = 32 * 8_192 * IN_BYTE;

const FOLDER = 'pg_xact';
/** Transactions are numbered with 32 bits there, and from the beginning again after that. */
const NUMBERS = 2 ** 32;

interface Noted {
  /** The first of a file's bytes, which will not change */
  readonly bytes: number;
  readonly hash: string;
}

type Statuses = Readonly<Record<string, Noted>>;

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

/** What a file holds, once that is on the disk: what is noted of it must outlive a power cut as the note does. */
async function readDurable(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    await file.sync();
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function statusesBefore(directory: string, settled: number): Promise<Statuses> {
  const files: Record<string, Noted> = {};
  for (const name of settled < NUMBERS ? await statusFiles(directory) : []) {
    const first = Number.parseInt(name, 16) * IN_FILE;
    const bytes = Math.floor(Math.min(Math.max(settled - first, 0), IN_FILE) / IN_BYTE);
    const content = await readDurable(join(directory, FOLDER, name));
    if (bytes > 0 && content.length >= bytes) files[name] = { bytes, hash: sha256(content.subarray(0, bytes)) };
  }
  return files;
}

/**
 * Notes the statuses of all transactions before `settled`, which have ended, and are in the files; 0 for none. Where that
 * fails, as on a full disk, what was noted before is still right.
 */
export async function noteStatuses(directory: string, settled: number, logger: StoreLogger): Promise<void> {
  if (settled === 0) return;
  try {
    await writeNote(noteFile(directory, 'statuses'), await statusesBefore(directory, settled));
  } catch (error) {
    logger.warn({ directory, reason: (error as Error).message }, 'Which transactions were committed was not noted');
  }
}

/**
 * The file in which the status of a transaction is another one than was noted, in words; undefined where there is none. A
 * file that is not there any more is none: PostgreSQL removes those that it needs no more, and says when it lacks one.
 */
export async function findChangedStatus(directory: string): Promise<string | undefined> {
  for (const [name, noted] of Object.entries((await readNote<Statuses>(noteFile(directory, 'statuses'))) ?? {})) {
    const content = await readFile(join(directory, FOLDER, name)).catch(() => undefined);
    if (content !== undefined && sha256(content.subarray(0, noted.bytes)) !== noted.hash)
      return `the file ${FOLDER}/${name} is not as PostgreSQL wrote it: whether some transactions were committed cannot be told from it`;
  }
  return undefined;
}

const statusFiles = async (directory: string): Promise<string[]> =>
  (await readdir(join(directory, FOLDER))).filter((name) => /^[0-9A-F]{4,}$/.test(name)).sort();
