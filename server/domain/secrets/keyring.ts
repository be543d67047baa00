// The keys that secrets are encrypted with at rest: read from LABD_KEY or a file, never shown, told apart by an id.
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

/** A key given in LABD_KEY or LABD_KEY_FILE cannot be used; the message says which and how to make one. */
export class KeyUnusable extends Error {
  override readonly name = 'KeyUnusable';
}

/** What is stored is not what was stored under that name with that key. */
export class SecretDamaged extends Error {
  override readonly name = 'SecretDamaged';
}

/** A secret as it is stored. */
export interface Sealed {
  readonly keyId: string;
  /** Version, nonce, and encrypted text with its tag; base64url, with dots between */
  readonly ciphertext: string;
}

export interface Keyring {
  /** The id of the key that encrypts; says nothing of the key */
  readonly keyId: string;
  /** Of all keys, the one that encrypts first */
  readonly keyIds: readonly string[];
  /** Encrypts a text under a name. `bytes` are random ones. */
  seal(name: string, text: string, bytes: (size: number) => Buffer): Sealed;
  /** The text. Throws SecretDamaged, also when it was encrypted under another name or with a key that is not here. */
  open(name: string, sealed: Sealed): string;
}

/** Bytes. */
const LEAST = 32;
/** Of 32 random bytes some 30 differ; fewer than these are no chance. */
const LEAST_DISTINCT = 16;
const CIPHER = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;
const VERSION = 'v1';
const FORM = /^v1\.([\w-]{16})\.([\w-]{22,})$/;
const HOW = 'Make one with: openssl rand -base64 32';

interface Key {
  readonly id: string;
  readonly key: Buffer;
}

/** What is made of a key for one purpose. */
const derive = (raw: Buffer, purpose: string, size: number): Buffer =>
  Buffer.from(hkdfSync('sha256', raw, Buffer.alloc(0), `lab secrets ${VERSION}: ${purpose}`, size));

/** The bytes that a word stands for, in hexadecimal or base64; undefined when it is neither. */
function decoded(word: string): Buffer | undefined {
  if (/^(?:[0-9a-f]{2})+$/i.test(word)) return Buffer.from(word, 'hex');
  const plain = word
    .replace(/={1,2}$/, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/');
  if (!/^[A-Za-z0-9+/]+$/.test(plain)) return undefined;
  const bytes = Buffer.from(plain, 'base64');
  return bytes.toString('base64').replace(/=+$/, '') === plain ? bytes : undefined;
}

function keyOf(word: string, called: string): Key {
  const raw = decoded(word);
  if (raw === undefined) throw new KeyUnusable(`${called} is neither base64 nor hexadecimal. ${HOW}`);
  if (raw.length < LEAST)
    throw new KeyUnusable(
      `${called} has ${raw.length} bytes, and ${LEAST} random ones are needed: was it cut off? ${HOW}`,
    );
  if (new Set(raw).size < LEAST_DISTINCT) throw new KeyUnusable(`${called} is not random: its bytes repeat. ${HOW}`);
  return { id: derive(raw, 'key id', 8).toString('hex'), key: derive(raw, 'encryption', 32) };
}

/**
 * Reads keys, one a line or with commas between: the first encrypts, all decrypt. Lines that begin with # are left out.
 * `from` says where they were given. Throws KeyUnusable, which never shows one.
 */
export function readKeyring(text: string, from: string): Keyring {
  const words = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => line.split(/[\s,]+/))
    .filter((word) => word !== '');
  const [first, ...others] = words.map((word, i) =>
    keyOf(word, words.length === 1 ? `The key in ${from}` : `Key ${i + 1} of ${words.length} in ${from}`),
  );
  if (first === undefined) throw new KeyUnusable(`There is no key in ${from}. ${HOW}`);
  return keyringOf(first, others);
}

/** The name and the key's id are part of what the tag vouches for: a secret opens under its own name alone. */
const boundTo = (name: string, keyId: string): Buffer => Buffer.from(`lab secret ${VERSION}\n${keyId}\n${name}`);

function keyringOf(first: Key, others: readonly Key[]): Keyring {
  const known = new Map([first, ...others].map((one) => [one.id, one.key]));
  return {
    keyId: first.id,
    keyIds: [...known.keys()],
    seal(name, text, bytes) {
      const nonce = bytes(NONCE);
      const cipher = createCipheriv(CIPHER, first.key, nonce, { authTagLength: TAG }).setAAD(boundTo(name, first.id));
      const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      const ciphertext = [VERSION, nonce.toString('base64url'), encrypted.toString('base64url')].join('.');
      return { keyId: first.id, ciphertext };
    },
    open(name, { keyId, ciphertext }) {
      const key = known.get(keyId);
      if (key === undefined)
        throw new SecretDamaged(`The secret "${name}" was encrypted with the key ${keyId}, which is not here.`);
      const [, nonce, encrypted] = FORM.exec(ciphertext) ?? [];
      if (nonce === undefined || encrypted === undefined)
        throw new SecretDamaged(`The secret "${name}" is cut off, or nothing that labd wrote.`);
      const bytes = Buffer.from(encrypted, 'base64url');
      const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, 'base64url'), { authTagLength: TAG })
        .setAAD(boundTo(name, keyId))
        .setAuthTag(bytes.subarray(-TAG));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(0, -TAG)), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new SecretDamaged(`The secret "${name}" was changed where it is stored, or is that of another name.`, {
          cause,
        });
      }
    },
  };
}
