// Reads labd's key from where it was said to be.
import { readFile } from 'node:fs/promises';
import { type Keyring, KeyUnusable, readKeyring } from './keyring.ts';

/** Where the key is: in the environment, or in a file. */
export type KeySource = { readonly text: string } | { readonly file: string };

/** The key, or undefined when none was given. Throws KeyUnusable. */
export async function loadKeyring(source: KeySource | undefined): Promise<Keyring | undefined> {
  if (source === undefined) return undefined;
  if ('text' in source) return readKeyring(source.text, 'LABD_KEY');
  const text = await readFile(source.file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new KeyUnusable(
      `LABD_KEY_FILE names ${source.file}, which cannot be read (${cause.code ?? cause.message}): name a file that holds the key, and that labd may read`,
      { cause },
    );
  });
  return readKeyring(text, `LABD_KEY_FILE (${source.file})`);
}
