// What runs on which engine: the table in CONTRIBUTING.md is the one that tests run by, and says what is so.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { engines, exceptions } from '../engines.ts';
import { importsOf, sourcesIn } from './sources.ts';

/** Without the spaces that line columns up. */
const cells = (line: string) => line.split('|').map((cell) => cell.trim());

test('CONTRIBUTING shows the table', () => {
  const all = Object.values(engines);
  const table = [
    ['Tests of databases', ...all, 'why'],
    ['all others', ...all.map(() => 'yes'), ''],
    ...exceptions.map(({ files, on, why }) => [
      `\`${files}\``,
      ...all.map((engine) => (on.includes(engine) ? 'yes' : '–')),
      why,
    ]),
  ].map((row) => ['', ...row, '']);
  const shown = readFileSync('CONTRIBUTING.md', 'utf8').split('\n').map(cells);
  const begin = shown.findIndex(([, first]) => first === table[0]![1]);
  expect([shown[begin], ...shown.slice(begin + 2, begin + 1 + table.length)]).toEqual(table);
});

test('The command line and the whole reach a database through a labd of its own process, by its address', () => {
  const inside =
    /^(server\/(store|stream|operation)\/|server\/labd|schema\/index|tests\/(support\/(database|graph)|server\/|schema\/))/;
  const reaching = sourcesIn('tests/cli', 'tests/whole').flatMap((path) =>
    importsOf(path)
      .filter(({ target }) => inside.test(target))
      .map(({ target }) => `${path} imports ${target}`),
  );
  expect(reaching).toEqual(['tests/whole/processes.ts imports tests/support/database.ts']);
  const used = readFileSync('tests/whole/processes.ts', 'utf8').match(/\bplace\.\w+/g);
  expect([...new Set(used)].sort()).toEqual(['place.env', 'place.remove']);
});
