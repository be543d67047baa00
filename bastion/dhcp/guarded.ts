// Runs a program that ends with this process, however that ends.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * A shell between the two reads signals to pass on, a line each, from a pipe that closes when we are gone, and then ends
 * the program. The kernel's own word for it (PR_SET_PDEATHSIG) is void once a program changes its user, as dnsmasq does.
 */
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{
  while read -r signal; do kill -s "$signal" "$program"; done
  kill -s TERM "$program"
} <&3 2>/dev/null &
guard=$!
exec 3<&-
wait "$program"
code=$?
kill "$guard" 2>/dev/null
exit "$code"
`;

export interface Guarded {
  signal(name: 'HUP' | 'TERM' | 'KILL'): void;
  /** Resolves with the exit code once it has ended, and all that it wrote was read. */
  readonly ended: Promise<number | null>;
}

/** Starts a program; `onLine` gets what it writes on either stream. */
export function runGuarded(command: readonly string[], onLine: (line: string) => void): Guarded {
  // A group of its own: an interrupt typed at the terminal is for us, who then end it.
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', ...command], { stdio: 'pipe', detached: true });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  // It ended by itself.
  child.stdin.on('error', () => {});
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      onLine(error.message);
      resolve(null);
    });
    child.once('close', (code) => resolve(code));
  });
  child.once('exit', () => child.stdin.destroy());
  return { signal: (name) => void child.stdin.write(`${name}\n`), ended };
}
