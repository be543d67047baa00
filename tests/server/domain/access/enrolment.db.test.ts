// Enrolment: what a token lets in, once, and how that ends.
import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { requestFor } from '../../../../bastion/enrolment/request.ts';
import { authorityOf, makeAuthority, type Authority } from '../../../../server/domain/access/authority.ts';
import { openAuthority } from '../../../../server/domain/access/authorities.ts';
import { openSecrets } from '../../../../server/domain/secrets/secrets.ts';
import { enrol, type EnrolInput } from '../../../../server/domain/access/enrol.ts';
import { renew, revoke } from '../../../../server/domain/access/renew.ts';
import { mint } from '../../../../server/domain/access/secrets.ts';
import { Conflict, type InvalidInput } from '../../../../server/domain/errors.ts';
import { openTestDatabase, tester, type TestDatabase } from '../../../support/database.ts';
import { realSystem } from '../../../../common/system.ts';

const HOUR = 3_600_000;
let authority: Authority;
beforeAll(async () => {
  authority = await authorityOf(await makeAuthority(realSystem), realSystem);
});

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

interface TokenOptions {
  name?: string;
  purpose?: string;
  subject?: string | null;
  usesLeft?: number;
  expiresAt?: Date;
  cloud?: string;
}

/** A token in the database; its text as it would be shown. */
async function makeToken(db: TestDatabase, options: TokenOptions = {}): Promise<string> {
  const { text, hash, shown } = mint('lab_join');
  const data = {
    name: `t-${hash.slice(0, 8)}`,
    purpose: 'BASTION',
    subject: null,
    usesLeft: 1,
    expiresAt: new Date(Date.now() + HOUR),
    prefix: shown,
    tokenHash: hash,
    ...options,
  };
  await db.prisma.token.create({ data });
  return `${text}.${authority.keyHash}`;
}

const ask = (db: TestDatabase, token: string, more: Partial<EnrolInput> & { key?: KeyObject } = {}) => {
  const { key = newKey(), ...input } = more;
  return enrol(db, authority, tester, { kind: 'bastion', token, csr: requestFor(key), hostname: 'site-1', ...input });
};

const open = () => openTestDatabase({ forThisTest: true });
const identity = (certificate: string) => authority.read(new X509Certificate(certificate).raw)!;
const problem = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason as InvalidInput,
  );
  return error && { name: error.name, field: error.field, message: error.message, remedy: error.remedy };
};

describe('the authority', () => {
  test('is made once, also by many labds that start at once', async () => {
    const db = await open();
    const secrets = await openSecrets(db, { keyring: undefined, adopt: () => Promise.resolve() });
    const opened = await Promise.all(Array.from({ length: 8 }, () => openAuthority(db, secrets)));
    expect(new Set(opened.map(({ keyHash }) => keyHash)).size).toBe(1);
    expect(new Set(opened.map(({ certificate }) => certificate)).size).toBe(1);
    const { expiresAt } = await opened[0]!.issueServer({ hosts: ['localhost'] });
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now());
    expect((await openAuthority(db, secrets)).keyHash).toBe(opened[0]!.keyHash);
  });
});

