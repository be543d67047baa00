// The CLI's configuration: contexts, each a labd and how to sign in to it, and which of them is current.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../terminal/errors.ts';
import type { Environment, Terminal } from '../terminal/terminal.ts';
import { readTextFile } from '../terminal/textFile.ts';
import { type Config, readPlainConfig } from './plain-config.ts';

export type { Config, Context } from './plain-config.ts';

/** Where the configuration is: LAB_CONFIG, or `lab/config.yaml` in the user's configuration folder. */
export const configFile = (env: Environment): string =>
  env['LAB_CONFIG'] || join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'lab', 'config.yaml');

/** Reads the configuration; empty when there is none. Throws CliError for one that cannot be understood. */
export async function readConfig({ env }: Pick<Terminal, 'env'>): Promise<Config> {
  const file = configFile(env);
  let text: string;
  try {
    text = await readTextFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { contexts: [] };
    if (error instanceof CliError) throw error;
    throw new CliError('failed', `The configuration ${file} cannot be read: ${(error as Error).message}`);
  }
  const plain = readPlainConfig(text);
  if (plain) return plain;
  const { parse } = await import('../terminal/yaml.ts');
  try {
    const config = (parse(text) ?? {}) as Partial<Config>;
    if (typeof config !== 'object') throw new Error('it is not a map');
    const contexts = config.contexts ?? [];
    if (
      !Array.isArray(contexts) ||
      contexts.some(({ name, url }) => typeof name !== 'string' || typeof url !== 'string')
    ) {
      throw new Error('"contexts" is not a list of names and urls');
    }
    return { ...config, contexts };
  } catch (error) {
    throw new CliError(
      'failed',
      `The configuration ${file} cannot be understood: ${(error as Error).message}`,
      `Mend it, or move it away and start anew.`,
    );
  }
}
