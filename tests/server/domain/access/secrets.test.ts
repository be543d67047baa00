// Secrets: told from what is none, and from what was mistyped.
import { expect, test } from 'vitest';
import { hashSecret, mint, parseSecret, PREFIXES } from '../../../../server/domain/access/secrets.ts';
import { hashPassword, isPassword } from '../../../../server/domain/access/passwords.ts';

test.each(PREFIXES)('a %s secret is read as what it is, and shows only its beginning', (prefix) => {
  const { text, hash, shown } = mint(prefix);
  expect(parseSecret(text)).toEqual({ prefix, hash, keyHash: undefined });
  expect(hash).toBe(hashSecret(text));
  expect(text.startsWith(shown)).toBe(true);
  expect(shown.length).toBeLessThan(prefix.length + 8);
  expect(parseSecret(`${text}.abcdef`)).toEqual({ prefix, hash, keyHash: 'abcdef' });
});

test('one wrong letter, anywhere, makes it none of ours', () => {
  const { text } = mint('lab_pat');
  for (let at = 0; at < text.length; at++) {
    const wrong = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
    expect(parseSecret(wrong)).toBeUndefined();
  }
  for (const none of ['', 'lab_pat_', text.slice(0, -1), `${text}0`, `x${text}`, text.replace('pat', 'tap')])
    expect(parseSecret(none)).toBeUndefined();
});

test('a thousand secrets differ', () => {
  expect(new Set(Array.from({ length: 1000 }, () => mint('lab_ses').text)).size).toBe(1000);
});

test('a password is known by its argon2id hash alone', async () => {
  const hash = await hashPassword('correct horse battery');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await isPassword(hash, 'correct horse battery')).toBe(true);
  expect(await isPassword(hash, 'correct horse batterz')).toBe(false);
  expect(await isPassword(null, 'no password is this one')).toBe(false);
  expect(await isPassword(undefined, '')).toBe(false);
});
