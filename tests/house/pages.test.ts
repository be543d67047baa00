// The pages beside the code name files: each of them is there, and a page stays short enough to be read at once.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const pages = ['schema/how-a-query-runs.md', 'server/domain/fleet/how-a-report-arrives.md', 'schema/how-to-add.md'];

/** Paths in backticks or behind links: with a slash, or the name of a file of ours. */
const pathsIn = (text: string): string[] =>
  [...text.matchAll(/`([\w./<>-]+\/[\w./<>-]*|\w+\.(?:ts|md|prisma))`|\]\(([\w./-]+)\)/g)]
    .map((match) => match[1] ?? match[2]!)
    // What a newcomer replaces by a name of theirs.
    .filter((path) => !path.includes('<') && !path.startsWith('/') && !path.startsWith('@'));

const isThere = (page: string, path: string): boolean =>
  [path, join(dirname(page), path)].some((one) => existsSync(one) || existsSync(`${one}.ts`));

describe('the page', () => {
  test.each(pages)('%s names files that are there', (page) => {
    const named = pathsIn(readFileSync(page, 'utf8'));
    expect(named.length).toBeGreaterThan(9);
    expect(named.filter((path) => !isThere(page, path))).toEqual([]);
  });

  test.each(pages)('%s is short', (page) => {
    expect(readFileSync(page, 'utf8').split('\n').length).toBeLessThanOrEqual(65);
  });

  test.each(pages)('%s is linked to from CONTRIBUTING.md', (page) => {
    expect(readFileSync('CONTRIBUTING.md', 'utf8')).toContain(`(${page})`);
  });
});
