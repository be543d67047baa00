// Writes files atomically and durably: whole or not at all, also after a power cut; with a checksum, since disks rot.
import { access, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { syncFolder, writeDurably } from '../../common/durable.ts';
import { diskTroubleIn } from './diskTrouble.ts';

/** Whether something has this path. */
export const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Puts a text in place of a file's; that lasts once its folder is synced. Throws the system's errors. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  try {
    await writeDurably(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    // On a full disk half a file would only take room.
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
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

/** Eight hex digits. */
export const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/** An object as JSON that holds its own checksum. */
export function seal(value: object): string {
  const json = JSON.stringify(value);
  return `${json.slice(0, -1)},"checksum":"${checksum(json)}"}\n`;
}

const SEAL = /,"checksum":"([0-9a-f]{8})"\}\s*$/;

/** The object in a text; undefined when the text is damaged. One without a checksum, as older ones are, counts if it is `bare`. */
export function unseal<T>(text: string, { bare = true } = {}): T | undefined {
  const sealed = SEAL.exec(text);
  if (!sealed && !bare) return undefined;
  const json = sealed ? `${text.slice(0, sealed.index)}}` : text;
  if (sealed && checksum(json) !== sealed[1]) return undefined;
  try {
    return JSON.parse(json) as T;
  } catch {
    return undefined;
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

/** The system's name for an error, such as ENOSPC. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
