// Programs called lab-WORD on PATH are commands: `lab foo bar` runs lab-foo-bar, or else lab-foo with bar.
import { spawn } from 'node:child_process';
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment, Terminal } from '../terminal/terminal.ts';

export interface Plugin {
  /** The words that call it */
  readonly name: string;
  readonly file: string;
}

const foldersOf = (env: Environment): string[] => [
  ...new Set((env['PATH'] ?? '').split(delimiter).filter((one) => one !== '')),
];

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** A dash within a word would be taken for the space between two. */
const fileName = (words: readonly string[]): string =>
  `lab-${words.map((word) => word.replaceAll('-', '_')).join('-')}`;

/** The plugin that the first words call, the most of them that one is named after; and the words left for it. */
export function findPlugin(words: readonly string[], env: Environment): { plugin: Plugin; rest: string[] } | undefined {
  const end = words.findIndex((word) => !/^[\w.-]+$/.test(word) || word.startsWith('-'));
  const names = end < 0 ? words : words.slice(0, end);
  for (let length = names.length; length > 0; length--) {
    const called = names.slice(0, length);
    const file = foldersOf(env)
      .map((folder) => join(folder, fileName(called)))
      .find(executable);
    if (file) return { plugin: { name: called.join(' '), file }, rest: words.slice(length) };
  }
  return undefined;
}

/** All plugins, in the order that PATH finds them; one that stands behind another of its name is there too. */
export function listPlugins(env: Environment): Plugin[] {
  return foldersOf(env).flatMap((folder) => {
    let names: string[];
    try {
      names = readdirSync(folder);
    } catch {
      return [];
    }
    return names
      .filter((name) => /^lab-[\w.-]+$/.test(name) && executable(join(folder, name)))
      .toSorted()
      .map((name) => ({
        name: name.slice('lab-'.length).replaceAll('-', ' ').replaceAll('_', '-'),
        file: join(folder, name),
      }));
  });
}

/** Runs a plugin in this program's place. Resolves to its exit code; one that a signal ended has 128 and its number. */
export function runPlugin({ file }: Plugin, words: readonly string[], terminal: Terminal): Promise<number> {
  return new Promise((resolve, reject) => {
    const running = spawn(file, words, { stdio: 'inherit', env: { ...terminal.env } });
    // A terminal tells both; what it means is the plugin's to decide.
    terminal.onSignal('SIGINT', () => undefined);
    terminal.onSignal('SIGTERM', () => running.kill('SIGTERM'));
    running.once('error', reject);
    running.once('exit', (code, signal) =>
      resolve(code ?? 128 + ({ SIGINT: 2, SIGKILL: 9, SIGTERM: 15 } as Record<string, number>)[signal!]!),
    );
  });
}
