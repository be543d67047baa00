// Reads the token that a machine sends with a callback, from the one place where it may be.
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';

const BEARER = /^Bearer +([\w.~+/-]{1,200}=*)$/i;

/** The token in the header. Throws a Refusal with 401 when there is none, or more than one. */
export function bearerOf({ headersDistinct }: IncomingMessage): string {
  const [header, ...more] = headersDistinct['authorization'] ?? [];
  const token = more.length === 0 ? BEARER.exec(header ?? '')?.[1] : undefined;
  if (token !== undefined) return token;
  throw new Refusal(
    401,
    'A callback needs the token of the install that is under way',
    'Send Authorization: Bearer TOKEN, once, with the token from the boot script. lab provision begins an install.',
    { headers: { 'WWW-Authenticate': 'Bearer' } },
  );
}
