// One request to a management controller: its certificate is looked at before anything is sent, redirects stay with the host that
// was named, and neither silence nor an endless answer keeps anybody waiting.
import { request, type IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { createHash } from 'node:crypto';
import { PowerTrouble } from './trouble.ts';

export interface Asking {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below the root of the host */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The JSON; undefined when there is none */
  readonly body: unknown;
}

export interface Host {
  /** Host, or host:port */
  readonly address: string;
  readonly authorization: string;
  readonly fingerprint: string | undefined;
  readonly insecure: boolean;
  /** Milliseconds for a connection, and for an answer */
  readonly patience: number;
  readonly signal: AbortSignal;
}

const MOST_BYTES = 1024 * 1024;
const MOST_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/** Asks, and follows redirects with the same method and body: 303 alone says to look elsewhere for the answer. */
export async function ask(host: Host, asking: Asking): Promise<Answer> {
  let at = asking;
  for (let left = MOST_REDIRECTS; ; left -= 1) {
    const answer = await askOnce(host, at);
    const { location } = answer.headers;
    if (!REDIRECTS.includes(answer.status) || location === undefined) return answer;
    if (left === 0) throw new PowerTrouble(`${host.address} redirects more than ${MOST_REDIRECTS} times.`);
    const { method, body, ...rest } = at;
    const path = pathAt(host, location, at.path);
    at = answer.status === 303 ? { ...rest, path, method: 'GET' } : { ...rest, path, method, body };
  }
}

/** The path that an address of this host's means. Throws PowerTrouble for any other host: it would get the password. */
export function pathAt({ address }: Host, location: unknown, from = '/'): string {
  const base = new URL(`https://${address}`);
  const there = typeof location === 'string' && URL.canParse(location, new URL(from, base));
  const to = there ? new URL(location, new URL(from, base)) : undefined;
  if (to === undefined || to.protocol !== 'https:' || to.host !== base.host || to.username !== '')
    throw new PowerTrouble(
      `${address} sends elsewhere, to ${JSON.stringify(location ?? null).slice(0, 200)}: nobody else gets its password. Say in spec.bmc.address where it really is.`,
    );
  return `${to.pathname}${to.search}`;
}

async function askOnce(host: Host, { method, path, body, headers = {} }: Asking): Promise<Answer> {
  const socket = await open(host);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const asked = request({
        createConnection: () => socket,
        method,
        path,
        signal: host.signal,
        headers: {
          Host: host.address,
          Accept: 'application/json',
          'OData-Version': '4.0',
          Authorization: host.authorization,
          ...(text === undefined
            ? {}
            : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
          ...headers,
        },
      });
      const late = setTimeout(
        () => reject(new PowerTrouble(`${host.address} gave no whole answer within ${host.patience / 1000} s.`)),
        host.patience,
      );
      const fail = (error: Error) => {
        clearTimeout(late);
        reject(
          error instanceof PowerTrouble ? error : new PowerTrouble(`${host.address} broke off: ${error.message}.`),
        );
      };
      asked.once('error', fail);
      asked.once('response', (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          parts.push(part);
          bytes += part.length;
          if (bytes > MOST_BYTES) fail(new PowerTrouble(`${host.address} answers with more than ${MOST_BYTES} bytes.`));
        });
        response.once('error', fail);
        response.once('end', () => {
          clearTimeout(late);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: jsonOf(Buffer.concat(parts)) });
        });
        response.once('close', () => fail(new Error('the answer has no end')));
      });
      asked.end(text);
    });
  } finally {
    socket.destroy();
  }
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return undefined;
  }
}

/** A connection to who was meant. Nothing is sent on it before that is sure. */
function open(host: Host): Promise<TLSSocket> {
  const { hostname, port } = new URL(`https://${host.address}`);
  const name = hostname.replace(/^\[|\]$/g, '');
  const { fingerprint, insecure, address } = host;
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: name,
      port: Number(port || 443),
      ...(isIP(name) === 0 && { servername: name }),
      // A pin stands in for whoever signed it.
      rejectUnauthorized: fingerprint === undefined && !insecure,
    });
    const end = (error: PowerTrouble) => {
      clearTimeout(late);
      socket.destroy();
      reject(error);
    };
    const late = setTimeout(
      () =>
        end(
          new PowerTrouble(
            `${address} does not answer within ${host.patience / 1000} s. Is it there, and reached from here?`,
          ),
        ),
      host.patience,
    );
    const aborted = () => end(new PowerTrouble(`${address} was given up.`));
    host.signal.addEventListener('abort', aborted, { once: true });
    socket.once('close', () => host.signal.removeEventListener('abort', aborted));
    socket.once('error', (error: NodeJS.ErrnoException) => end(new PowerTrouble(unreached(address, error))));
    socket.once('secureConnect', () => {
      const shown = createHash('sha256')
        .update(socket.getPeerX509Certificate()?.raw ?? '')
        .digest('hex');
      if (fingerprint !== undefined && shown !== fingerprint)
        return end(
          new PowerTrouble(
            `${address} shows another certificate than the one that is pinned: ${shown}. Was it replaced? Then set spec.bmc.fingerprint to that.`,
          ),
        );
      clearTimeout(late);
      resolve(socket);
    });
  });
}

/** Codes that say that a certificate is what is wrong. */
const CERTIFICATE = /CERT|SELF_SIGNED|ISSUER|ALTNAME/;

const unreached = (address: string, { code = '', message }: NodeJS.ErrnoException): string =>
  CERTIFICATE.test(code)
    ? `${address} shows a certificate that nobody vouches for (${code}). Pin it: set spec.bmc.fingerprint to its SHA-256, as openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -fingerprint -sha256 prints it.`
    : `${address} is not reached: ${message}.`;
