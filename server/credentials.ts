// Where a caller's token is found: the Authorization header, or connectionParams over a WebSocket.
import type { IncomingMessage } from 'node:http';
import type { Credentials } from './caller.ts';

const BEARER = /^Bearer +(\S+)$/i;

export function credentialsOf(
  request: IncomingMessage,
  connectionParams?: Readonly<Record<string, unknown>>,
): Credentials {
  const inParams = connectionParams?.['Authorization'] ?? connectionParams?.['authorization'];
  const header = typeof inParams === 'string' ? inParams : request.headers.authorization;
  return {
    token: header === undefined ? undefined : BEARER.exec(header)?.[1],
    address: request.socket.remoteAddress ?? '',
  };
}
