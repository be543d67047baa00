// Follows labd's authority when another took its place, which the pinned one vouches for: that is pinned from then on.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isSignedBy, keyHashOf, successionOf } from '../../common/succession.ts';
import { changeConfig } from '../config/change.ts';
import { readConfig } from '../config/config.ts';
import { AuthorityDocument, type AuthorityQuery } from '../generated/documents.ts';
import { keepAuthority } from './authority.ts';
import { send } from './http.ts';
import type { Target } from './target.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Milliseconds: nobody waits long for what was not asked for. */
const PATIENCE = { silence: 5_000, starting: 0 };

/**
 * Looks whether labd's certificate comes from the authority in a file, and pins the one that it comes from when that in
 * the file vouches for it. OpenSSL has checked the connection against the file already. Says on standard error what it
 * did; throws nothing for what did not work, since what was asked of labd was answered.
 */
export async function followSuccessor(target: Target, file: string, shown: X509Certificate): Promise<void> {
  const [known, ...others] = (readFileSync(file, 'utf8').match(CERTIFICATE) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
  if (known === undefined || [known, ...others].some((one) => isSignedBy(shown, one))) return;
  const { terminal, url, showQuery: _, ...rest } = target;
  const asked = { query: AuthorityDocument.toString(), variables: {}, known: true };
  const answer = await send({ terminal, url, ...rest }, asked, PATIENCE, false).catch(() => undefined);
  const { authority } = (answer?.data ?? {}) as Partial<AuthorityQuery>;
  // A labd that is older, or away by now: the next command tries again.
  if (!authority) return;
  const { certificate, crossCertificates } = authority;
  const succession = successionOf(known, { authority: certificate, crossCertificates }, terminal.now());
  const why =
    succession.is === 'stranger'
      ? succession.why
      : isSignedBy(shown, new X509Certificate(certificate))
        ? undefined
        : "labd's certificate is not from it";
  if (why !== undefined) {
    terminal.err.write(
      `labd at ${url} names another authority than the one that is trusted, and ${why}: it is not trusted. Somebody may be in between.\n`,
    );
    return;
  }
  const keyHash = keyHashOf(new X509Certificate(certificate));
  const said = `labd at ${url} has another authority, for which the one that is trusted vouches. The SHA-256 of its key is\n  ${keyHash}\n`;
  const { contexts: there } = await readConfig(terminal);
  const about = there.filter((context) => context.authority === file);
  if (about.length === 0) {
    terminal.err.write(
      `${said}Put it in place of the other in ${file}; it is what labd answers to { authority { certificate } }.\n`,
    );
    return;
  }
  const kept = await keepAuthority(terminal, certificate, keyHash);
  await changeConfig(terminal, ({ contexts, ...rest }) => ({
    ...rest,
    contexts: contexts.map((one) => (one.authority === file ? { ...one, authority: kept } : one)),
  }));
  terminal.err.write(`${said}${about.map(({ name }) => `context/${name}`).join(', ')} trusts that from now on.\n`);
}
