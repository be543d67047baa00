// The command line gets its streams, environment, clock and chance from its entry, and takes them from nowhere else.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sourcesIn } from './sources.ts';

/** What reaches for the world outside by itself. */
const outside =
  /\bprocess\.\w+|\bconsole\.\w+|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bfrom 'node:process'/g;

/** What may, and why. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  // Which Node.js runs is what the doctor looks at, and no part of a terminal.
  'cli/doctor/machine.ts': ['process.versions'],
  // It starts another program, and ends it.
  'cli/bastion/program.ts': ['process.execPath', 'process.kill'],
};

test('only the entry of the command line touches the process, the clock and chance', () => {
  const found = sourcesIn('cli')
    .filter((file) => file.endsWith('.ts') && file !== 'cli/main.ts')
    .flatMap((file) => {
      const code = readFileSync(file, 'utf8').replaceAll(/^\s*(?:\/\/|\*|\/\*\*).*$/gm, '');
      return [...new Set(code.match(outside))]
        .filter((one) => !exceptions[file]?.includes(one))
        .map((one) => `${file} names ${one}`);
    });
  expect(found).toEqual([]);
});
