// Files stay short and say in their first line what they are for.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sourcesIn } from './sources.ts';

const LONGEST = 300;
const sources = sourcesIn('schema', 'server', 'cli', 'bastion', 'common', 'scripts', 'tests');

describe('source files', () => {
  test(`have at most ${LONGEST} lines`, () => {
    const long = sources
      .map((path) => ({ path, lines: readFileSync(path, 'utf8').split('\n').length - 1 }))
      .filter(({ lines }) => lines > LONGEST);
    expect(long).toEqual([]);
  });

  test('begin with a comment that says their one reason to exist', () => {
    const silent = sources.filter((path) => !/^(#!.*\n)?(\/\/|\/\*)/.test(readFileSync(path, 'utf8')));
    expect(silent).toEqual([]);
  });
});
