// Trusting a labd that vouches for itself: its authority's key is shown once, and pinned.
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { dirname, resolve as absolute } from 'node:path';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { isGoodAt, isSignedBy, keyHashOf, successionOf } from '../../common/succession.ts';
import { configFile } from '../config/config.ts';
import { AuthorityDocument, type AuthorityQuery } from '../generated/documents.ts';
import { CliError } from '../terminal/errors.ts';
import { askFor } from '../terminal/secret.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Milliseconds to wait for a handshake. */
const PATIENCE = 10_000;
/** Characters of an answer at most. */
const LONGEST = 256 * 1024;

/** The certificates that a server shows, its own first, and whether this machine trusts it already. */
function chainOf(address: string): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const url = new URL(address);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    // A name is told to the server; an address must not be.
    const named = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port: Number(url.port || 443), ...named, rejectUnauthorized: false });
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('it takes too long')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const chain: X509Certificate[] = [];
      const seen = new Set<DetailedPeerCertificate>();
      let one: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
      for (; one?.raw && !seen.has(one); one = one.issuerCertificate) {
        seen.add(one);
        chain.push(new X509Certificate(one.raw));
      }
      resolve({ chain, trusted: socket.authorized });
      socket.end();
    });
  });
}

interface Shown {
  readonly chain: readonly X509Certificate[];
  readonly trusted: boolean;
}

/** The authority that labd's certificate comes from, as what is shown says; the last that is shown when that is none. */
const signerIn = ({ chain }: Shown): X509Certificate => chain[1] ?? chain[0]!;

/** Whether each certificate that is shown, up to one, was signed by the next and is good now. */
const leadsTo = ({ chain }: Shown, at: number, now: number): boolean =>
  chain.slice(0, at).every((one, i) => isSignedBy(one, chain[i + 1]!) && isGoodAt(one, now));

const shownBy = (url: string) =>
  chainOf(url).catch((error: Error) => {
    throw new CliError('unreachable', `labd at ${url} does not answer: ${error.message}.`);
  });

/**
 * The file with the authority that a labd is to be known by; undefined when this machine trusts it anyway. Asks, unless
 * the hash of its key was given. Throws CliError when it is another one, or nobody says yes.
 */
export async function trust(url: string, terminal: Terminal, hash?: string): Promise<string | undefined> {
  const shown = await shownBy(url);
  const { chain, trusted } = shown;
  const signer = signerIn(shown);
  const found = keyHashOf(signer);
  const wanted = hash?.toLowerCase();
  // The one that is meant may be an earlier one that vouches for it.
  const at = chain.findIndex((one, i) => i > 0 && keyHashOf(one) === wanted);
  if (wanted !== undefined && !(at > 0 && leadsTo(shown, at, terminal.now())))
    throw new CliError(
      'unreachable',
      `The authority of ${url} has the key ${found}, not ${hash}.`,
      'Somebody may be in between: do not sign in.',
    );
  if (hash === undefined && trusted) return undefined;
  const root = isSignedBy(signer, signer) ? signer : await askedFor(url, signer, terminal);
  // Nothing could be told from it later: what it stands for would be signed by somebody else.
  if (root === undefined)
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
  return keepAuthority(terminal, root.toString(), found);
}

/** Keeps an authority, PEM, beside the configuration, for its owner alone. Returns the file. */
export async function keepAuthority(terminal: Terminal, certificate: string, keyHash: string): Promise<string> {
  const file = absolute(dirname(configFile(terminal.env)), 'authorities', `${keyHash}.pem`);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, certificate, { mode: 0o600 });
  return file;
}

/**
 * The certificate, signed by itself, of an authority that is shown as another vouches for it: labd is asked, without a
 * token, and what it answers counts when it has the same key. Undefined when it does not.
 */
async function askedFor(
  url: string,
  signer: X509Certificate,
  terminal: Terminal,
): Promise<X509Certificate | undefined> {
  const text = await new Promise<string>((resolve) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const options = { method: 'POST', headers, rejectUnauthorized: false, agent: false, timeout: PATIENCE } as const;
    const sent = request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > LONGEST) sent.destroy(new Error());
      });
      response.on('end', () => resolve(text)).on('error', () => resolve(''));
    });
    sent.on('timeout', () => sent.destroy(new Error())).on('error', () => resolve(''));
    sent.end(JSON.stringify({ query: AuthorityDocument.toString() }));
  });
  try {
    const { certificate } = (JSON.parse(text) as { data: AuthorityQuery }).data.authority;
    const shown = { authority: certificate, crossCertificates: [] };
    return successionOf(signer, shown, terminal.now()).is === 'same' ? new X509Certificate(certificate) : undefined;
  } catch {
    return undefined;
  }
}

/** That a labd shows another authority than the one in a file, with the keys of both. */
export async function another(
  { url, login = 'login' }: { url: string; login?: string | undefined },
  file: string,
): Promise<CliError> {
  const signer = signerIn(await shownBy(url));
  const [known, shown] = [new X509Certificate(await readFile(file)), signer].map(keyHashOf) as [string, string];
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
