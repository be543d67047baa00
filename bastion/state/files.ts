// Writes files atomically and durably: whole or not at all, also after a power cut.
import { access, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile, syncFolder } from '../../common/durable.ts';
import { diskTroubleIn } from './diskTrouble.ts';

/** Whether something has this path. */
export const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Makes a folder, durably, where it is not there. With `recursive`, a disk that may not be written to would be ENOENT. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
    await syncFolder(dirname(path));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Writes a file so that a reader finds the old text or the new one, never a part. Throws DiskTrouble. */
export async function writeWhole(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, text);
    await syncFolder(dirname(path));
  } catch (error) {
    throw diskTroubleIn(dirname(path), error) ?? error;
  }
}

/** A file's text; null when it does not exist. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** As `readIfThere`; `damaged` for what a failing disk does not give back: whoever reads it finds it damaged, and says so. */
export async function readIfSound(path: string, damaged = ''): Promise<string | null> {
  return readIfThere(path).catch((error: unknown) => {
    if (codeOf(error) === 'EIO') return damaged;
    throw error;
  });
}

/** The system's name for an error, such as ENOSPC. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
