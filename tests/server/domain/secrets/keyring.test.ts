// The keys that secrets are encrypted with: which are taken, and what they open.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readKeyring } from '../../../../server/domain/secrets/keyring.ts';
import { loadKeyring } from '../../../../server/domain/secrets/loadKeyring.ts';

const raw = Buffer.from(Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256));
const base64 = raw.toString('base64');
const HOW = 'Make one with: openssl rand -base64 32';

describe('a key', () => {
  test('is the same in base64, URL-safe base64 and hexadecimal, with or without what ends it', () => {
    const spellings = [
      base64,
      base64.replace('=', ''),
      raw.toString('base64url'),
      raw.toString('hex'),
      `  ${base64}\n`,
    ];
    expect(new Set(spellings.map((text) => readKeyring(text, 'LABD_KEY').keyId)).size).toBe(1);
  });

  test.each([
    ['nothing', '', `There is no key in LABD_KEY. ${HOW}`],
    ['a remark alone', '# the key of the lab', `There is no key in LABD_KEY. ${HOW}`],
    ['a password', 'correct-horse battery', `Key 1 of 2 in LABD_KEY is neither base64 nor hexadecimal. ${HOW}`],
    [
      'a key cut off',
      base64.slice(0, 40),
      `The key in LABD_KEY has 30 bytes, and 32 random ones are needed: was it cut off? ${HOW}`,
    ],
    [
      'hexadecimal cut off',
      raw.toString('hex').slice(0, 62),
      `The key in LABD_KEY has 31 bytes, and 32 random ones are needed: was it cut off? ${HOW}`,
    ],
    [
      'no base64',
      `${base64.slice(0, 20)}!${base64.slice(21)}`,
      `The key in LABD_KEY is neither base64 nor hexadecimal. ${HOW}`,
    ],
    ['zeros', Buffer.alloc(32).toString('base64'), `The key in LABD_KEY is not random: its bytes repeat. ${HOW}`],
    ['one byte repeated', 'aa'.repeat(32), `The key in LABD_KEY is not random: its bytes repeat. ${HOW}`],
    [
      'a second one cut off',
      `${base64},${base64.slice(0, 12)}`,
      `Key 2 of 2 in LABD_KEY has 9 bytes, and 32 random ones are needed: was it cut off? ${HOW}`,
    ],
  ])('is not %s', (_what, text, message) => {
    expect(() => readKeyring(text, 'LABD_KEY')).toThrow(expect.objectContaining({ name: 'KeyUnusable', message }));
  });

  test('is not shown by what is wrong with it', () => {
    const cut = randomBytes(20).toString('base64');
    expect(() => readKeyring(cut, 'LABD_KEY')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(cut) }),
    );
  });

  test('may be in a file, with others and remarks', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lab-key-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'key');
    const other = randomBytes(32).toString('base64');
    await writeFile(file, `# since March\n${base64}\n# before\n${other}\n`);
    const ring = (await loadKeyring({ file }))!;
    expect(ring.keyIds).toEqual([readKeyring(base64, '').keyId, readKeyring(other, '').keyId]);
    expect(await loadKeyring(undefined)).toBeUndefined();
    await expect(loadKeyring({ file: join(folder, 'none') })).rejects.toThrow(
      `LABD_KEY_FILE names ${join(folder, 'none')}, which cannot be read (ENOENT): name a file that holds the key, and that labd may read`,
    );
  });
});

describe('a secret', () => {
  const ring = readKeyring(base64, 'LABD_KEY');
  const sealed = ring.seal('bmc/1', 'hunter2', randomBytes);

  test('opens under its name, with its key, also when another one encrypts now', () => {
    expect(ring.open('bmc/1', sealed)).toBe('hunter2');
    const later = readKeyring(`${randomBytes(32).toString('hex')}\n${base64}`, 'LABD_KEY');
    expect(later.open('bmc/1', sealed)).toBe('hunter2');
    expect(later.seal('bmc/1', 'hunter2', randomBytes).keyId).not.toBe(sealed.keyId);
  });

  test('is never encrypted alike twice, and shows nothing of itself', () => {
    const again = ring.seal('bmc/1', 'hunter2', randomBytes);
    expect(again.ciphertext).not.toBe(sealed.ciphertext);
    expect(Buffer.from(sealed.ciphertext, 'base64url').toString('latin1')).not.toContain('hunter2');
  });

  test('of another key says which it takes', () => {
    expect(() => readKeyring(randomBytes(32).toString('hex'), '').open('bmc/1', sealed)).toThrow(
      `The secret "bmc/1" was encrypted with the key ${sealed.keyId}, which is not here.`,
    );
  });

  test('of which any one bit was flipped does not open', () => {
    const [version, nonce, encrypted] = sealed.ciphertext.split('.') as [string, string, string];
    for (const [part, text] of [nonce, encrypted].entries()) {
      const bytes = Buffer.from(text, 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const parts = [nonce, encrypted];
        parts[part] = flipped.toString('base64url');
        expect(() => ring.open('bmc/1', { ...sealed, ciphertext: [version, ...parts].join('.') })).toThrow(
          'The secret "bmc/1" was changed where it is stored, or is that of another name.',
        );
      }
    }
  });
});
