// Text on a terminal, descriptions as trees, and the configuration as it is read.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { readPlainConfig } from '../../../cli/config/plain-config.ts';
import { treeLines } from '../../../cli/print/tree.ts';
import { age, constant, gigabytes, harmless, painter, word } from '../../../cli/terminal/text.ts';
import { cut, widthOf } from '../../../cli/terminal/width.ts';
import { testTerminal } from '../support.ts';

describe('text', () => {
  test('is harmless whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(harmless(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
    expect(harmless('a\u001b[31mb\n')).toBe('a\\x1b[31mb\\x0a');
    expect(harmless('Größe 北京')).toBe('Größe 北京');
  });

  test.each([
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [7_199, '119m'],
    [7_200, '2h'],
    [172_800, '2d'],
    [-5, '0s'],
  ])('%d seconds ago is %s', (seconds, text) => {
    const now = Date.UTC(2026, 0, 1);
    expect(age(new Date(now - seconds * 1_000), now)).toBe(text);
  });

  test('takes words of the graph both ways, and sizes as they are sold', () => {
    expect([word('CONTROL_PLANE'), constant('Control-plane'), word(null)]).toEqual([
      'control-plane',
      'CONTROL_PLANE',
      null,
    ]);
    expect([gigabytes(480.1), gigabytes(1_000), gigabytes(1_920)]).toEqual(['480.1G', '1T', '1.9T']);
  });

  test('that is cut fits, keeps its colours whole and ends them', () => {
    expect(cut('abcdef', 4)).toBe('abcd');
    expect(cut('abc', 4)).toBe('abc');
    expect(cut('\u001b[32mabcdef\u001b[0m', 4)).toBe('\u001b[32mabcd\u001b[0m');
    expect(cut('北京北京', 5)).toBe('北京');
    fc.assert(
      fc.property(fc.string(), fc.nat(40), (text, room) => {
        const clean = harmless(text);
        expect(widthOf(cut(clean, room))).toBeLessThanOrEqual(room);
        expect(clean.startsWith(cut(clean, room))).toBe(true);
      }),
    );
  });

  test('has colour on a terminal alone, and never with NO_COLOR or on a dumb one', () => {
    const terminal = { isTTY: true } as NodeJS.WriteStream;
    expect(painter(terminal, {})('x', 'red')).toBe('\u001b[31mx\u001b[0m');
    expect(painter(terminal, {})('x', undefined)).toBe('x');
    expect(painter(terminal, { NO_COLOR: '1' })('x', 'red')).toBe('x');
    expect(painter(terminal, { TERM: 'dumb' })('x', 'red')).toBe('x');
    expect(painter({ isTTY: false }, {})('x', 'red')).toBe('x');
  });
});

describe('a tree', () => {
  test('has facts that are known, parts that have something, and lines to what belongs together', () => {
    const lines = treeLines(
      {
        title: 'server/a',
        facts: [
          ['Role', 'worker'],
          ['IP', null],
        ],
        below: [
          { title: 'Empty', facts: [['OS', null]] },
          { title: 'NICs', below: [{ title: 'eno1', facts: [['MAC', 'x']] }, { title: 'eno2' }] },
          { title: 'Disks', below: [{ title: 'sda' }] },
        ],
      },
      testTerminal(),
    );
    expect(lines).toEqual([
      'server/a',
      '├─ Role: worker',
      '├─ NICs',
      '│  ├─ eno1',
      '│  │  └─ MAC: x',
      '│  └─ eno2',
      '└─ Disks',
      '   └─ sda',
    ]);
  });

  test('breaks long facts between words at 80 columns', () => {
    const long = Array(40).fill('word').join(' ');
    const lines = treeLines({ title: 't', facts: [['Why', long]], below: [{ title: 'b' }] }, testTerminal());
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.join(' ').match(/word/g)?.length).toBe(40);
  });
});

describe('a configuration', () => {
  const contexts = [
    { name: 'local', url: 'http://127.0.0.1:4000/graphql' },
    { name: 'rack', url: 'https://labd:4443/graphql', token: 'lab_pat_x' },
  ];

  test('that lab wrote is read without a parser of YAML', () => {
    expect(readPlainConfig(stringify({ contexts, currentContext: 'rack' }))).toEqual({
      contexts,
      currentContext: 'rack',
    });
    expect(readPlainConfig(stringify({ currentContext: 'rack', contexts }))).toEqual({
      contexts,
      currentContext: 'rack',
    });
  });

  test('is never read in another way than YAML would', () => {
    const value = fc.oneof(
      fc.constantFrom('true', 'null', 'no', 'a b', 'x: y', '1', '~', 'a#b', 'a #b', '"q"', 'http://h:1/g', 'a:'),
      fc.string(),
    );
    const context = fc.record({ name: value, url: value, token: value }, { requiredKeys: ['name', 'url'] });
    fc.assert(
      fc.property(fc.array(context), value, fc.boolean(), (some, current, raw) => {
        const config = { contexts: some, currentContext: current };
        const text = raw
          ? `currentContext: ${current}\ncontexts:\n${some.map(({ name, url }) => `  - name: ${name}\n    url: ${url}\n`).join('')}`
          : stringify(config);
        const plain = readPlainConfig(text);
        if (plain) expect(plain).toEqual(parse(text));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    '',
    'contexts: []',
    'contexts:\n  - name: a',
    'contexts:\n  - name: a\n    name: b\n    url: c',
    'url: x',
    '{}',
  ])('written as %j is left to the parser of YAML', (text) => expect(readPlainConfig(text)).toBeUndefined());
});
