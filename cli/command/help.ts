// Help pages: oclif's own, from the manifest that the build writes beside this file.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '@oclif/core';

/** Shows the page that the words ask for. */
export async function showHelp(words: string[]): Promise<void> {
  await run(words, { root: dirname(fileURLToPath(import.meta.url)) });
}
