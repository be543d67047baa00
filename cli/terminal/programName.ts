// How this program is called, for hints that can be pasted.
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Terminal } from './terminal.ts';

function isOnPath(file: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      const found = join(folder, 'lab');
      accessSync(found, constants.X_OK);
      return realpathSync(found) === file;
    } catch {
      return false;
    }
  });
}

/** `lab` when that is what a shell would find, else the absolute path of this program. */
export function programName({ program, env }: Pick<Terminal, 'program' | 'env'>): string {
  if (!program) return 'lab';
  const real = realpathSync(program);
  return isOnPath(real, env['PATH'] ?? '') ? 'lab' : real;
}
