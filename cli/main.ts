// The entry of lab: makes a terminal of the process, and its exit code of what the command line comes to.
import { reportFailure } from './command/failures.ts';
import { run } from './command/run.ts';
import { COMMANDS } from './commands.ts';
import { exits } from './terminal/errors.ts';
import type { Terminal } from './terminal/terminal.ts';

const terminal: Terminal = {
  // Opened when they are used: most commands read nothing, and to open a stream takes time.
  get in() {
    return process.stdin;
  },
  get out() {
    return process.stdout;
  },
  get err() {
    return process.stderr;
  },
  env: process.env,
  program: process.argv[1],
  pid: process.pid,
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => Math.random(),
  exit: (code) => process.exit(code),
  onSignal: (signal, listener) => void process.on(signal, listener),
};

process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
  // `lab get … | head -1`: who reads has read enough, and that is no failure.
  process.exit(error.code === 'EPIPE' ? exits.done : reportFailure(error, terminal));
});

const code = await run(COMMANDS, process.argv.slice(2), terminal);
if (code !== exits.done) process.exitCode = code;
