// A text in the editor of whoever sits there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CliError } from './errors.ts';
import type { Environment } from './terminal.ts';

/** Opens a file in $VISUAL, $EDITOR or vi, and waits until it is closed. Throws CliError when that fails. */
export async function openEditor(file: string, env: Environment): Promise<void> {
  const editor = env['VISUAL'] || env['EDITOR'] || 'vi';
  // By a shell, since people write flags into it: EDITOR='code --wait'.
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit', env: { ...env } });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code === 0) return;
  throw new CliError(
    'failed',
    `The editor "${editor}" ended with ${signal ?? `exit code ${code}`}.`,
    `What it wrote is in ${file}. Say which editor to use with EDITOR.`,
  );
}
