// The files that -f names: one, all of a folder, or standard input.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../terminal/errors.ts';
import type { Input } from '../terminal/terminal.ts';
import { readTextFile, readTextInput } from '../terminal/textFile.ts';

/** A text with manifests, and where it came from. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

const isManifest = (name: string): boolean => /\.(ya?ml|json)$/i.test(name);

const unreadable = (path: string, error: unknown): CliError =>
  error instanceof CliError ? error : new CliError('usage', `-f ${path} cannot be read: ${(error as Error).message}`);

async function pathsIn(folder: string, recursive: boolean): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (recursive) found.push(...(await pathsIn(path, true)));
    } else if (isManifest(entry.name)) found.push(path);
  }
  return found;
}

async function pathsOf(named: string, recursive: boolean): Promise<string[]> {
  const found = await stat(named);
  return found.isDirectory() ? pathsIn(named, recursive) : [named];
}

/** Reads all that is named; of a folder its .yaml, .yml and .json files. Throws usage errors. */
export async function readSources(named: readonly string[], recursive: boolean, input: Input): Promise<SourceText[]> {
  const sources: SourceText[] = [];
  for (const name of named) {
    if (name === '-') {
      sources.push({ file: 'standard input', text: await readTextInput(input) });
      continue;
    }
    try {
      for (const path of await pathsOf(name, recursive)) sources.push({ file: path, text: await readTextFile(path) });
    } catch (error) {
      throw unreadable(name, error);
    }
  }
  return sources;
}
