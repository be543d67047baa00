// Who may speak to a program through a browser: its own pages and those it was told of. Everything else that a browser
// sends on behalf of some page is refused, before any of it is read.
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** How refusals speak of the program. */
interface OriginWords {
  program: string;
  /** The variable that names more hosts, and the one that names more origins, where there is one */
  variables: { hosts: string; origins?: string };
}

export interface OriginOptions {
  /** The address it listens on */
  host: string;
  /** More names that it goes by, such as behind a proxy: host names without port */
  allowedHosts: readonly string[];
  /** Origins whose pages may call it, such as `https://ui.example` */
  allowedOrigins: readonly string[];
}

export interface OriginRefusal {
  status: 403 | 421;
  code: 'HOST_REFUSED' | 'ORIGIN_REFUSED';
  message: string;
}

/** What is asked of a request or a WebSocket handshake. */
interface OriginHeaders {
  method?: string | undefined;
  url?: string | undefined;
  headers: IncomingHttpHeaders;
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const WILDCARD: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * A check of Host, Origin and Sec-Fetch-Site. Host must be one of the program's names on any port, which ends DNS rebinding;
 * where it listens on every address, any IP address is its own, because rebinding takes a name.
 */
export function createOriginCheck({
  program,
  variables,
  host,
  allowedHosts,
  allowedOrigins,
}: OriginOptions & OriginWords): (approach: OriginHeaders) => OriginRefusal | undefined {
  const names = new Set([
    ...LOOPBACK,
    bracketed(host.toLowerCase()),
    ...allowedHosts.map((name) => bracketed(name.toLowerCase())),
  ]);
  const anyAddress = WILDCARD.has(host);
  const origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
  const refusedOrigin = (who: string): OriginRefusal => ({
    status: 403,
    code: 'ORIGIN_REFUSED',
    message: `Pages of ${who} may not call ${program}${variables.origins === undefined ? '' : `: start it with ${variables.origins}=ORIGIN if they should`}`,
  });
  return ({ method, url, headers }) => {
    const named = headers.host;
    const name = named === undefined ? '' : withoutPort(named);
    if (
      !names.has(name) &&
      !names.has(name.toLowerCase()) &&
      !(anyAddress && isIP(name.replace(/^\[|\]$/g, '')) !== 0)
    ) {
      return {
        status: 421,
        code: 'HOST_REFUSED',
        message: `${program} does not go by the name ${quoted(name)}: start it with ${variables.hosts}=${/^[\w.-]{1,253}$/.test(name) ? name : 'NAME'} if it should`,
      };
    }
    const { origin } = headers;
    if (origin !== undefined && origins.has(origin.toLowerCase())) return undefined;
    if (origin !== undefined && origin !== `http://${named}` && origin !== `https://${named}`)
      return refusedOrigin(quoted(origin));
    const site = headers['sec-fetch-site'];
    if (site === undefined || site === 'same-origin' || site === 'none' || followsLink(method, url, headers))
      return undefined;
    return refusedOrigin('another site');
  };
}

/** Somebody follows a link to a page of the program's: it may be shown, and nothing runs. */
function followsLink(method: string | undefined, url: string | undefined, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'GET' &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document' &&
    url?.includes('?') === false
  );
}

function withoutPort(host: string): string {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
}

function bracketed(name: string): string {
  return isIP(name) === 6 ? `[${name}]` : name;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
