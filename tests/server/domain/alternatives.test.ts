// Alternatives that are said at once, and conditions that are turned round, mean what they meant.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyOf, everyOf, opposite, unweighed } from '../../../server/domain/alternatives.ts';
import { matches, type Where } from '../../../server/domain/where.ts';

const eq = (column: string, value: string): Where => ({ [column]: { equals: value } });
const guarded = (column: string, inner: Where): Where => ({ AND: [{ [column]: { not: null } }, inner] });

describe('alternatives', () => {
  test.each<[string, Where[], Where]>([
    ['of one column are one list', [eq('a', 'x'), eq('a', 'y')], { a: { in: ['x', 'y'] } }],
    ['that are the same are one', [eq('a', 'x'), eq('a', 'x'), eq('a', 'y')], { a: { in: ['x', 'y'] } }],
    [
      'keep to their columns',
      [eq('a', 'x'), eq('b', 'y'), eq('a', 'z')],
      { OR: [{ a: { in: ['x', 'z'] } }, eq('b', 'y')] },
    ],
    [
      'within alternatives are found',
      [{ OR: [eq('a', 'x'), eq('a', 'y')] }, eq('a', 'z')],
      { a: { in: ['x', 'y', 'z'] } },
    ],
    [
      'of a nullable column keep their guard',
      [guarded('a', eq('a', 'x')), guarded('a', eq('a', 'y'))],
      guarded('a', { a: { in: ['x', 'y'] } }),
    ],
    [
      'about what a column leads to say once who sees it',
      ['x', 'y'].map((value) => ({ AND: [guarded('aId', eq('aId', value)), { a: { cloud: 'c' } }] })),
      { AND: [guarded('aId', { aId: { in: ['x', 'y'] } }), { a: { cloud: 'c' } }] },
    ],
    [
      'of labels are one list',
      [{ t: { has: 'a' } }, { t: { hasSome: ['b', 'c'] } }],
      { t: { hasSome: ['a', 'b', 'c'] } },
    ],
    [
      'of moments are the widest',
      [{ at: { gte: new Date(5) } }, { at: { gte: new Date(3) } }],
      { at: { gte: new Date(3) } },
    ],
    ['with one that always holds always hold', [eq('a', 'x'), {}], {}],
    ['of which there are none never hold', [], { OR: [] }],
  ])('%s', (_what, given, said) => {
    expect(anyOf(...given)).toEqual(said);
  });
});

test('what rules out values of a column is one condition', () => {
  const ne = (value: string): Where => ({ OR: [{ serial: null }, { serial: { not: value } }] });
  expect(everyOf(ne('x'), ne('y'))).toEqual({ OR: [{ serial: null }, { NOT: { serial: { in: ['x', 'y'] } } }] });
  expect(everyOf({ NOT: { t: { has: 'a' } } }, { NOT: { t: { has: 'b' } } })).toEqual({
    NOT: { t: { hasSome: ['a', 'b'] } },
  });
});

test('several long lists of alternatives begin with one that never holds', () => {
  const list = (from: number): Where => ({
    OR: Array.from({ length: 40 }, (_, n) => ({ AND: [eq('a', `${from + n}`), eq('b', 'x')] })),
  });
  const never = { version: { lt: 0 } };
  expect(unweighed(list(0), never)).toEqual(list(0));
  const two = unweighed({ AND: [list(0), list(100)] }, never);
  expect(two.AND!.map(({ OR }) => OR![0])).toEqual([never, never]);
});

test('the opposite of opposites is a list of alternatives too', () => {
  const nots = ['x', 'y'].map((value) => ({ name: { not: value } }));
  expect(opposite({ AND: nots })).toEqual({ name: { in: ['x', 'y'] } });
  expect(opposite(opposite({ AND: nots }))).toEqual({ NOT: { name: { in: ['x', 'y'] } } });
});

const word = fc.constantFrom('x', 'y', 'z');
const comparison = fc.oneof(
  word.map((value) => ({ equals: value })),
  word.map((value) => ({ not: value })),
  fc.array(word, { maxLength: 3 }).map((values) => ({ in: values })),
  word.map((value) => ({ contains: value })),
);
const leaf = fc.oneof(
  comparison.map((one): Where => ({ name: one })),
  comparison.filter((one) => !('not' in one)).map((one) => guarded('serial', { serial: one })),
  word.map((value): Where => ({ OR: [{ serial: null }, { serial: { not: value } }] })),
  fc.constantFrom<Where>({ serial: null }, { serial: { not: null } }, {}),
  word.map((value): Where => ({ tokens: { has: value } })),
  fc.integer({ min: 0, max: 3 }).map((value): Where => ({ cores: { gte: value } })),
  fc.integer({ min: 0, max: 3 }).map((value): Where => ({ at: { lt: new Date(value) } })),
);
type Tree = Where | { any: Tree[] } | { all: Tree[] } | { not: Tree };
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }).map((any) => ({ any })),
    fc.array(tie('tree'), { maxLength: 4 }).map((all) => ({ all })),
    tie('tree').map((not) => ({ not })),
  ),
}));

interface Building {
  any: (wheres: Where[]) => Where;
  all: (wheres: Where[]) => Where;
  not: (where: Where) => Where;
}

/** Builds a tree by given means. */
function built(one: Tree, how: Building): Where {
  const { any, all, not } = how;
  const below = (tree: Tree) => built(tree, how);
  if ('any' in one) return any((one.any as Tree[]).map(below));
  if ('all' in one) return all((one.all as Tree[]).map(below));
  return 'not' in one ? not(below(one.not as Tree)) : one;
}

test('whatever is joined and turned round holds of the same rows as before', () => {
  const row = fc.record({
    id: fc.constant('1'),
    name: word,
    serial: fc.option(word),
    tokens: fc.array(word, { maxLength: 2 }),
    cores: fc.integer({ min: 0, max: 3 }),
    at: fc.integer({ min: 0, max: 3 }).map((at) => new Date(at)),
  });
  fc.assert(
    fc.property(tree, row, (one, given) => {
      const said = built(one, {
        any: (wheres) => anyOf(...wheres),
        all: (wheres) => everyOf(...wheres),
        not: opposite,
      });
      const meant = built(one, {
        any: (wheres) => ({ OR: wheres }),
        all: (wheres) => ({ AND: wheres }),
        not: (where) => ({ NOT: where }),
      });
      expect(matches(unweighed(said, { cores: { lt: 0 } }), given)).toBe(matches(meant, given));
      expect(matches(said, given)).toBe(matches(meant, given));
    }),
    { numRuns: 2_000, seed: 20_261_129 },
  );
});
