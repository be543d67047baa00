// The answers that labd gives by itself, before or beside GraphQL.
import type { ServerResponse } from 'node:http';
import { Reply, send } from '../transport/exchange.ts';
import type { OriginRefusal } from '../../common/browserOrigin.ts';

/** Plain text that nobody keeps. */
export function text(
  response: ServerResponse,
  requestId: string,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  send(
    response,
    new Reply(body, { status, headers: { 'content-type': type, 'cache-control': 'no-store' } }),
    requestId,
  );
}

/** An error as GraphQL has it, for what failed before or beside GraphQL. */
export function failure(
  response: ServerResponse,
  requestId: string,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  send(
    response,
    new Reply(body, { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers } }),
    requestId,
  );
}

/** The answer to a Host or Origin that labd does not take; the connection ends with it. */
export function refuse(response: ServerResponse, requestId: string, { status, code, message }: OriginRefusal): void {
  failure(response, requestId, status, code, message, { connection: 'close' });
}

/** The answer to a credential that is worth nothing, and to none where one is needed. */
export function signInFirst(response: ServerResponse, requestId: string, message: string): void {
  failure(response, requestId, 401, 'UNAUTHENTICATED', message, { 'www-authenticate': 'Bearer realm="lab"' });
}

/** The answer to somebody who is known, and may not do this. */
export function forbid(response: ServerResponse, requestId: string, message: string): void {
  failure(response, requestId, 403, 'FORBIDDEN', message);
}

/** The answer while labd cannot serve: try again. */
export function notServingResponse(response: ServerResponse, requestId: string, doing: 'starting' | 'stopping'): void {
  failure(response, requestId, 503, 'UNAVAILABLE', `labd is ${doing}: try again shortly`, {
    connection: 'close',
    'retry-after': '1',
  });
}

/** Lets the pages of one origin read the answer. */
export function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-methods', 'GET, POST');
  response.setHeader('access-control-allow-headers', 'authorization, content-type, x-request-id');
  response.setHeader('access-control-expose-headers', 'x-request-id');
  response.setHeader('access-control-max-age', '600');
  response.setHeader('vary', 'origin');
}

/** Ends a WebSocket handshake with a reason that people can read. */
export function abortHandshake(socket: { end(data: string): unknown }, status: number, message: string): void {
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(message)}\r\n\r\n${message}`,
  );
}
