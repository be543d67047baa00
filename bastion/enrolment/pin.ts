// Authenticates labd before enrolment, by the hash of its authority's key, which the join token carries.
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';

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
}

/** Where a URL of https or wss leads. */
export function endOf(url: URL): { host: string; port: number; servername: string | undefined } {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(url.port || 443), servername: isIP(host) ? undefined : host };
}

/**
 * The certificate (PEM) of the authority behind labd's, whose key has the hash. Nothing is sent to labd but a handshake.
 * Throws NotLabd when no such authority vouches for what answers there, and the socket's error when nothing does.
 */
export async function findAuthority({ url, keyHash, timeout, signal }: PinOptions): Promise<string> {
  const { host, port, servername } = endOf(url);
  // What is shown is looked at below: no authority is known yet that Node could ask.
  const socket = connect({
    host,
    port,
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
  });
  socket.setTimeout(timeout, () => socket.destroy(new Error(`${url.host} did not answer in time`)));
  try {
    await once(socket, 'secureConnect', { signal });
    return check(chainOf(socket.getPeerCertificate(true)), keyHash, host).toString();
  } finally {
    socket.on('error', () => {}).destroy();
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

const keyHashOf = (certificate: X509Certificate): string =>
  createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

function check(chain: X509Certificate[], keyHash: string, host: string): X509Certificate {
  const [own] = chain;
  const authority = chain.find((one) => one.ca && keyHashOf(one) === keyHash);
  if (!own || !authority)
    throw new NotLabd(
      `What answers at ${host} is not the labd that the token is for: its authority has another key. Nothing was sent to it`,
    );
  // A bastion's certificate is from the same authority: with it one bastion could pose as labd to another.
  const labds = own.checkIssued(authority) && own.verify(authority.publicKey) && own.keyUsage?.includes(SERVER_AUTH);
  if (!labds)
    throw new NotLabd(
      `What answers at ${host} shows labd's authority, but no certificate that labd has from it. Nothing was sent to it`,
    );
  if (isIP(host) ? own.checkIP(host) === undefined : own.checkHost(host, { subject: 'never' }) === undefined)
    throw new NotLabd(
      `labd does not go by the name ${host}: start it with LABD_ALLOWED_HOSTS=${host}, or reach it by another name. It goes by ${own.subjectAltName ?? 'none'}`,
    );
  return authority;
}
