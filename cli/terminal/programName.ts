// How this program is called, for hints that can be pasted.
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';

function onPath(file: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
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
export function self(): string {
  const file = process.argv[1];
  if (!file) return 'lab';
  const real = realpathSync(file);
  return onPath(real) ? 'lab' : real;
}
