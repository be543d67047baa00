// Where a caller's credentials are found: a token in the Authorization header, in connectionParams over a WebSocket or in
// a browser's cookie, and the certificate that a TLS connection was made with.
import type { IncomingMessage } from 'node:http';
import type { Certificate, Credentials } from '../domain/access/caller.ts';

const BEARER = /^Bearer +(\S+)$/i;
/** The cookie that a signed-in browser sends. */
export const SESSION_COOKIE = 'lab_session';
const COOKIE = new RegExp(`(?:^|;\\s*)${SESSION_COOKIE}=([^;\\s]+)`);

const PEER = Symbol('peer');
interface Socket {
  readonly remoteAddress?: string;
  [PEER]?: Certificate;
}

/** Notes on a connection who is at its other end; all that comes over it has that certificate. */
export function vouch(socket: object, certificate: Certificate): void {
  (socket as Socket)[PEER] = certificate;
}

/** What comes with an operation besides it: credentials, and what the caller's program calls itself. */
export interface Approached extends Credentials {
  readonly agent: string;
}

/** A header that is there but holds no Bearer token is a token too, one that is worth nothing. */
const bearerIn = (header: string): string => BEARER.exec(header)?.[1] ?? '';

export function credentialsOf(
  request: IncomingMessage,
  connectionParams?: Readonly<Record<string, unknown>>,
): Approached {
  const inParams = connectionParams?.['Authorization'] ?? connectionParams?.['authorization'];
  const header = typeof inParams === 'string' ? inParams : request.headers.authorization;
  const cookie = request.headers.cookie;
  return {
    token: header !== undefined ? bearerIn(header) : cookie === undefined ? undefined : COOKIE.exec(cookie)?.[1],
    certificate: (request.socket as Socket)[PEER],
    address: request.socket.remoteAddress ?? '',
    agent: request.headers['user-agent'] ?? '',
  };
}
