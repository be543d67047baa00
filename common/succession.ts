// Whether an authority is the one that is known, or follows it: each vouches for the key of the next.
import { createHash, X509Certificate } from 'node:crypto';

/** An authority as labd shows it. */
export interface ShownAuthority {
  /** PEM, signed by itself */
  readonly authority: string;
  /** PEM: by which each earlier authority vouches for the one after it, the newest first */
  readonly crossCertificates: readonly string[];
}

export type Succession = { readonly is: 'same' | 'successor' } | { readonly is: 'stranger'; readonly why: string };

/** Authorities between the known one and the one that is shown, at most. */
const MOST = 16;

/** The SHA-256 of a certificate's key (its SubjectPublicKeyInfo), as join tokens have it: hexadecimal. */
export const keyHashOf = (certificate: X509Certificate): string =>
  createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

/** Whether a certificate is good at a moment, milliseconds since 1970. */
export const isGoodAt = ({ validFrom, validTo }: X509Certificate, now: number): boolean =>
  Date.parse(validFrom) <= now && now <= Date.parse(validTo);

/** Whether one certificate was signed by the key of another, which may sign. */
export const isSignedBy = (one: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && one.checkIssued(issuer) && one.verify(issuer.publicKey);

const stranger = (why: string): Succession => ({ is: 'stranger', why });

/**
 * Whether what is shown is the known authority, or one that it vouches for, step by step. `now` is milliseconds since
 * 1970. Does not throw: what cannot be read is a stranger's.
 */
export function successionOf(
  known: X509Certificate,
  { authority, crossCertificates }: ShownAuthority,
  now: number,
): Succession {
  let newest: X509Certificate;
  let cross: X509Certificate[];
  try {
    newest = new X509Certificate(authority);
    cross = crossCertificates.slice(0, MOST).map((pem) => new X509Certificate(pem));
  } catch {
    return stranger('what it shows is no certificate');
  }
  if (!isSignedBy(newest, newest)) return stranger('its certificate is not one of an authority, signed by itself');
  if (!isGoodAt(newest, now)) return stranger('its certificate is not good now');
  if (newest.publicKey.equals(known.publicKey)) return { is: 'same' };
  if (!isGoodAt(known, now)) return stranger('the one that is known has ended');
  let { publicKey } = newest;
  for (const [i, one] of cross.entries()) {
    if (!one.ca || !one.publicKey.equals(publicKey)) break;
    if (!isGoodAt(one, now)) return stranger('what vouches for it has ended');
    if (isSignedBy(one, known)) return { is: 'successor' };
    const issuer = cross[i + 1];
    if (issuer === undefined || !isSignedBy(one, issuer)) break;
    ({ publicKey } = issuer);
  }
  return stranger('the one that is known does not vouch for it');
}
