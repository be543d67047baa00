// Names are DNS labels: which texts are one.
import { expect, test } from 'vitest';
import { isDnsLabel } from '../../common/dnsLabel.ts';

test.each(['a', '7', 'm-38052533e2e4', 'a--b', 'a'.repeat(63)])('%s is a label', (text) => {
  expect(isDnsLabel(text)).toBe(true);
});

test.each(['', '-a', 'a-', 'A', 'a.b', 'a_b', 'ä', 'a\n', 'a'.repeat(64)])('%j is none', (text) => {
  expect(isDnsLabel(text)).toBe(false);
});
