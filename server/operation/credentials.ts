// Where a caller's credentials are found: a token in the Authorization header, in connectionParams over a WebSocket or in
// a browser's cookie, and the certificate that a TLS connection was made with.
import type { IncomingMessage } from 'node:http';
import type { Certificate, Credentials } from '../domain/access/caller.ts';
import { peerOf } from './peer.ts';

const BEARER = /^Bearer +(\S+)$/i;
/** The cookies that signed-in browsers send: over TLS, and without it. */
export const cookieNames = { secure: '__Host-lab_session', plain: 'lab_session' } as const;

const SHOWN = Symbol('certificate');
interface Socket {
  [SHOWN]?: Certificate;
}

/** Notes on a connection who is at its other end; all that comes over it has that certificate. */
export function vouch(socket: object, certificate: Certificate): void {
  (socket as Socket)[SHOWN] = certificate;
}

/** What comes with an operation besides it: credentials, and what the caller's program calls itself. */
export interface Approached extends Credentials {
  readonly agent: string;
}

/** A header that is there but holds no Bearer token is a token too, one that is worth nothing. */
const bearerIn = (header: string): string => BEARER.exec(header)?.[1] ?? '';

/** A session's secret in the cookies; over TLS only in the one that nobody else can have planted. */
function cookieIn(header: string | undefined, secure: boolean): string | undefined {
  if (header === undefined) return undefined;
  const cookies = new Map(
    header.split(';').map((one) => {
      const at = one.indexOf('=');
      return [one.slice(0, at).trim(), one.slice(at + 1).trim()] as const;
    }),
  );
  return cookies.get(cookieNames.secure) ?? (secure ? undefined : cookies.get(cookieNames.plain));
}

export function credentialsOf(
  request: IncomingMessage,
  connectionParams?: Readonly<Record<string, unknown>>,
): Approached {
  const inParams = connectionParams?.['Authorization'] ?? connectionParams?.['authorization'];
  const header = typeof inParams === 'string' ? inParams : request.headers.authorization;
  const { address, secure } = peerOf(request);
  return {
    token: header !== undefined ? bearerIn(header) : cookieIn(request.headers.cookie, secure),
    certificate: (request.socket as Socket)[SHOWN],
    address,
    agent: request.headers['user-agent'] ?? '',
  };
}
