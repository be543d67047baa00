// Runs a command line: finds the command, or a plugin or page of help, and tells failures in words.
import { CliError, exits } from '../terminal/errors.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { CommandClass } from './command.ts';
import { reportFailure } from './failures.ts';
import { findCommand, helpFor } from './route.ts';

/** Every command by its id, loaded when it is run. */
export type Commands = Readonly<Record<string, () => Promise<CommandClass>>>;

/** Runs the plugin that the words call, if they call one: what lab knows itself is never asked of others. */
async function runPluginFor(
  words: readonly string[],
  flags: readonly string[],
  { ids, terminal }: { ids: readonly string[]; terminal: Terminal },
): Promise<number | undefined> {
  const [first] = words;
  if (first === undefined || first.startsWith('-') || first === 'help') return undefined;
  if (ids.some((id) => id.split(':')[0] === first)) return undefined;
  const { findPlugin, runPlugin } = await import('./plugins.ts');
  const found = findPlugin(words, terminal.env);
  return found && runPlugin(found.plugin, [...flags, ...found.rest], terminal);
}

/** The words with the flags that stand before the command taken from them. */
async function divided(typed: string[]): Promise<{ flags: string[]; words: string[] }> {
  if (!typed[0]?.startsWith('-')) return { flags: [], words: typed };
  const { flags, rest } = (await import('./leadingFlags.ts')).divideFlags(typed);
  if (flags.length > 0 && rest.length === 0)
    throw new CliError('usage', `After ${flags[0]} no command is said.`, (lab) => `See: ${lab} --help`);
  return { flags, words: rest };
}

async function runWords(commands: Commands, typed: string[], terminal: Terminal): Promise<number | void> {
  const ids = Object.keys(commands);
  const { flags, words } = await divided(typed);
  const ended = await runPluginFor(words, flags, { ids, terminal });
  if (ended !== undefined) return ended;
  const help = helpFor(words);
  if (help) return (await import('./help.ts')).showHelp(help);
  const found = findCommand(ids, words);
  if (!found) throw (await import('./usageErrors.ts')).unknownCommand(words, ids);
  try {
    const command = new (await commands[found.id]!())([...flags, ...found.rest], terminal);
    return await command.run().catch(async (error: unknown) => {
      throw await command.clarify(error);
    });
  } catch (error) {
    // Loaded when something is wrong: it knows all kinds, which many commands do without.
    if (error instanceof CliError) throw error;
    throw (await import('./usageErrors.ts')).usageErrorOf(error, found.id) ?? error;
  }
}

/** Runs what the words say. Returns the exit code, whatever happens. */
export async function run(commands: Commands, words: string[], terminal: Terminal): Promise<number> {
  try {
    return (await runWords(commands, words, terminal)) ?? exits.done;
  } catch (error) {
    return reportFailure(error, terminal);
  }
}
