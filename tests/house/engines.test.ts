// What runs on which engine: the table in CONTRIBUTING.md is the one that tests run by, and says what is so.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Engine, engines, exceptions, notOn } from '../engines.ts';
import { importsOf, sourcesIn } from './sources.ts';

/** Without the spaces that line columns up. */
const cells = (line: string) => line.split('|').map((cell) => cell.trim());

test('CONTRIBUTING shows the table', () => {
  const all = Object.values(engines);
  const table = [
    ['Tests of databases', ...all, 'why'],
    ['all others', ...all.map(() => 'yes'), ''],
    ...exceptions.map(({ files, on, rather, why }) => [
      `\`${files}\``,
      ...all.map((engine) => (on.includes(engine) ? 'yes' : engine === rather ? 'rather' : '–')),
      why,
    ]),
  ].map((row) => ['', ...row, '']);
  const shown = readFileSync('CONTRIBUTING.md', 'utf8').split('\n').map(cells);
  const begin = shown.findIndex(([, first]) => first === table[0]![1]);
  expect([shown[begin], ...shown.slice(begin + 2, begin + 1 + table.length)]).toEqual(table);
});

test('What runs on the embedded engine runs there or on the one that is rather taken, whichever engines a run has', () => {
  const all = Object.values(engines);
  for (const { files, on, rather } of exceptions) {
    const where = (run: readonly Engine[]) => run.filter((engine) => !notOn(engine, run).includes(files));
    for (const engine of all) expect(where([engine]), files).toEqual(on.includes(engine) ? [engine] : []);
    const others = on.filter((engine) => engine !== 'embedded');
    expect(new Set(where(all)), files).toEqual(new Set(rather === undefined ? on : [rather, ...others]));
    if (rather !== undefined) expect(where(['embedded', rather]), files).toEqual([rather]);
  }
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
