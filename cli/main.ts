// The entry of lab: makes a closed pipe harmless, runs one command, and tells failures in words.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '@oclif/core';
import { CliError, exits } from './errors.ts';
import { self } from './self.ts';

// `lab get … | head -1`: who reads has read enough, and that is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exits.done);
    throw error;
  });
}

interface OclifError extends Error {
  oclif?: { exit?: number };
  code?: string;
}

/** The command that a failure belongs to, for the hint. */
const command = () => process.argv.slice(2).filter((word) => !word.startsWith('-'))[0] ?? '';

function tell(error: OclifError): number {
  if (error instanceof CliError) {
    process.stderr.write(`Error: ${error.message}\n${error.hint ? `${error.hint}\n` : ''}`);
    return error.exit;
  }
  const exit = error.oclif?.exit;
  if (error.code === 'EEXIT') return exit ?? exits.done;
  if (exit !== undefined) {
    // oclif adds its own hint on a line of its own; ours says how this program is really called.
    const message = error.message.replace(/\n?See more help with --help\s*$/, '').trim();
    process.stderr.write(`Error: ${message}\nSee: ${[self(), command(), '--help'].filter(Boolean).join(' ')}\n`);
    return exits.usage;
  }
  process.stderr.write(`Error: ${process.env['DEBUG'] ? error.stack : error.message}\n`);
  return exits.failed;
}

try {
  await run(process.argv.slice(2), { root: dirname(fileURLToPath(import.meta.url)) });
} catch (error) {
  process.exitCode = tell(error as OclifError);
}
