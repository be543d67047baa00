// labd's own certificate authority: made once and kept in the database, so that every labd on it has the same one.
import { createHash, createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Extension, PublicKey } from '@peculiar/x509';
import type { Database } from '../../store/types.ts';
import type { System } from '../../../common/system.ts';
import { subjectIn, subjectUris, type Certified, type Subject } from './certificateSubject.ts';
import { readRequest } from './request.ts';
import { loadX509, type X509 } from './x509.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Certificates begin this much in the past: clocks at a site may be slow, by an hour and more. */
const SLOW_CLOCK = 2 * HOUR;

/** A certificate of labd's own, with its authority's behind it. */
export interface ServerCertificate {
  /** PEM: its own, then the authority's */
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

export interface Authority {
  /** PEM */
  readonly certificate: string;
  /** SHA-256 of its key's SubjectPublicKeyInfo, hexadecimal: what join tokens carry */
  readonly keyHash: string;
  /** A certificate for labd itself, which goes by these names and addresses, and its key. */
  issueServer(server: { hosts: readonly string[] }): Promise<ServerCertificate>;
  /** A certificate for the key of a signing request. Throws InvalidInput when that cannot be taken. */
  sign(csr: string, subject: Subject): Promise<Issued>;
  /** The SubjectPublicKeyInfo of a signing request's key, DER. Throws InvalidInput when it cannot be taken. */
  keyOf(csr: string): Promise<Buffer>;
  /** Who stands in a certificate, DER; undefined when this authority did not sign it, or for a bastion or an agent. */
  read(certificate: Buffer): Certified | undefined;
}

/** An authority's certificate and private key, both PEM. */
export interface AuthorityKeys {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What an authority takes from outside. */
type Outside = Pick<System, 'now' | 'bytes'>;

export interface AuthoritySettings {
  /** Milliseconds that certificates of bastions and agents are good for */
  certificateLife: number;
  /** Milliseconds that labd's own are good for */
  serverLife: number;
}

const defaults: AuthoritySettings = {
  certificateLife: 7 * DAY,
  serverLife: 30 * DAY,
};

/** The authority that the database has; made when there is none yet. Of several who make one at once, one's is taken. */
export async function openAuthority(db: Database, settings: Partial<AuthoritySettings> = {}): Promise<Authority> {
  const find = () => db.prisma.authority.findUnique({ where: { id: 1 } });
  const known = await find();
  if (known) return authorityOf(known, db.system, settings);
  const made = await makeAuthority(db.system);
  await db.prisma.authority.createMany({ data: { id: 1, ...made }, skipDuplicates: true });
  return authorityOf((await find())!, db.system, settings);
}

/** Makes one, good for ten years. */
export async function makeAuthority({ now, bytes }: Outside): Promise<AuthorityKeys> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(bytes),
    name: [{ CN: [`lab authority ${bytes(4).toString('hex')}`] }],
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

/** An authority that signs with these keys. */
export async function authorityOf(
  { certificate, privateKey }: AuthorityKeys,
  { now, bytes }: Outside,
  settings: Partial<AuthoritySettings> = {},
): Promise<Authority> {
  const { certificateLife, serverLife } = { ...defaults, ...settings };
  const x509 = await loadX509();
  const own = new X509Certificate(certificate);
  const issuer = new x509.X509Certificate(certificate);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', derOf(privateKey), ALGORITHM, false, ['sign']);

  /** Signs; nothing outlives the authority itself. */
  const issue = async (name: string, key: PublicKey, life: number, extensions: readonly Extension[]) => {
    const at = now();
    // A certificate has whole seconds.
    const expiresAt = new Date(Math.floor(Math.min(at + life, issuer.notAfter.getTime()) / 1000) * 1000);
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
    keyHash: createHash('sha256')
      .update(own.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
    async issueServer({ hosts }) {
      const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
      const key = await x509.PublicKey.create(keys.publicKey);
      const { issuedAt, expiresAt, ...made } = await issue('labd', key, serverLife, [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        namesOf(x509, hosts),
      ]);
      return { certificate: made.certificate + certificate, key: await pemOf(keys.privateKey), issuedAt, expiresAt };
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
        return shown.checkIssued(own) && shown.verify(own.publicKey) ? subjectIn(shown) : undefined;
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

/** 127 random bits: positive, and never given twice. */
function newSerial(random: Outside['bytes']): string {
  const bytes = random(16);
  // Neither negative nor with a zero in front, which would be left out when it is read.
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

const derOf = (pem: string): Buffer => createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
}
