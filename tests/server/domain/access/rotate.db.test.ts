// Replacing the authority in a database: what the old one vouches for, until when, and how running labd follow.
import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { requestFor } from '../../../../bastion/enrolment/request.ts';
import { successionOf } from '../../../../common/succession.ts';
import { realSystem } from '../../../../common/system.ts';
import { encryptAuthorities, openAuthority } from '../../../../server/domain/access/authorities.ts';
import { rotateAuthority } from '../../../../server/domain/access/rotate.ts';
import { readKeyring } from '../../../../server/domain/secrets/keyring.ts';
import { openSecrets } from '../../../../server/domain/secrets/secrets.ts';
import { Hub } from '../../../../server/stream/hub.ts';
import { keepingLogger, openTestDatabase, type TestDatabase } from '../../../support/database.ts';

const HOUR = 3_600_000;
const subject = {
  kind: 'bastion',
  id: '0197a1f2-0000-7000-8000-000000000001',
  name: 'site-1',
  enrolment: '0197a1f2-0000-8000-8000-000000000002',
} as const;
const csr = requestFor(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const derOf = (pem: string) => Buffer.from(new X509Certificate(pem).raw);

/** A database, a clock that can be set, and the authority as a running labd has it. */
async function open(key?: string) {
  const clock = { ahead: 0 };
  const system = { ...realSystem, now: () => realSystem.now() + clock.ahead };
  const db: TestDatabase = await openTestDatabase({ forThisTest: true, logger: keepingLogger(), system });
  const keyring = key === undefined ? undefined : readKeyring(key, 'LABD_KEY');
  const secrets = await openSecrets(db, { keyring, adopt: encryptAuthorities });
  const authority = await openAuthority(db, secrets);
  onTestFinished(() => authority.close());
  return { db, clock, secrets, authority };
}

describe('an authority that is replaced', () => {
  test.each([
    ['with its key as it is', undefined],
    ['with its key encrypted', randomBytes(32).toString('base64')],
  ])('%s vouches for the new one, is good for a while, and cannot sign any more', async (_what, key) => {
    const { db, clock, secrets, authority } = await open(key);
    const before = authority.certificate;
    const { certificate } = await authority.sign(csr, subject);
    const rotated = await rotateAuthority(db, secrets, HOUR);
    await authority.reload();
    expect(authority.keyHash).toBe(rotated.keyHash);
    expect(authority.replaced).toEqual([{ keyHash: rotated.before, endsAt: rotated.endsAt }]);
    const shown = { authority: authority.certificate, crossCertificates: authority.crossCertificates };
    expect(successionOf(new X509Certificate(before), shown, Date.now())).toEqual({ is: 'successor' });
    expect(authority.read(derOf(certificate))).toMatchObject({ id: subject.id, expiresAt: rotated.endsAt });
    expect(await db.prisma.authority.findUniqueOrThrow({ where: { id: 1 } })).toMatchObject({ privateKey: null });
    expect(await db.prisma.sealedSecret.findUnique({ where: { name: 'authority/1' } })).toBeNull();
    clock.ahead = HOUR + 1;
    expect(authority.read(derOf(certificate))).toBeUndefined();
    expect([authority.replaced, authority.crossCertificates, authority.trusted]).toEqual([
      [],
      [],
      [authority.certificate],
    ]);
  });

  test('twice within the overlap leads from the first to the last, as long as the one between is good', async () => {
    const { db, secrets, authority } = await open();
    const first = authority.certificate;
    await rotateAuthority(db, secrets, 10 * HOUR);
    const { endsAt } = await rotateAuthority(db, secrets, HOUR);
    await authority.reload();
    const shown = { authority: authority.certificate, crossCertificates: authority.crossCertificates };
    expect(shown.crossCertificates).toHaveLength(2);
    expect(successionOf(new X509Certificate(first), shown, Date.now())).toEqual({ is: 'successor' });
    expect(authority.replaced.map((one) => one.endsAt)).toEqual([endsAt, endsAt]);
  });

  test('without an overlap is worthless at once, and vouches for nothing', async () => {
    const { db, secrets, authority } = await open();
    const before = new X509Certificate(authority.certificate);
    const { certificate } = await authority.sign(csr, subject);
    await rotateAuthority(db, secrets, 0);
    await authority.reload();
    expect(authority.read(derOf(certificate))).toBeUndefined();
    const shown = { authority: authority.certificate, crossCertificates: authority.crossCertificates };
    expect(successionOf(before, shown, Date.now())).toEqual({
      is: 'stranger',
      why: 'the one that is known does not vouch for it',
    });
  });

  test('by two at once is replaced once', async () => {
    const { db, secrets } = await open();
    const results = await Promise.allSettled([rotateAuthority(db, secrets, HOUR), rotateAuthority(db, secrets, HOUR)]);
    const refused = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    // Either may have been done before the other began.
    for (const { reason } of refused) expect(reason).toMatchObject({ name: 'RotationRefused' });
    expect(await db.prisma.authority.count()).toBe(3 - refused.length);
  });

  test('is followed by a labd that reads the change log, without its keys there', async () => {
    const { db, secrets, authority } = await open();
    const hub = new Hub({ database: db, logger: db.logger, beforeSubscribers: (changes) => authority.follow(changes) });
    await hub.start();
    onTestFinished(() => hub.close());
    let told = 0;
    authority.onChange(() => (told += 1));
    const { keyHash, before } = await rotateAuthority(db, secrets, HOUR);
    await expect.poll(() => authority.keyHash).toBe(keyHash);
    expect(told).toBe(1);
    expect(await db.prisma.change.findMany({ where: { kind: 'Authority' }, orderBy: { rev: 'asc' } })).toMatchObject([
      { operation: 'DELETE', action: 'rotateAuthority', before: { keyHash: before }, after: null },
      { operation: 'CREATE', action: 'rotateAuthority', before: null, after: { keyHash } },
    ]);
  });

  test('goes on while its successor cannot be read', async () => {
    const { db, authority } = await open();
    const { keyHash } = authority;
    await db.prisma.authority.create({ data: { id: 2, certificate: 'nonsense', privateKey: 'nonsense' } });
    await authority.reload();
    expect(authority.keyHash).toBe(keyHash);
    const { lines } = db.logger as ReturnType<typeof keepingLogger>;
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      message: 'The authority cannot be read: the one before goes on',
    });
  });
});
