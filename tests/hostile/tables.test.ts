// The tables of hostile cases, counted: how many there are, each under a name of its own.
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { HostileCase } from './cases.ts';

const LEAST = 150;

const files = readdirSync(new URL('tables/', import.meta.url));
/** Rows are made before what they attack has started: none of them needs it until it is run. */
const tables = await Promise.all(
  files.map(async (file) => {
    const { rows } = (await import(`./tables/${file}`)) as { rows: (target: object) => HostileCase[] };
    return { file, names: rows({}).map(({ name }) => name) };
  }),
);
const names = tables.flatMap((table) => table.names);

test(`at least ${LEAST} cases have a name, and no two the same`, () => {
  expect(names.length).toBeGreaterThanOrEqual(LEAST);
  expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([]);
  for (const { file, names: some } of tables) expect(some.length, file).toBeGreaterThan(0);
});
