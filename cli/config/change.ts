// Changing the configuration: read and written again while nobody else does, whole or not at all, where it really lies.
import { lstat, mkdir, readlink, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { replaceFile } from '../../common/durable.ts';
import { takeLock } from '../../common/lock.mjs';
import { CliError } from '../terminal/errors.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { stringify } from '../terminal/yaml.ts';
import { type Config, configFile, readConfig } from './config.ts';

/** Milliseconds: how long another command may take for its change, and how often it is looked whether it is done. */
const PATIENCE = 10_000;
const LOOK = 20;

/** Links that are followed; more go in a circle. */
const MOST_LINKS = 40;

/** The file that a path leads to through links, there or not. */
async function behindLinks(path: string): Promise<string> {
  let file = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
    const found = await lstat(file).catch(() => undefined);
    if (!found?.isSymbolicLink()) return file;
    file = resolve(dirname(file), await readlink(file));
  }
  throw new CliError('failed', `The configuration ${path} is a link that leads back to itself.`, 'Mend it.');
}

/** Does something while no other command changes the file. */
async function alone<T>(file: string, { elapsed }: Terminal, work: () => Promise<T>): Promise<T> {
  const until = elapsed() + PATIENCE;
  for (;;) {
    const lock = await takeLock(`${file}.lock`);
    if (!('heldBy' in lock))
      try {
        return await work();
      } finally {
        await lock.release();
      }
    if (elapsed() >= until)
      throw new CliError(
        'failed',
        `The configuration ${file} is being changed by process ${lock.heldBy.pid}, which does not come to an end.`,
        'Try again, or end that process.',
      );
    await setTimeout(LOOK);
  }
}

/**
 * Puts what `change` makes of the configuration in its place, with the permissions that it had; its owner's alone where it
 * is new. Returns what is kept. Throws CliError, also what `change` throws: then all is as it was.
 */
export async function changeConfig(terminal: Terminal, change: (config: Config) => Config): Promise<Config> {
  const path = configFile(terminal.env);
  const file = await behindLinks(path);
  const failed = (error: NodeJS.ErrnoException) => {
    if (error instanceof CliError) throw error;
    throw new CliError('failed', `The configuration ${path} cannot be changed: ${error.message}`);
  };
  return mkdir(dirname(file), { recursive: true, mode: 0o700 })
    .then(() => alone(file, terminal, () => replaced(file, terminal, change)))
    .catch(failed);
}

async function replaced(file: string, terminal: Terminal, change: (config: Config) => Config): Promise<Config> {
  const config = change(await readConfig(terminal));
  const mode = await stat(file).then(
    (found) => found.mode & 0o777,
    () => 0o600,
  );
  await replaceFile(file, stringify(config), mode);
  return config;
}
