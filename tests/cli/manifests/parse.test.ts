// What a file of manifests may look like.
import { expect, test } from 'vitest';
import { parseManifests } from '../../../cli/manifests/parse.ts';

const one = (name: string) => `apiVersion: lab/v1\nkind: Server\nmetadata:\n  name: ${name}\n`;

test('files put behind one another are told where a byte-order mark stands between them', () => {
  const { mistakes } = parseManifests({ file: 'all.yaml', text: `${one('a')}---\n\ufeff${one('b')}` });
  expect(mistakes).toContainEqual({
    file: 'all.yaml',
    line: 6,
    text: 'Another file begins here, with a byte-order mark: take the mark out.',
  });
});

test('a byte-order mark in a text is a character of it', () => {
  const { manifests, mistakes } = parseManifests({ file: 'a.yaml', text: `${one('a')}spec:\n  model: "x\ufeff"\n` });
  expect(mistakes).toEqual([]);
  expect(manifests[0]!.value['spec']).toEqual({ model: 'x\ufeff' });
});
