// Telling what went wrong, in words.
import { CliError, hintText } from '../terminal/errors.ts';
import { programName } from '../terminal/programName.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless } from '../terminal/text.ts';

/** Writes what went wrong, and what to type next. Returns the exit code. */
export function reportFailure(error: unknown, terminal: Terminal): number {
  const { message, hint, exit } = error instanceof CliError ? error : unexpected(error as Error, terminal);
  // What labd says may be what a machine said, and what was typed may come from elsewhere.
  const lines = `Error: ${message}${hint ? `\n${hintText(hint, programName(terminal))}` : ''}`.split('\n');
  terminal.err.write(`${lines.map(harmless).join('\n')}\n`);
  return exit;
}

const unexpected = (error: Error, { env }: Terminal) =>
  new CliError('failed', env['DEBUG'] ? (error.stack ?? error.message) : error.message);
