// Makes the key and the certificate of an authority, and has one authority vouch for the key of the next.
import { createPrivateKey, createPublicKey, webcrypto, X509Certificate } from 'node:crypto';
import type { System } from '../../../common/system.ts';
import { loadX509 } from './x509.ts';

export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 24 * 3_600_000;

/** What making certificates takes from outside. */
export type Outside = Pick<System, 'now' | 'bytes'>;

/** An authority's certificate and private key, both PEM. */
export interface AuthorityKeys {
  readonly certificate: string;
  readonly privateKey: string;
}

/** The key and the certificate of an authority do not belong together, or one cannot be read. */
export class AuthorityDamaged extends Error {
  override readonly name = 'AuthorityDamaged';
}

/** Makes one, good for ten years. One that is to take another's place has that one's name (`CN=…`), so that it can vouch. */
export async function makeAuthority({ now, bytes }: Outside, successorOf?: AuthorityKeys): Promise<AuthorityKeys> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const name = successorOf
    ? new x509.X509Certificate(successorOf.certificate).subjectName.toJSON()
    : [{ CN: [`lab authority ${bytes(4).toString('hex')}`] }];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(bytes),
    name,
    notBefore: new Date(now() - DAY),
    notAfter: new Date(now() + 3652 * DAY),
    keys: keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, privateKey: await pemOf(keys.privateKey) };
}

/**
 * The certificate (PEM) by which an authority vouches for the key of the next, until it ends. Both have one name, so that
 * it does not count as a certificate between (RFC 5280, 6.1.4): authorities allow none below them.
 */
export async function crossSign(
  old: AuthorityKeys,
  next: Pick<AuthorityKeys, 'certificate'>,
  endsAt: Date,
  { now, bytes }: Outside,
): Promise<string> {
  const x509 = await loadX509();
  const [issuer, subject] = [new x509.X509Certificate(old.certificate), new x509.X509Certificate(next.certificate)];
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(bytes),
    subject: subject.subjectName.toJSON(),
    issuer: issuer.subjectName.toJSON(),
    notBefore: new Date(now() - DAY),
    notAfter: wholeSeconds(Math.min(endsAt.getTime(), issuer.notAfter.getTime())),
    publicKey: subject.publicKey,
    signingKey: await webcrypto.subtle.importKey('pkcs8', derOf(old.privateKey), ALGORITHM, false, ['sign']),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(subject.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return `${made.toString('pem')}\n`;
}

/** Throws AuthorityDamaged unless a private key is that of a certificate that an authority has. */
export function checkKeys({ certificate, privateKey }: AuthorityKeys): void {
  let fit: boolean;
  try {
    const own = new X509Certificate(certificate);
    fit = own.ca && own.publicKey.equals(createPublicKey(privateKey));
  } catch (cause) {
    throw new AuthorityDamaged(
      "The authority's key or certificate in the database cannot be read: put them back from a backup.",
      {
        cause,
      },
    );
  }
  if (!fit)
    throw new AuthorityDamaged(
      "The authority's key in the database is not that of its certificate: put them back from a backup.",
    );
}

/** 127 random bits: positive, and never given twice. */
export function newSerial(random: Outside['bytes']): string {
  const bytes = random(16);
  // Neither negative nor with a zero in front, which would be left out when it is read.
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

/** A certificate has whole seconds; `at` is milliseconds since 1970. */
export const wholeSeconds = (at: number): Date => new Date(Math.floor(at / 1000) * 1000);

/** PKCS #8, DER, of the same in PEM. */
export const derOf = (pem: string): Buffer => createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });

/** PKCS #8, PEM. */
export async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
}
