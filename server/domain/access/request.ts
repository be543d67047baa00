// Reads certificate signing requests from untrusted senders: takes only the key, after checking its proof and strength.
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { PublicKey } from '@peculiar/x509';
import { InvalidInput } from '../errors.ts';
import type { X509 } from './x509.ts';

/** Characters of a request at most; one with an RSA key of 8,192 bits has some 3,000. */
const MOST = 8192;
const REMEDY =
  'Send a PKCS #10 request in PEM, signed by its own key: ECDSA P-256 or P-384, Ed25519, or RSA of 2,048 to 8,192 bits.';

const strongEnough: Readonly<Record<string, (key: KeyObject) => boolean>> = {
  ec: ({ asymmetricKeyDetails }) => ['prime256v1', 'secp384r1'].includes(asymmetricKeyDetails?.namedCurve ?? ''),
  ed25519: () => true,
  rsa: ({ asymmetricKeyDetails }) => {
    const { modulusLength = 0 } = asymmetricKeyDetails ?? {};
    return modulusLength >= 2048 && modulusLength <= 8192;
  },
};

/** A public key whose owner proved to have the private one. */
export interface ProvenKey {
  readonly key: PublicKey;
  /** Its SubjectPublicKeyInfo, DER */
  readonly spki: Buffer;
}

/**
 * The key of a signing request; its subject and its extensions are ignored. Throws InvalidInput for what is no request,
 * is not signed by its own key, or has a weak one.
 */
export async function readRequest(x509: X509, csr: string): Promise<ProvenKey> {
  const refuse = (what: string) => new InvalidInput('input.csr', what, REMEDY);
  if (csr.length > MOST) throw refuse(`The signing request is longer than ${MOST.toLocaleString('en')} characters.`);
  let proven: ProvenKey & { verify: () => Promise<boolean> };
  try {
    const request = new x509.Pkcs10CertificateRequest(csr);
    const spki = Buffer.from(request.publicKey.rawData);
    proven = { key: request.publicKey, spki, verify: () => request.verify() };
  } catch {
    throw refuse('The signing request cannot be read.');
  }
  if (!isGood(proven.spki)) throw refuse('The key in the signing request is of a kind or a size that is not taken.');
  if (!(await proven.verify().catch(() => false))) throw refuse('The signing request is not signed by its own key.');
  return proven;
}

function isGood(spki: Buffer): boolean {
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    return strongEnough[key.asymmetricKeyType ?? '']?.(key) ?? false;
  } catch {
    return false;
  }
}
