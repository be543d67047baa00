// The rooms of the house: none imports what it may not, and no folders import one another in a circle.
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mayImport } from './rooms.ts';
import { importsOf, sourcesIn } from './sources.ts';

const programs = ['schema', 'server', 'cli', 'bastion', 'common', 'scripts'];
/** In these, a file at the root is what the rooms are for, or what they all build on: it is a room of its own. */
const rooted = ['schema', 'server', 'cli', 'bastion'];

/** The room that a file is in. Generated code belongs to the folder that it was generated for. */
function roomOf(path: string): string {
  const folder = dirname(path).replace(/\/generated$/, '');
  return rooted.includes(folder) && !path.includes('/generated/') ? path : folder;
}

interface Crossing {
  from: string;
  to: string;
  /** Such as `cli/a/b.ts imports server/c.ts` */
  line: string;
}

/** The imports of ours that lead from one room to another, types and dynamic ones included; documents are no code. */
const crossings: Crossing[] = sourcesIn(...programs).flatMap((file) =>
  importsOf(file)
    .filter(({ target }) => programs.some((program) => target.startsWith(`${program}/`)) && !/\.graphql$/.test(target))
    .map(({ target }) => ({ from: roomOf(file), to: roomOf(target), line: `${file} imports ${target}` }))
    .filter(({ from, to }) => from !== to),
);

/** Whether an entry of the table covers a room. */
const covers = (entry: string, room: string): boolean =>
  entry.endsWith('/**') ? `${room}/`.startsWith(entry.slice(0, -2)) : entry === room;

/** Whether it is the code that was generated for the program as a whole. */
const isGenerated = (from: string, to: string): boolean => rooted.includes(to) && from.startsWith(`${to}/`);

const allowed = ({ from, to }: Crossing): boolean =>
  covers('common/**', to) || isGenerated(from, to) || (mayImport[from] ?? []).some((entry) => covers(entry, to));

/** The circle that a room is in, as `a → b → a`; undefined when there is none. */
function circleOf(start: string, edges: ReadonlyMap<string, ReadonlySet<string>>): string | undefined {
  const ways = [[start]];
  const seen = new Set<string>();
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    for (const next of edges.get(way.at(-1)!) ?? []) {
      if (next === start) return [...way, start].join(' → ');
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

describe('rooms', () => {
  test('import only what the table in rooms.ts allows them', () => {
    const refused = crossings.filter((one) => !allowed(one));
    expect(refused.map(({ from, to, line }) => `${line}: the room ${from} may not import ${to}`)).toEqual([]);
  });

  test('are in the table, and the table has no others', () => {
    const rooms = new Set(sourcesIn(...programs).map(roomOf));
    const named = [...new Set(Object.values(mayImport).flat())].filter((entry) => !entry.endsWith('/**'));
    expect([...rooms].filter((room) => !(room in mayImport))).toEqual([]);
    expect([...Object.keys(mayImport), ...named].filter((room) => !rooms.has(room))).toEqual([]);
  });

  test('form no circle', () => {
    const edges = new Map<string, Set<string>>();
    for (const { from, to } of crossings) edges.set(from, (edges.get(from) ?? new Set()).add(to));
    expect([...edges.keys()].flatMap((room) => circleOf(room, edges) ?? [])).toEqual([]);
  });

  test('would be seen to form one', () => {
    const edges = new Map([
      ['a', new Set(['b'])],
      ['b', new Set(['c', 'd'])],
      ['c', new Set(['b'])],
    ]);
    expect(['a', 'b', 'c', 'd'].map((room) => circleOf(room, edges))).toEqual([
      undefined,
      'b → c → b',
      'c → b → c',
      undefined,
    ]);
  });

  test('that all share import Node alone', () => {
    const others = sourcesIn('common').flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => !target.startsWith('node:') && !target.startsWith('common/'))
        .map(({ target }) => `${file} imports ${target}`),
    );
    expect(others).toEqual([]);
  });
});
