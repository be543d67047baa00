// Secrets at rest, in a database: encrypted with one key, which every labd has, and which can be changed.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encryptAuthorities, openAuthority } from '../../../../server/domain/access/authorities.ts';
import { readKeyring } from '../../../../server/domain/secrets/keyring.ts';
import { openSecrets, type Secrets } from '../../../../server/domain/secrets/secrets.ts';
import { verify } from '../../../../server/store/verify.ts';
import { keepingLogger, openTestDatabase, tester, type TestDatabase } from '../../../support/database.ts';

const newKey = () => randomBytes(32).toString('base64');
const open = () => openTestDatabase({ forThisTest: true, logger: keepingLogger() });
const secretsOf = (db: TestDatabase, ...keys: string[]): Promise<Secrets> =>
  openSecrets(db, {
    keyring: keys.length === 0 ? undefined : readKeyring(keys.join('\n'), 'LABD_KEY'),
    adopt: encryptAuthorities,
  });
const idOf = (key: string) => readKeyring(key, '').keyId;
const names = async (db: TestDatabase) =>
  (await db.prisma.sealedSecret.findMany({ orderBy: { name: 'asc' } })).map(({ name, keyId }) => [name, keyId]);
const start = async (db: TestDatabase, ...keys: string[]) => openAuthority(db, await secretsOf(db, ...keys));

describe('without a key', () => {
  test("the authority's own lies as it is, and no other secret is stored", async () => {
    const db = await open();
    const secrets = await secretsOf(db);
    await openAuthority(db, secrets);
    expect((await db.prisma.authority.findFirstOrThrow()).privateKey).toContain('PRIVATE KEY');
    await expect(db.write(tester, (tx) => secrets.put(tx, 'bmc/1', 'x'))).rejects.toMatchObject({
      name: 'Conflict',
      message: 'labd stores no secrets without a key to encrypt them with.',
      remedy:
        'Start each labd with one and the same in LABD_KEY or LABD_KEY_FILE; make it with: openssl rand -base64 32',
    });
  });
});

describe('the first key', () => {
  test("encrypts the authority's, which stays what it was, and is written down without it", async () => {
    const db = await open();
    const before = await start(db);
    const key = newKey();
    const after = await start(db, key);
    expect(after.keyHash).toBe(before.keyHash);
    expect(await db.prisma.authority.findFirstOrThrow()).toMatchObject({ privateKey: null });
    expect(await names(db)).toEqual([
      ['authority/1', idOf(key)],
      ['check', idOf(key)],
    ]);
    const rows = [await db.prisma.sealedSecret.findMany(), await db.prisma.change.findMany()];
    const everything = JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
    expect(everything).not.toContain('PRIVATE KEY');
    expect(await db.prisma.change.findMany({ where: { action: 'encryptSecrets' } })).toMatchObject([
      { kind: 'SecretKey', operation: 'CREATE', before: null, after: { keyId: idOf(key) } },
    ]);
    // The certificate that it signs is one of the same authority.
    const { certificate } = await after.issueServer({ hosts: ['localhost'] });
    expect(certificate).toContain(before.certificate);
  });

  test('is there at once where there was no authority', async () => {
    const db = await open();
    await start(db, newKey());
    expect(await db.prisma.authority.findFirstOrThrow()).toMatchObject({ privateKey: null });
    expect(await db.prisma.change.count({ where: { kind: 'SecretKey' } })).toBe(1);
  });

  test('is one, also when many labd bring it at once', async () => {
    const db = await open();
    const key = newKey();
    const all = await Promise.all(Array.from({ length: 8 }, () => start(db, key)));
    expect(new Set(all.map(({ keyHash }) => keyHash)).size).toBe(1);
    expect(await db.prisma.change.count({ where: { kind: 'SecretKey' } })).toBe(1);
  });

  test('is one, also when two labd bring a key each: the other does not start', async () => {
    const db = await open();
    const results = await Promise.allSettled([start(db, newKey()), start(db, newKey())]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { reason } = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(reason).toMatchObject({ name: 'KeyRefused' });
  });
});

describe('another key', () => {
  test('encrypts all anew when the one before is there too, which is needed no more after that', async () => {
    const db = await open();
    const [old, next] = [newKey(), newKey()];
    const { keyHash } = await start(db, old);
    const secrets = await secretsOf(db, old);
    const many = Array.from({ length: 230 }, (_, i) => `secret/${i}`);
    for (const name of ['bmc/1', ...many]) await db.write(tester, (tx) => secrets.put(tx, name, 'hunter2'));
    // It is made known to every labd before any encrypts with it.
    await secretsOf(db, old, next);
    expect(new Set((await names(db)).map(([, id]) => id))).toEqual(new Set([idOf(old)]));
    await secretsOf(db, next, old);
    expect(new Set((await names(db)).map(([, id]) => id))).toEqual(new Set([idOf(next)]));
    const later = await secretsOf(db, next);
    expect(await later.get(db.prisma, 'bmc/1')).toBe('hunter2');
    for (const name of many) expect(await later.get(db.prisma, name)).toBe('hunter2');
    expect((await openAuthority(db, later)).keyHash).toBe(keyHash);
    expect((await verify(db)).problem).toBeNull();
    await expect(secretsOf(db, old)).rejects.toThrow(/^The secrets of this database are encrypted with the key /);
  });

  test('is not begun with where a secret is damaged; the one before goes on until that is mended', async () => {
    const db = await open();
    const [old, next] = [newKey(), newKey()];
    const secrets = await secretsOf(db, old);
    for (const name of ['secret/1', 'secret/2']) await db.write(tester, (tx) => secrets.put(tx, name, 'hunter2'));
    await db.prisma.sealedSecret.update({ where: { name: 'secret/2' }, data: { ciphertext: '1.x' } });
    await expect(secretsOf(db, next, old)).rejects.toThrow(
      /^The secret "secret\/2" is .*start labd with the earlier key first/,
    );
    expect(new Set((await names(db)).map(([, id]) => id))).toEqual(new Set([idOf(old)]));
    const before = await secretsOf(db, old);
    expect(await before.get(db.prisma, 'secret/1')).toBe('hunter2');
    await db.write(tester, (tx) => before.put(tx, 'secret/2', 'hunter3'));
    expect(await (await secretsOf(db, next, old)).get(db.prisma, 'secret/2')).toBe('hunter3');
  });
});

describe('a secret', () => {
  test('is replaced and removed by its name', async () => {
    const db = await open();
    const secrets = await secretsOf(db, newKey());
    const put = (text: string) => db.write(tester, (tx) => secrets.put(tx, 'bmc/1', text));
    await put('one');
    await put('two');
    expect(await secrets.get(db.prisma, 'bmc/1')).toBe('two');
    expect(await secrets.get(db.prisma, 'bmc/2')).toBeUndefined();
    await db.write(tester, (tx) => secrets.remove(tx, 'bmc/1'));
    expect(await secrets.get(db.prisma, 'bmc/1')).toBeUndefined();
  });
});
