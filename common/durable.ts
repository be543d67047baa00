// Writes that are on the disk when they return, also after a power cut.
import { chmod, open, rename, rm } from 'node:fs/promises';

/** Writes a file for its owner alone, from its beginning, or anew with the flag `wx`. Throws Node's error, such as ENOSPC. */
export async function writeDurably(path: string, content: string | Buffer, flags: 'w' | 'wx' = 'w'): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Puts a text in place of a file's, for its owner alone or with other permissions; that lasts once its folder is synced. Throws the system's errors. */
export async function replaceFile(path: string, text: string, mode?: number): Promise<void> {
  const temporary = `${path}.new`;
  try {
    await writeDurably(temporary, text);
    if (mode !== undefined) await chmod(temporary, mode);
    await rename(temporary, path);
  } catch (error) {
    // On a full disk half a file would only take room.
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Makes created, renamed and deleted names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
