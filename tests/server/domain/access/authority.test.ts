// labd's authority: what it signs, for whom, and which signing requests it takes.
import { createPrivateKey, generateKeyPairSync, webcrypto, X509Certificate, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { authorityOf, makeAuthority, type Authority } from '../../../../server/domain/access/authority.ts';
import { loadX509 } from '../../../../server/domain/access/x509.ts';
import { requestFor } from '../../../../bastion/enrolment/request.ts';
import { realSystem } from '../../../../common/system.ts';

const subject = {
  kind: 'bastion',
  id: '0197a1f2-0000-7000-8000-000000000001',
  name: 'site-1',
  enrolment: '0197a1f2-0000-8000-8000-000000000002',
} as const;
const SECOND = 1000;

let authority: Authority;
beforeAll(async () => {
  authority = await authorityOf(await makeAuthority(realSystem), realSystem);
});

const ec = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve }).privateKey;
const derOf = (pem: string) => Buffer.from(new X509Certificate(pem).raw);

/** A signing request from the library, for keys that the bastion does not use. */
async function foreignRequest(key: KeyObject, algorithm: object): Promise<string> {
  const x509 = await loadX509();
  const { subtle } = webcrypto;
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const privateKey = await subtle.importKey('pkcs8', pkcs8, algorithm as never, true, ['sign']);
  const jwk = { ...(await subtle.exportKey('jwk', privateKey)), key_ops: ['verify'] };
  for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) delete jwk[secret];
  const publicKey = await subtle.importKey('jwk', jwk, algorithm as never, true, ['verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=mallory, O=labd',
    keys: { privateKey, publicKey },
    signingAlgorithm: algorithm as never,
    extensions: [
      new x509.BasicConstraintsExtension(true, 5, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'urn:lab:bastion:other' }]),
    ],
  });
  return request.toString('pem');
}

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey;
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

describe('an authority', () => {
  test('signs for a subject of its own choosing, whatever the request asks for', async () => {
    const csr = await foreignRequest(ec(), { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' });
    const { certificate, serial, expiresAt } = await authority.sign(csr, subject);
    const made = new X509Certificate(certificate);
    const ca = new X509Certificate(authority.certificate);
    expect(made.subject).toBe('CN=site-1');
    expect(made.ca).toBe(false);
    expect(made.subjectAltName).not.toContain('other');
    expect(made.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(made.serialNumber.toLowerCase()).toBe(serial);
    expect(made.checkIssued(ca) && made.verify(ca.publicKey)).toBe(true);
    const { kind, id, enrolment } = subject;
    expect(authority.read(made.raw)).toEqual({ kind, id, enrolment, expiresAt });
    expect(expiresAt.getTime()).toBe(Date.parse(made.validTo));
  });

  test('signs for good keys of every kind', async () => {
    const requests = await Promise.all([
      Promise.resolve(requestFor(ec('P-384'))),
      foreignRequest(generateKeyPairSync('ed25519').privateKey, { name: 'Ed25519' }),
      foreignRequest(rsa(2048), RSA),
    ]);
    for (const csr of requests) {
      const { certificate } = await authority.sign(csr, subject);
      expect(authority.read(derOf(certificate))).toMatchObject({ id: subject.id });
    }
  });

  test.each<[string, () => string | Promise<string>]>([
    ['a weak RSA key', () => foreignRequest(rsa(1024), RSA)],
    ['a curve that is not taken', () => requestFor(ec('secp256k1'))],
    ['what is no request', () => '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n'],
    ['a certificate', () => authority.certificate],
    ['a flood', () => 'x'.repeat(10_000)],
    [
      'a request that its own key did not sign',
      () => {
        const bytes = Buffer.from(requestFor(ec()).replace(/-----.*-----/g, ''), 'base64');
        bytes[bytes.length - 1]! ^= 1;
        return `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
      },
    ],
  ])('refuses %s, and says what to send', async (_what, make) => {
    await expect(authority.sign(await make(), subject)).rejects.toMatchObject({
      name: 'InvalidInput',
      field: 'input.csr',
      remedy: expect.stringContaining('P-256') as string,
    });
  });

  test('makes certificates for labd itself that are no credential', async () => {
    const made = await authority.issueServer({ hosts: ['localhost', '127.0.0.1', '::1', 'labd.example'] });
    const own = new X509Certificate(made.certificate);
    expect(own.checkHost('labd.example')).toBe('labd.example');
    expect(own.checkHost('other.example')).toBeUndefined();
    expect(own.checkIP('::1')).toBe('::1');
    expect(own.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(own.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
    expect(made.certificate.endsWith(authority.certificate)).toBe(true);
    expect(authority.read(own.raw)).toBeUndefined();
  });

  test('does not know what another authority signed', async () => {
    const other = await authorityOf(await makeAuthority(realSystem), realSystem);
    const { certificate } = await other.sign(requestFor(ec()), subject);
    expect(other.read(derOf(certificate))).toMatchObject({ id: subject.id });
    expect(authority.read(derOf(certificate))).toBeUndefined();
    expect(authority.read(Buffer.from('nothing'))).toBeUndefined();
    expect(other.keyHash).not.toBe(authority.keyHash);
  });

  test('signs nothing that outlives it', async () => {
    const keys = await makeAuthority(realSystem);
    const late = await authorityOf(keys, realSystem, { certificateLife: 20 * 365 * 24 * 3600 * SECOND });
    const { expiresAt } = await late.sign(requestFor(ec()), subject);
    expect(expiresAt.getTime()).toBe(Date.parse(new X509Certificate(keys.certificate).validTo));
  });
});
