// The token of an install attempt: made here, handed to the machine alone. Everybody else gets its hash.
import { createHash, timingSafeEqual } from 'node:crypto';

/** Random bytes of a token. */
const BYTES = 32;

/** What a token looks like, so that anything else need not be hashed. */
const FORM = /^lab_inst_[\w-]{43}$/;

/** Makes a token; `bytes` gives as many random bytes as it is asked for. */
export const makeToken = (bytes: (size: number) => Buffer): string => `lab_inst_${bytes(BYTES).toString('base64url')}`;

/** SHA-256 in hexadecimal. The token is random and long, so nothing slower is needed. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Whether a token, as somebody sent it, is the one with this hash; takes as long whichever it is. */
export const isToken = (given: string, hash: string): boolean =>
  FORM.test(given) && timingSafeEqual(Buffer.from(hashToken(given)), Buffer.from(hash));
