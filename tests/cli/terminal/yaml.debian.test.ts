// What lab prints as YAML reads the same with a reader of YAML 1.1: Python's, which most tools of the field use.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, stringify } from '../../../cli/terminal/yaml.ts';

const TEXTS = [
  ...['no', 'on', 'NO', 'Off', 'y', 'N', 'yes', 'true', 'Null', '~', '', '=', '<<', '-', '? a', '!a', '&a', '*a'],
  ...['12:30:45', '1:20', '010', '0o7', '1_000', '0b11', '0x1F', '1e3', '.5', '+1', '5.', '1.10', '.inf', '.NaN'],
  ...['2001-01-01', '2001-12-14t21:59:43.10-05:00', '190:20:30.15', '685_230.15', '02:00:00:00:00:01', '1:2:3:4:5:6'],
  ...['a\tb', '\u0085x', 'x\u0085', 'a\u2028b', '\ufeffx', '\ufffe', '\u007f', '\u0080', '\u0007', 'a\r\nb', 'a\nb\n'],
  ...['---', '--- a', '...', '  a', 'a  ', 'a: b', 'a #b', "it's", '"', '\u{1f600}', 'word '.repeat(40)],
];
const CHARACTERS = [...'yno=~:._-+0123456789eExXOoTZ \t,#%&*!|>"\'{}[]?@`\n\u0085\u2028\ufeff'];

const READ = `
import json, sys, yaml
json.dump([yaml.safe_load(text) for text in json.load(sys.stdin)], sys.stdout, default=repr)
`;
// Debian's, whatever other Python a shell finds first.
const PYTHON = '/usr/bin/python3';

function readByPython(texts: readonly string[]): unknown[] {
  const given = { input: JSON.stringify(texts), maxBuffer: 2 ** 26, encoding: 'utf8' } as const;
  return JSON.parse(execFileSync(PYTHON, ['-c', READ], given)) as unknown[];
}

function expectSame(texts: readonly string[]): void {
  const objects = texts.map((text) => ({ spec: { value: text, list: [text] }, labels: { [text]: 'x' } }));
  const printed = objects.map((object) => stringify(object));
  const read = readByPython(printed);
  for (const [i, object] of objects.entries()) {
    expect(read[i], printed[i]).toEqual(object);
    expect(parse(printed[i]!), printed[i]).toEqual(object);
  }
}

test('texts that would be something else without quotes', () => {
  expectSame(TEXTS);
});

test('thousands of random texts, as values, as keys and in lists', () => {
  const text = fc.string({ unit: fc.constantFrom(...CHARACTERS), minLength: 1, maxLength: 7 });
  fc.assert(fc.property(fc.array(text, { minLength: 250, maxLength: 250 }), expectSame), { numRuns: 20 });
});
