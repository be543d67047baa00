// What labd notes of a database directory for its next start. It lies in the directory itself and goes where that goes: beside
// another copy it would be wrong.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../../common/durable.ts';
import { seal, unseal } from '../../../common/sealed.ts';

/** The file that one of these notes is in. */
export const noteFile = (directory: string, what: 'sums' | 'statuses'): string => join(directory, `lab.${what}`);

/** Writes a note, whole or not at all. Throws Node's error, such as ENOSPC. */
export const writeNote = (file: string, noted: object): Promise<void> => replaceFile(file, seal(noted));

/** What was noted; undefined where nothing was, or the note itself is broken, which says nothing of the directory. */
export const readNote = async <T extends object>(file: string): Promise<T | undefined> =>
  unseal<T>(await readFile(file, 'utf8').catch(() => ''), { bare: false });
