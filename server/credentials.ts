// Where a caller's token is found: the Authorization header, connectionParams over a WebSocket, or a browser's cookie.
import type { IncomingMessage } from 'node:http';
import type { Credentials } from './caller.ts';

const BEARER = /^Bearer +(\S+)$/i;
/** The cookie that a signed-in browser sends. */
export const SESSION_COOKIE = 'lab_session';
const COOKIE = new RegExp(`(?:^|;\\s*)${SESSION_COOKIE}=([^;\\s]+)`);

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
    address: request.socket.remoteAddress ?? '',
    agent: request.headers['user-agent'] ?? '',
  };
}
