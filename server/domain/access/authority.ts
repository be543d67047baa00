// labd's own certificate authority: signs for labd, bastions and agents, and knows its certificates again, also those of
// authorities whose place it took, until they end.
import { webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Extension, PublicKey } from '@peculiar/x509';
import { keyHashOf } from '../../../common/succession.ts';
import { ALGORITHM, derOf, newSerial, pemOf, wholeSeconds, type AuthorityKeys, type Outside } from './authorityKeys.ts';
import { subjectIn, subjectUris, type Certified, type Subject } from './certificateSubject.ts';
import { readRequest } from './request.ts';
import { loadX509, type X509 } from './x509.ts';

export { makeAuthority, type AuthorityKeys } from './authorityKeys.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Certificates begin this much in the past: clocks at a site may be slow, by an hour and more. */
const SLOW_CLOCK = 2 * HOUR;

/** A certificate of labd's own, with its authority's behind it. */
export interface ServerCertificate {
  /** PEM: its own, then those by which earlier authorities vouch, then the authority's that all begins with */
  readonly certificate: string;
  /** PKCS #8, PEM */
  readonly key: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** A certificate for a bastion or an agent. */
export interface Issued {
  /** PEM */
  readonly certificate: string;
  readonly serial: string;
  readonly expiresAt: Date;
}

/** An authority whose place another took, and which is good for a while. */
export interface Replaced {
  /** SHA-256 of its key's SubjectPublicKeyInfo, hexadecimal */
  readonly keyHash: string;
  readonly endsAt: Date;
}

export interface Authority {
  /** PEM */
  readonly certificate: string;
  /** SHA-256 of its key's SubjectPublicKeyInfo, hexadecimal: what join tokens carry */
  readonly keyHash: string;
  /** Since when its certificate is good, and how long */
  readonly since: Date;
  readonly expiresAt: Date;
  /** PEM: by which each earlier authority that is good vouches for the one after it, the newest first */
  readonly crossCertificates: readonly string[];
  /** The earlier ones that are good, the newest first */
  readonly replaced: readonly Replaced[];
  /** PEM: the authorities that certificates of bastions may come from now, this one first */
  readonly trusted: readonly string[];
  /** Whether its key is encrypted where it is stored */
  readonly encrypted: boolean;
  /** Calls when another took its place, or an earlier one has to be looked at again. Returns what ends that. */
  onChange(listener: () => void): () => void;
  /** A certificate for labd itself, which goes by these names and addresses, and its key. */
  issueServer(server: { hosts: readonly string[] }): Promise<ServerCertificate>;
  /** A certificate for the key of a signing request. Throws InvalidInput when that cannot be taken. */
  sign(csr: string, subject: Subject): Promise<Issued>;
  /** The SubjectPublicKeyInfo of a signing request's key, DER. Throws InvalidInput when it cannot be taken. */
  keyOf(csr: string): Promise<Buffer>;
  /** Who stands in a certificate, DER; undefined when no authority that is good signed it, or for a bastion or an agent. */
  read(certificate: Buffer): Certified | undefined;
}

/** An authority whose place another took. */
export interface Earlier {
  /** PEM, signed by itself */
  readonly certificate: string;
  /** PEM: its successor's key, signed by it; null when it vouches for none */
  readonly vouches: string | null;
  readonly endsAt: Date;
}

export interface AuthoritySettings {
  /** Milliseconds that certificates of bastions and agents are good for */
  certificateLife: number;
  /** Milliseconds that labd's own are good for */
  serverLife: number;
}

/** Milliseconds that certificates of bastions and agents are good for, when nothing else is said. */
export const CERTIFICATE_LIFE = 7 * DAY;
const defaults: AuthoritySettings = { certificateLife: CERTIFICATE_LIFE, serverLife: 30 * DAY };

/** An authority that signs with these keys, and takes the place of `earlier` ones, the newest first. */
export async function authorityOf(
  { certificate, privateKey }: AuthorityKeys,
  { now, bytes }: Outside,
  settings: Partial<AuthoritySettings> = {},
  earlier: readonly Earlier[] = [],
): Promise<Authority> {
  const { certificateLife, serverLife } = { ...defaults, ...settings };
  const x509 = await loadX509();
  const own = new X509Certificate(certificate);
  const issuer = new x509.X509Certificate(certificate);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', derOf(privateKey), ALGORITHM, false, ['sign']);
  const replaced = earlier.map((one) => ({ ...one, parsed: new X509Certificate(one.certificate) }));
  const good = () => replaced.filter(({ endsAt }) => endsAt.getTime() > now());
  /** Each vouches for the one after it: where one does not, or has ended, nothing before it leads here. */
  const vouching = () => {
    const present = good();
    const broken = present.findIndex(({ vouches }) => vouches === null);
    return broken === -1 ? present : present.slice(0, broken);
  };

  /** Signs; nothing outlives the authority itself. */
  const issue = async (name: string, key: PublicKey, life: number, extensions: readonly Extension[]) => {
    const at = now();
    const expiresAt = wholeSeconds(Math.min(at + life, issuer.notAfter.getTime()));
    const serial = newSerial(bytes);
    const made = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      subject: [{ CN: [name] }],
      issuer: issuer.subjectName.toJSON(),
      notBefore: new Date(at - SLOW_CLOCK),
      notAfter: expiresAt,
      publicKey: key,
      signingKey: signingKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.SubjectKeyIdentifierExtension.create(key),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
        ...extensions,
      ],
    });
    return { certificate: `${made.toString('pem')}\n`, serial, expiresAt, issuedAt: new Date(at) };
  };

  return {
    certificate,
    keyHash: keyHashOf(own),
    since: new Date(own.validFrom),
    expiresAt: new Date(own.validTo),
    get crossCertificates() {
      return vouching().map(({ vouches }) => vouches!);
    },
    get replaced() {
      return good().map(({ parsed, endsAt }) => ({ keyHash: keyHashOf(parsed), endsAt }));
    },
    get trusted() {
      return [certificate, ...good().map((one) => one.certificate)];
    },
    encrypted: false,
    onChange: () => () => {},
    async issueServer({ hosts }) {
      const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
      const key = await x509.PublicKey.create(keys.publicKey);
      const { issuedAt, expiresAt, ...made } = await issue('labd', key, serverLife, [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        namesOf(x509, hosts),
      ]);
      // Whoever knows an earlier authority is led from this one to that; it stands last, since chains end with it.
      const chain = vouching();
      const root = chain.at(-1)?.certificate ?? certificate;
      const shown = [made.certificate, ...chain.map(({ vouches }) => vouches!), root];
      return { certificate: shown.join(''), key: await pemOf(keys.privateKey), issuedAt, expiresAt };
    },
    async sign(csr, subject) {
      const { key } = await readRequest(x509, csr);
      const { issuedAt: _, ...issued } = await issue(subject.name, key, certificateLife, [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension(
          subjectUris(subject).map((value) => ({ type: 'url' as const, value })),
        ),
      ]);
      return issued;
    },
    keyOf: async (csr) => (await readRequest(x509, csr)).spki,
    read(der) {
      try {
        const shown = new X509Certificate(der);
        const signers = [{ parsed: own, endsAt: null }, ...good()];
        const signer = signers.find(({ parsed }) => shown.checkIssued(parsed) && shown.verify(parsed.publicKey));
        const subject = signer && subjectIn(shown);
        if (!subject || !signer.endsAt || signer.endsAt >= subject.expiresAt) return subject;
        return { ...subject, expiresAt: signer.endsAt };
      } catch {
        return undefined;
      }
    },
  };
}

function namesOf(x509: X509, hosts: readonly string[]): Extension {
  const names = hosts.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value }));
  return new x509.SubjectAlternativeNameExtension(names);
}
