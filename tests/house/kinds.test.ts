// A kind is one catalog row and one short file in each layer: none of them is missing.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { kinds } from '../../schema/catalog.ts';

const models = [...readFileSync('prisma/schema.prisma', 'utf8').matchAll(/^model (\w+) \{/gm)].map((match) => match[1]);
const sdl = readFileSync('schema/schema.graphql', 'utf8');
const onCommandLine = kinds.filter((kind) => kind.verbs.length > 0);

describe('every kind', () => {
  test.each(kinds)('$type has a model in the database', ({ type }) => {
    expect(models).toContain(type);
  });

  test.each(kinds)('$type has a file in the graph, and is in the printed graph', ({ type, field, plural }) => {
    expect(existsSync(`schema/kinds/${field}.ts`)).toBe(true);
    expect(sdl).toMatch(new RegExp(`^type ${type} implements `, 'm'));
    expect(sdl).toMatch(new RegExp(`^  ${plural}\\(`, 'm'));
  });

  test.each(onCommandLine)('$type, which has verbs, has a file in the command line', ({ field }) => {
    expect(existsSync(`cli/kinds/${field}.ts`)).toBe(true);
  });

  test('has names on the command line that no other kind has', () => {
    const names = kinds.flatMap(({ plural, aliases }) => [plural, ...aliases]);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });
});