describe('a token', () => {
  test('lets one bastion in, in its own place, and is used up by that', async () => {
    const db = await open();
    const token = await makeToken(db, { name: 'for-site-1', subject: 'site-1', cloud: 'north' });
    const { row, issued } = await ask(db, token, { hostname: 'whatever' });
    expect(row).toMatchObject({ name: 'site-1', cloud: 'north', environment: 'default', revokedAt: null });
    expect(identity(issued.certificate)).toEqual({
      kind: 'bastion',
      id: row.id,
      enrolment: row.enrolment,
      expiresAt: row.certificateExpiresAt,
    });
    expect(row.certificateSerial).toBe(issued.serial);
    const used = await db.prisma.token.findUniqueOrThrow({ where: { name: 'for-site-1' } });
    expect(used.usesLeft).toBe(0);
    const changes = await db.prisma.change.findMany({ orderBy: { rev: 'asc' } });
    expect(changes.map(({ kind, operation, actor, name }) => [kind, operation, actor, name])).toEqual([
      ['Token', 'UPDATE', 'token/for-site-1', 'for-site-1'],
      ['Bastion', 'CREATE', 'token/for-site-1', 'site-1'],
    ]);
    expect(changes[0]).toMatchObject({ before: { usesLeft: 1, version: '1' }, after: { usesLeft: 0, version: '2' } });
    expect(JSON.stringify(changes.map(({ before, after }) => [before, after]))).not.toContain(used.tokenHash);
  });

  test(
    'of one use, raced for by two, lets in exactly one, a thousand times of a thousand',
    { timeout: 300_000 },
    async () => {
      const db = await open();
      const keys = [newKey(), newKey()] as const;
      const winners = { first: 0, second: 0 };
      for (let round = 0; round < 1000; round += 1) {
        const token = await makeToken(db);
        const answers = await Promise.allSettled(
          keys.map((key, i) => ask(db, token, { key, hostname: `b-${round}-${i}` })),
        );
        const won = answers.map(({ status }) => status === 'fulfilled');
        expect(won.filter(Boolean)).toHaveLength(1);
        const lost = answers.find((answer) => answer.status === 'rejected')!;
        expect(lost.reason).toMatchObject({ name: 'InvalidInput', field: 'input.token' });
        winners[won[0] ? 'first' : 'second'] += 1;
      }
      expect(winners.first + winners.second).toBe(1000);
      expect(await db.prisma.bastion.count()).toBe(1000);
      expect(await db.prisma.token.count({ where: { usesLeft: 0 } })).toBe(1000);
    },
  );

  test('of three uses, raced for by ten, lets in exactly three', async () => {
    const db = await open();
    const token = await makeToken(db, { usesLeft: 3 });
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => ask(db, token, { hostname: `b-${i}` })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await db.prisma.bastion.count()).toBe(3);
  });

  test('that is unknown, expired, used up, deleted, mistyped or meant for something else gets one answer', async () => {
    const db = await open();
    const usedUp = await makeToken(db, { subject: 'used' });
    await ask(db, usedUp);
    const deleted = await makeToken(db, { name: 'gone' });
    await db.prisma.token.delete({ where: { name: 'gone' } });
    const good = await makeToken(db);
    const answers = await Promise.all(
      [
        `${mint('lab_join').text}.${authority.keyHash}`,
        await makeToken(db, { expiresAt: new Date(Date.now() - 1) }),
        usedUp,
        deleted,
        good.replace(/(.)\./, (_, last: string) => `${last === 'x' ? 'y' : 'x'}.`),
        await makeToken(db, { purpose: 'AGENT' }),
        await makeToken(db, { purpose: 'API' }),
        'not a token at all',
        '',
      ].map((token) => problem(ask(db, token, { hostname: 'mallory' }))),
    );
    expect(answers[0]).toMatchObject({
      name: 'InvalidInput',
      field: 'input.token',
      remedy: expect.stringContaining('lab create token --bastion') as string,
    });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await db.prisma.bastion.findUnique({ where: { name: 'mallory' } })).toBeNull();
    const refused = await db.prisma.change.findMany({ where: { outcome: 'REFUSED' } });
    expect(refused.reduce((sum, { count }) => sum + count, 0)).toBe(answers.length);
    expect(await problem(ask(db, good))).toBeUndefined();
  });

  test('is not used up by a signing request that cannot be taken, or by another name than its own', async () => {
    const db = await open();
    const token = await makeToken(db, { subject: 'site-1' });
    expect(await problem(ask(db, token, { csr: 'nothing' }))).toMatchObject({ field: 'input.csr' });
    expect(await problem(ask(db, token, { name: 'site-2' }))).toMatchObject({ field: 'input.name' });
    expect(await db.prisma.change.count()).toBe(0);
    expect((await ask(db, token, { name: 'site-1' })).row.name).toBe('site-1');
  });

  test('for any name needs one that can be taken', async () => {
    const db = await open();
    const token = await makeToken(db);
    expect(await problem(ask(db, token, { hostname: null }))).toMatchObject({ field: 'input.name' });
    expect(await problem(ask(db, token, { hostname: 'Not A Name' }))).toMatchObject({ field: 'input.name' });
    expect((await ask(db, token, { name: 'chosen' })).row.name).toBe('chosen');
  });

  test('lets an agent in where it is for one', async () => {
    const db = await open();
    const token = await makeToken(db, { purpose: 'AGENT', subject: 'node-1' });
    const { row, issued } = await ask(db, token, { kind: 'agent' });
    expect(await db.prisma.agent.findUnique({ where: { name: 'node-1' } })).toMatchObject({ id: row.id });
    expect(identity(issued.certificate)).toMatchObject({ kind: 'agent', id: row.id, enrolment: row.enrolment });
  });

  test('answers again whoever asks again with the same key, until it expires', async () => {
    const db = await open();
    const [key, token] = [newKey(), await makeToken(db, { name: 'once' })];
    const first = await ask(db, token, { key });
    const again = await ask(db, token, { key });
    expect(again.row.id).toBe(first.row.id);
    expect(identity(again.issued.certificate).enrolment).toBe(first.row.enrolment);
    expect(await problem(ask(db, token))).toMatchObject({ field: 'input.token' });
    await db.prisma.token.update({ where: { name: 'once' }, data: { expiresAt: new Date(Date.now() - 1) } });
    expect(await problem(ask(db, token, { key }))).toMatchObject({ field: 'input.token' });
  });

  test('answers nobody again whose certificate has expired: that takes another use', async () => {
    const db = await open();
    const [key, token] = [newKey(), await makeToken(db, { name: 'long', subject: 'site-1' })];
    const { row } = await ask(db, token, { key });
    const certificateExpiresAt = new Date(Date.now() - 1);
    await db.prisma.bastion.update({ where: { id: row.id }, data: { certificateExpiresAt } });
    expect(await problem(ask(db, token, { key }))).toMatchObject({ field: 'input.token' });
    expect(await db.prisma.bastion.findUnique({ where: { id: row.id } })).toMatchObject({ certificateExpiresAt });
    await db.prisma.token.update({ where: { name: 'long' }, data: { usesLeft: 1 } });
    expect((await ask(db, token, { key })).row.id).toBe(row.id);
    expect((await db.prisma.token.findUniqueOrThrow({ where: { name: 'long' } })).usesLeft).toBe(0);
  });
});

