// Authenticates labd before enrolment, by the hash of its authority's key, which the join token carries.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { isGoodAt, isSignedBy, keyHashOf } from '../../common/succession.ts';

/** What a certificate must be good for */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** The server is not the labd that the token is for; the message says why. */
export class NotLabd extends Error {}

export interface PinOptions {
  /** https or wss */
  url: URL;
  /** SHA-256 of the authority's SubjectPublicKeyInfo, hexadecimal */
  keyHash: string;
  /** Milliseconds */
  timeout: number;
  signal: AbortSignal;
  /** By the clock here, milliseconds since 1970 */
  now: number;
}

/** Where a URL of https or wss leads. */
export function endOf(url: URL): { host: string; port: number; servername: string | undefined } {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(url.port || 443), servername: isIP(host) ? undefined : host };
}

/** A connection to labd, which has shown that it is. */
export interface Pinned {
  readonly socket: TLSSocket;
  /** PEM: the certificate with the key that the hash is of; not signed by itself where another vouches for it */
  readonly authority: string;
}

/**
 * A connection to what the authority whose key has the hash vouches for as labd, itself or through those that took its
 * place. Nothing is sent but a handshake. Throws NotLabd when that authority does not, and the socket's error when
 * nothing answers.
 */
export async function connectPinned({ url, keyHash, timeout, signal, now }: PinOptions): Promise<Pinned> {
  const { host, port, servername } = endOf(url);
  // What is shown is looked at below: no authority is known yet that Node could ask.
  const socket = connect({
    host,
    port,
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
  });
  const late = () => socket.destroy(new Error(`${url.host} did not answer in time`));
  socket.setTimeout(timeout, late);
  try {
    await once(socket, 'secureConnect', { signal });
    const authority = check(chainOf(socket.getPeerCertificate(true)), keyHash, host, now);
    return { socket: socket.setTimeout(0).off('timeout', late), authority: authority.toString() };
  } catch (error) {
    socket.on('error', () => {}).destroy();
    throw error;
  }
}

/** The certificates that were shown, the server's own first. */
function chainOf(first: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<DetailedPeerCertificate>();
  // The last one is its own issuer.
  for (let one: DetailedPeerCertificate | undefined = first; one?.raw && !seen.has(one); one = one.issuerCertificate) {
    seen.add(one);
    chain.push(new X509Certificate(one.raw));
  }
  return chain;
}

function check(chain: X509Certificate[], keyHash: string, host: string, now: number): X509Certificate {
  const [own] = chain;
  const at = chain.findIndex((one) => one.ca && keyHashOf(one) === keyHash);
  const authority = chain[at];
  if (!own || !authority)
    throw new NotLabd(
      `What answers at ${host} is not the labd that the token is for: its authority has another key. Nothing was sent to it`,
    );
  // A bastion's certificate is from the same authority: with it one bastion could pose as labd to another.
  const path = chain.slice(0, at);
  const labds = path.every((one, i) => isSignedBy(one, chain[i + 1]!)) && own.keyUsage?.includes(SERVER_AUTH);
  if (at === 0 || !labds)
    throw new NotLabd(
      `What answers at ${host} shows labd's authority, but no certificate that labd has from it. Nothing was sent to it`,
    );
  // The authority itself may be shown as another's that vouches for it: its own end is no matter of that.
  if (!path.every((one) => isGoodAt(one, now)) || (isSignedBy(authority, authority) && !isGoodAt(authority, now)))
    throw new NotLabd(
      `What answers at ${host} shows a certificate of labd's that is not good now: is the clock right here, and there? Nothing was sent to it`,
    );
  if (isIP(host) ? own.checkIP(host) === undefined : own.checkHost(host, { subject: 'never' }) === undefined)
    throw new NotLabd(
      `labd does not go by the name ${host}: start it with LABD_ALLOWED_HOSTS=${host}, or reach it by another name. It goes by ${own.subjectAltName ?? 'none'}`,
    );
  return authority;
}
