// Numbers that JavaScript reads as others than were written are found wherever people write some, and refused.
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readVariables } from '../../cli/documents/variables.ts';
import { parseManifests } from '../../cli/manifests/parse.ts';
import type { Input } from '../../cli/terminal/terminal.ts';
import { inexactNumberIn } from '../../common/exactNumbers.ts';
import { givenParameters, shapeOf } from '../../common/install/parameterShapes.ts';

const BEYOND = '9007199254740993';

test.each([
  ['9007199254740991', undefined],
  ['-9007199254740991', undefined],
  ['{"a":{"b":[1,0.5,"9007199254740993"]}}', undefined],
  [BEYOND, ''],
  [`-${BEYOND}`, ''],
  ['1e999', ''],
  [`{"a":{"b":[1,${BEYOND}]}}`, 'a.b[1]'],
])('%s', (text, path) => expect(inexactNumberIn(JSON.parse(text))).toBe(path));

test('in a variable of a document they are refused, on their own and in a file', async () => {
  const none = Readable.from([]) as unknown as Input;
  expect(await readVariables({ var: ['n=9007199254740991', `s="${BEYOND}"`] }, none)).toEqual({
    n: Number.MAX_SAFE_INTEGER,
    s: BEYOND,
  });
  await expect(readVariables({ var: [`n=${BEYOND}`] }, none)).rejects.toThrow(/^--var n has a number beyond 2\^53 - 1/);
  const file = Readable.from([`{"a":[${BEYOND}]}`]) as unknown as Input;
  await expect(readVariables({ vars: '-' }, file)).rejects.toThrow(/^The file - has a number beyond 2\^53 - 1, a\[0\]/);
});

test.each(['vlan: 9007199254740993', 'vlan: 0x20000000000001', 'vlan: .inf', 'vlan: .nan'])(
  'in a manifest they are a mistake with its line: %s',
  (line) => {
    const text = `kind: Network\nmetadata:\n  name: lab\nspec:\n  ${line}\n`;
    expect(parseManifests({ file: 'lab.yaml', text })).toEqual({
      manifests: [],
      mistakes: [{ file: 'lab.yaml', line: 5, text: expect.stringMatching(/^spec\.vlan: .*in quotes\.$/) as string }],
    });
  },
);

test('as a parameter of an install they are refused, wherever they stand in it', () => {
  const given = JSON.parse(`{"size":${BEYOND},"texts":["a"]}`) as object;
  expect(givenParameters('input.set', given)).toMatchObject({ problems: [{ field: 'input.set.size' }] });
  expect(givenParameters('input.set', { size: 2 ** 53 - 1 })).toEqual({ value: { size: 2 ** 53 - 1 } });
  const number = shapeOf('number');
  expect(number('default', Number(BEYOND))).toMatchObject({ problems: [{ field: 'default' }] });
  expect(number('default', Number.MAX_SAFE_INTEGER)).toEqual({ value: Number.MAX_SAFE_INTEGER });
});
