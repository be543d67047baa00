// Trusting a labd that vouches for itself: its authority's key is shown once, and pinned.
import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, resolve as absolute } from 'node:path';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { configFile } from '../config/config.ts';
import { CliError } from '../terminal/errors.ts';
import { askFor } from '../terminal/secret.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Milliseconds to wait for a handshake. */
const PATIENCE = 10_000;

/** The SHA-256 of a certificate's key, as join tokens have it: hexadecimal, over the SPKI. */
const keyHash = (certificate: X509Certificate): string =>
  createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

/** The certificate at the root of what a server shows, and whether this machine trusts it already. */
function rootOf(address: string): Promise<{ root: X509Certificate; trusted: boolean }> {
  return new Promise((resolve, reject) => {
    const url = new URL(address);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    // A name is told to the server; an address must not be.
    const named = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port: Number(url.port || 443), ...named, rejectUnauthorized: false });
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('it takes too long')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      let one: DetailedPeerCertificate = socket.getPeerCertificate(true);
      while (one.issuerCertificate && one.issuerCertificate.fingerprint256 !== one.fingerprint256)
        one = one.issuerCertificate;
      resolve({ root: new X509Certificate(one.raw), trusted: socket.authorized });
      socket.end();
    });
  });
}

const shownBy = (url: string) =>
  rootOf(url).catch((error: Error) => {
    throw new CliError('unreachable', `labd at ${url} does not answer: ${error.message}.`);
  });

/**
 * The file with the authority that a labd is to be known by; undefined when this machine trusts it anyway. Asks, unless
 * the hash of its key was given. Throws CliError when it is another one, or nobody says yes.
 */
export async function trust(url: string, terminal: Terminal, hash?: string): Promise<string | undefined> {
  const { root, trusted } = await shownBy(url);
  const found = keyHash(root);
  if (hash !== undefined && hash.toLowerCase() !== found)
    throw new CliError(
      'unreachable',
      `The authority of ${url} has the key ${found}, not ${hash}.`,
      'Somebody may be in between: do not sign in.',
    );
  if (hash === undefined && trusted) return undefined;
  // Nothing could be told from it later: what it stands for would be signed by somebody else.
  if (!root.checkIssued(root))
    throw new CliError(
      'unreachable',
      `${url} does not show the authority that its certificate comes from.`,
      'Name that in LAB_AUTHORITY, a PEM file.',
    );
  if (hash === undefined) {
    terminal.err.write(`labd at ${url} vouches for itself. The SHA-256 of its authority's key is\n  ${found}\n`);
    const answer = await askFor(terminal, 'Trust it? [y/N] ');
    if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('failed', 'It is not trusted; nothing was kept.');
  }
  const file = absolute(dirname(configFile(terminal.env)), 'authorities', `${found}.pem`);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, root.toString(), { mode: 0o600 });
  return file;
}

/** That a labd shows another authority than the one in a file, with the keys of both. */
export async function another(
  { url, login = 'login' }: { url: string; login?: string | undefined },
  file: string,
): Promise<CliError> {
  const { root } = await shownBy(url);
  const [known, shown] = [keyHash(new X509Certificate(await readFile(file))), keyHash(root)];
  if (known === shown)
    return new CliError(
      'unreachable',
      `labd at ${url} shows its authority, whose signature its certificate lacks.`,
      'Somebody may be in between.',
    );
  return new CliError(
    'unreachable',
    `labd at ${url} comes from another authority than the one that is trusted. The SHA-256 of their keys:\n  trusted  ${known}\n  shown    ${shown}`,
    // Not the key that is shown: nobody should trust that by pasting it.
    (lab) =>
      `Somebody may be in between. If it was set up anew, ask who did for its key, and type: ${lab} ${login} --authority-hash HEX`,
  );
}
