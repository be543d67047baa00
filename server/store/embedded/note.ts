// What labd notes of a database directory for its next start: a file of two lines, of which the first tells whether the
// second is whole. It lies in the directory itself and goes where that goes: beside another copy it would be wrong.
import { createHash } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../../common/durable.ts';

/** The file that one of these notes is in. */
export const noteFile = (directory: string, what: 'sums' | 'statuses'): string => join(directory, `lab.${what}`);

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Writes a note, whole or not at all. Throws Node's error, such as ENOSPC. */
export async function writeNote(file: string, noted: object): Promise<void> {
  const text = JSON.stringify(noted);
  await writeDurably(`${file}.part`, `${sumOf(text)}\n${text}\n`);
  await rename(`${file}.part`, file);
}

/** What was noted; undefined where nothing was, or the note itself is broken, which says nothing of the directory. */
export async function readNote<T extends object>(file: string): Promise<T | undefined> {
  const found = await readFile(file, 'utf8').catch(() => '');
  const [sum, text = ''] = found.split('\n');
  return sum === sumOf(text) ? (JSON.parse(text) as T) : undefined;
}
