// Whether transactions were committed is two bits each in pg_xact, the one file of PostgreSQL's that says what is in the
// tables and has no checksum: a bit that flips there takes rows away, or brings back what was undone, without a word. What
// it says of transactions that have ended never changes, so that much of it is hashed as labd runs.
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../../common/durable.ts';

/** Of PostgreSQL's src/backend/access/transam/clog.c and slru.h: statuses in a byte, and in a file of 32 pages. */
const IN_BYTE = 4;
const IN_FILE = 32 * 8_192 * IN_BYTE;

const FOLDER = 'pg_xact';
/** Transactions are numbered with 32 bits there. */
const NUMBERS = 2 ** 32;

interface Noted {
  /** The first of a file's bytes, which will not change */
  readonly bytes: number;
  readonly hash: string;
}

const noteFile = (directory: string) => `${directory}.statuses`;

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

/** Forgets what was noted: the directory is about to become another. */
export const forgetStatuses = (directory: string): Promise<void> => rm(noteFile(directory), { force: true });

/**
 * Notes the statuses of all transactions before `settled`, which have ended, and are on the disk. Nothing is noted once
 * transactions are numbered anew from the beginning.
 */
export async function noteStatuses(directory: string, settled: number): Promise<void> {
  if (settled >= NUMBERS) return forgetStatuses(directory);
  const files: Record<string, Noted> = {};
  for (const name of await statusFiles(directory)) {
    const first = Number.parseInt(name, 16) * IN_FILE;
    const bytes = Math.floor(Math.min(Math.max(settled - first, 0), IN_FILE) / IN_BYTE);
    const content = await readFile(join(directory, FOLDER, name));
    if (bytes > 0 && content.length >= bytes) files[name] = { bytes, hash: sha256(content.subarray(0, bytes)) };
  }
  const text = JSON.stringify(files);
  const file = noteFile(directory);
  // The first line tells whether the second is whole.
  await writeDurably(`${file}.part`, `${sha256(text)}\n${text}\n`);
  await rename(`${file}.part`, file);
}

/**
 * The file in which the status of a transaction is another one than was noted, in words; undefined where there is none. A
 * file that is not there any more is none: PostgreSQL removes those that it needs no more, and says when it lacks one.
 */
export async function findChangedStatus(directory: string): Promise<string | undefined> {
  const found = await readFile(noteFile(directory), 'utf8').catch(() => undefined);
  if (found === undefined) return undefined;
  const [hash, text = ''] = found.split('\n');
  // A note that is broken itself says nothing.
  if (hash !== sha256(text)) return undefined;
  for (const [name, noted] of Object.entries(JSON.parse(text) as Record<string, Noted>)) {
    const content = await readFile(join(directory, FOLDER, name)).catch(() => undefined);
    if (content !== undefined && sha256(content.subarray(0, noted.bytes)) !== noted.hash)
      return `the file ${FOLDER}/${name} is not as PostgreSQL wrote it: whether some transactions were committed cannot be told from it`;
  }
  return undefined;
}

const statusFiles = async (directory: string): Promise<string[]> =>
  (await readdir(join(directory, FOLDER))).filter((name) => /^[0-9A-F]{4,}$/.test(name)).sort();
