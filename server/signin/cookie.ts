// The cookie of a signed-in browser. Over TLS its name begins with __Host-: browsers then take it from this very host
// over TLS alone, so that no page of a neighbour's, and nobody on the network, can plant one of theirs.
import type { IncomingMessage } from 'node:http';
import { cookieNames } from '../operation/credentials.ts';
import { peerOf } from '../operation/peer.ts';

/** Whether the browser reached labd over TLS: by labd itself, by a proxy that labd trusts, or by the page's own address. */
function overTls(request: IncomingMessage): boolean {
  return peerOf(request).secure || request.headers.origin?.startsWith('https:') === true;
}

const cookie = (name: string, value: string, seconds: number, secure: boolean): string =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure ? '; Secure' : ''}`;

/** What keeps a session's secret in the browser for so many seconds. */
export function keptIn(request: IncomingMessage, secret: string, seconds: number): string[] {
  const secure = overTls(request);
  return [cookie(secure ? cookieNames.secure : cookieNames.plain, secret, seconds, secure)];
}

/** What makes a browser forget it. */
export function forgottenIn(request: IncomingMessage): string[] {
  const plain = cookie(cookieNames.plain, '', 0, false);
  return overTls(request) ? [cookie(cookieNames.secure, '', 0, true), plain] : [plain];
}
