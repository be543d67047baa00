// Dependencies point one way: server/http → schema → server/domain → server/store → prisma.
import { describe, expect, test } from 'vitest';
import { importsOf, sourcesIn } from './sources.ts';

/** From the bottom up; a file belongs to the row with the longest matching prefix, and may use its own row and those below. */
const layers: readonly (readonly string[])[] = [
  ['prisma/', 'schema/catalog.ts', 'package.json'],
  ['server/store/'],
  ['server/domain/', 'server/stream/'],
  ['schema/'],
  ['server/'],
];

function layerOf(path: string): number {
  const matches = layers.flatMap((prefixes, layer) =>
    prefixes.filter((prefix) => path.startsWith(prefix)).map((prefix) => ({ layer, length: prefix.length })),
  );
  return matches.sort((a, b) => b.length - a.length)[0]?.layer ?? Number.POSITIVE_INFINITY;
}

/** Lines such as `cli/a.ts imports server/b.ts`, of the imports of ours that a rule refuses. */
function refused(folders: string[], allowed: (from: string, to: string, dynamic: boolean) => boolean): string[] {
  return sourcesIn(...folders).flatMap((from) =>
    importsOf(from)
      .filter(({ target }) => /^(prisma|schema|server|cli|bastion|tests|scripts)\//.test(target))
      .filter(({ target, dynamic }) => !allowed(from, target, dynamic))
      .map(({ target }) => `${from} imports ${target}`),
  );
}

describe('dependencies', () => {
  test('of labd and the graph point downwards only', () => {
    expect(refused(['server', 'schema'], (from, to) => layerOf(to) <= layerOf(from))).toEqual([]);
  });

  test('of the command line lead to the catalog, and to the simulator when it is asked for', () => {
    const allowed = (_from: string, to: string, dynamic: boolean) =>
      to.startsWith('cli/') || to === 'schema/catalog.ts' || (dynamic && to.startsWith('bastion/simulate/'));
    expect(refused(['cli'], allowed)).toEqual([]);
  });

  test('of the bastion lead to the catalog', () => {
    expect(refused(['bastion'], (_from, to) => to.startsWith('bastion/') || to === 'schema/catalog.ts')).toEqual([]);
  });

  test('of the catalog do not exist', () => {
    expect(importsOf('schema/catalog.ts')).toEqual([]);
  });

  test('of rules and transactions know no GraphQL', () => {
    const graphql = sourcesIn('server/domain', 'server/store').flatMap((from) =>
      importsOf(from)
        .filter(({ target }) => /^(graphql|@pothos|graphql-.*)(\/|$)/.test(target))
        .map(({ target }) => `${from} imports ${target}`),
    );
    expect(graphql).toEqual([]);
  });

  test("on GraphQL are by the package's name: a file of it would be a second copy in the bundle, with types of its own", () => {
    const inside = sourcesIn('server', 'schema').flatMap((from) =>
      importsOf(from)
        .filter(({ target }) => target.startsWith('graphql/'))
        .map(({ target }) => `${from} imports ${target}`),
    );
    expect(inside).toEqual([]);
  });
});
