// The entry of lab: finds the command, runs it, and tells failures in words. Help is oclif's, loaded when asked for.
import { complaint, unknownCommand } from './command/usageErrors.ts';
import { COMMANDS } from './commands.ts';
import { CliError, exits } from './terminal/errors.ts';
import { harmless } from './terminal/text.ts';
import { findCommand, helpFor } from './command/route.ts';

/** Writes what went wrong, and what to type next. Returns the exit code. */
function tell(error: unknown): number {
  const { message, hint, exit } = error instanceof CliError ? error : unexpected(error as Error);
  // What labd says may be what a machine said, and what was typed may come from elsewhere.
  const lines = `Error: ${message}${hint ? `\n${hint}` : ''}`.split('\n');
  process.stderr.write(`${lines.map(harmless).join('\n')}\n`);
  return exit;
}

const unexpected = (error: Error) =>
  new CliError('failed', process.env['DEBUG'] ? (error.stack ?? error.message) : error.message);

process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
  // `lab get … | head -1`: who reads has read enough, and that is no failure.
  process.exit(error.code === 'EPIPE' ? exits.done : tell(error));
});

/** Runs the plugin that the words call, if they call one: what lab knows itself is never asked of others. */
async function ranPlugin(words: readonly string[], ids: readonly string[]): Promise<boolean> {
  const [first] = words;
  if (first === undefined || first.startsWith('-') || first === 'help') return false;
  if (ids.some((id) => id.split(':')[0] === first)) return false;
  const { findPlugin, runPlugin } = await import('./command/plugins.ts');
  const found = findPlugin(words);
  if (!found) return false;
  process.exitCode = await runPlugin(found.plugin, found.rest);
  return true;
}

async function run(words: string[]): Promise<void> {
  const ids = Object.keys(COMMANDS);
  if (await ranPlugin(words, ids)) return;
  const help = helpFor(words);
  if (help) return (await import('./command/help.ts')).showHelp(help);
  const found = findCommand(ids, words);
  if (!found) throw unknownCommand(words, ids);
  try {
    const command = await COMMANDS[found.id]!();
    await new command(found.rest).run();
  } catch (error) {
    throw complaint(error, found.id) ?? error;
  }
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  process.exitCode = tell(error);
}
