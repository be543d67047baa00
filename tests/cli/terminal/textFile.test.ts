// Files in other encodings are told for what they are: read as UTF-8 they would be other texts, or none.
import { describe, expect, test } from 'vitest';
import { CliError } from '../../../cli/terminal/errors.ts';
import { decodeText } from '../../../cli/terminal/textFile.ts';

const bigEndian = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const wide = (text: string): Buffer =>
  Buffer.concat([...text].map((character) => Buffer.from([...Buffer.from(character, 'utf16le'), 0, 0])));

function refusal(bytes: Buffer): { message: string; remedy: string } {
  try {
    decodeText(bytes, 'rack.yaml');
  } catch (error) {
    if (error instanceof CliError) return { message: error.message, remedy: String(error.hint) };
    throw error;
  }
  throw new Error('It was taken');
}

describe('UTF-8', () => {
  test.each([
    ['without a mark', Buffer.from('kind: Server # grüße')],
    ['with a byte-order mark', Buffer.from('\ufeffkind: Server # grüße')],
  ])('%s is taken as it is', (_called, bytes) => {
    expect(decodeText(bytes, 'rack.yaml')).toBe('kind: Server # grüße');
  });

  test.each(['', 'a', 'é', '\u20ac'])('a text as short as %j is taken', (text) => {
    expect(decodeText(Buffer.from(text), 'rack.yaml')).toBe(text);
  });
});

describe('another encoding', () => {
  test.each([
    ['UTF-16', 'with the mark of a little-endian machine', Buffer.from('\ufeffkind: Server', 'utf16le')],
    ['UTF-16', 'with the mark of a big-endian machine', bigEndian('\ufeffkind: Server')],
    ['UTF-16', 'without a mark, little-endian', Buffer.from('kind: Server', 'utf16le')],
    ['UTF-16', 'without a mark, big-endian', bigEndian('kind: Server')],
    ['UTF-32', 'with a mark', wide('\ufeffkind: Server')],
  ])('%s %s is named, with what mends it', (encoding, _called, bytes) => {
    const { message, remedy } = refusal(bytes);
    expect(message).toBe(`rack.yaml is ${encoding}, not UTF-8.`);
    expect(remedy).toContain(`iconv -f ${encoding} -t UTF-8`);
  });

  test('with letters of its own is told with the line of the first', () => {
    const bytes = Buffer.from('kind: Server\nmetadata:\n  name: grüße\nspec: {}\n', 'latin1');
    expect(refusal(bytes).message).toBe('rack.yaml is not UTF-8: line 3 has a byte that belongs to another encoding.');
  });

  test('on the last line, which does not end, is told with that line', () => {
    expect(refusal(Buffer.from('a\nb\n\xff', 'latin1')).message).toContain('line 3');
  });
});