describe('an enrolment', () => {
  test('is replaced by a token for its name: its certificates are worthless, the object is the same', async () => {
    const db = await open();
    const old = await ask(db, await makeToken(db, { subject: 'site-1' }));
    const { row, issued } = await ask(db, await makeToken(db, { subject: 'site-1' }));
    expect(row.id).toBe(old.row.id);
    expect(row.enrolment).not.toBe(old.row.enrolment);
    expect(identity(old.issued.certificate).enrolment).not.toBe(row.enrolment);
    expect(identity(issued.certificate).enrolment).toBe(row.enrolment);
    const was = identity(old.issued.certificate);
    await expect(renew(db, authority, tester, was, requestFor(newKey()))).rejects.toBeInstanceOf(Conflict);
  });

  test('is not replaced by a token for any name, nor by one for another place', async () => {
    const db = await open();
    const { row } = await ask(db, await makeToken(db, { subject: 'site-1' }));
    const any = await makeToken(db, { name: 'any' });
    expect(await problem(ask(db, any, { name: 'site-1' }))).toMatchObject({
      name: 'Conflict',
      remedy: expect.stringContaining('lab create token --bastion site-1') as string,
    });
    const elsewhere = await makeToken(db, { subject: 'site-1', cloud: 'south' });
    expect(await problem(ask(db, elsewhere))).toMatchObject({ name: 'Conflict' });
    expect(await db.prisma.bastion.findUnique({ where: { name: 'site-1' } })).toEqual(row);
    expect((await ask(db, any, { name: 'site-2' })).row.name).toBe('site-2');
  });

  test('takes a bastion that people made before it came', async () => {
    const db = await open();
    const made = await db.prisma.bastion.create({ data: { name: 'site-1' } });
    const { row } = await ask(db, await makeToken(db));
    expect(row).toMatchObject({ id: made.id, version: 2n });
  });

  test('goes on with a renewed certificate for another key', async () => {
    const db = await open();
    const { row, issued } = await ask(db, await makeToken(db));
    const renewed = await renew(db, authority, tester, identity(issued.certificate), requestFor(newKey()));
    expect(renewed.issued.serial).not.toBe(issued.serial);
    expect(identity(renewed.issued.certificate)).toMatchObject({ id: row.id, enrolment: row.enrolment });
    expect(renewed.row.certificateSerial).toBe(renewed.issued.serial);
  });

  test('ends when it is revoked, and begins again only with a token for its name that was made later', async () => {
    const db = await open();
    const key = newKey();
    const earlier = await makeToken(db, { subject: 'site-1', usesLeft: 5 });
    const { row, issued } = await ask(db, earlier, { key });
    const { value, revision } = await revoke(db, tester, 'bastion', row.id);
    expect(value).toMatchObject({ enrolment: null, revokedAt: expect.any(Date) as Date });
    const again = await revoke(db, tester, 'bastion', row.id);
    expect([revision === null, again.revision]).toEqual([false, null]);
    const was = identity(issued.certificate);
    await expect(renew(db, authority, tester, was, requestFor(key))).rejects.toBeInstanceOf(Conflict);
    expect(await problem(ask(db, earlier, { key }))).toMatchObject({ name: 'Conflict' });
    const later = await ask(db, await makeToken(db, { subject: 'site-1' }));
    expect(later.row).toMatchObject({ id: row.id, revokedAt: null });
    expect(later.row.enrolment).not.toBe(row.enrolment);
  });

  test('of what is not there cannot be revoked', async () => {
    const db = await open();
    const nobody = '0197a1f2-0000-7000-8000-000000000001';
    await expect(revoke(db, tester, 'agent', nobody)).rejects.toMatchObject({ name: 'NotFound' });
  });
});
