// The secrets that labd hands out: a readable prefix, 190 random bits, a checksum. Only their hash is kept.
import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What a secret is for: an API token, a session, enrolment, a link that signs a browser in. */
export const PREFIXES = ['lab_pat', 'lab_ses', 'lab_join', 'lab_link'] as const;
export type SecretPrefix = (typeof PREFIXES)[number];

export interface Minted {
  /** Shown once */
  readonly text: string;
  /** What is kept of it */
  readonly hash: string;
  /** Its readable beginning, to tell it from others */
  readonly shown: string;
}

export interface ParsedSecret {
  readonly prefix: SecretPrefix;
  readonly hash: string;
  /** The hash of labd's CA key that follows a join token's dot */
  readonly keyHash: string | undefined;
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM = 32;
const CHECKSUM = 6;
const FORM = /^(lab_[a-z]{3,4})_[0-9A-Za-z]{38}$/;

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < CHECKSUM; i++) {
    digits = DIGITS[rest % DIGITS.length]! + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}

/** What is kept of a secret: its SHA-256. It is random and long, so nothing slower is needed. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Makes a secret. */
export function mint(prefix: SecretPrefix): Minted {
  const random = Array.from({ length: RANDOM }, () => DIGITS[randomInt(DIGITS.length)]).join('');
  const body = `${prefix}_${random}`;
  const text = body + checksum(body);
  return { text, hash: hashSecret(text), shown: body.slice(0, prefix.length + 5) };
}

/** Reads a secret as somebody gave it; undefined when it is none of ours, or was mistyped. */
export function parseSecret(given: string): ParsedSecret | undefined {
  const [text = '', keyHash] = given.split('.', 2);
  const prefix = FORM.exec(text)?.[1] as SecretPrefix | undefined;
  if (prefix === undefined || !PREFIXES.includes(prefix)) return undefined;
  if (checksum(text.slice(0, -CHECKSUM)) !== text.slice(-CHECKSUM)) return undefined;
  return { prefix, hash: hashSecret(text), keyHash };
}
