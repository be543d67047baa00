// Somebody who can write to the database, or has the wrong key: labd does not start, and says why.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encryptAuthorities, openAuthority } from '../../server/domain/access/authorities.ts';
import { makeAuthority } from '../../server/domain/access/authorityKeys.ts';
import { readKeyring } from '../../server/domain/secrets/keyring.ts';
import { openSecrets } from '../../server/domain/secrets/secrets.ts';
import { realSystem } from '../../common/system.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

const [KEY, OTHER] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')] as const;
const idOf = (key: string) => readKeyring(key, '').keyId;

/** What a start does with secrets. */
const start = async (db: TestDatabase, ...keys: string[]) => {
  const keyring = keys.length === 0 ? undefined : readKeyring(keys.join('\n'), 'LABD_KEY');
  return openAuthority(db, await openSecrets(db, { keyring, adopt: encryptAuthorities }));
};

type Row = { name: string; keyId: string; ciphertext: string };
const rowOf = async (db: TestDatabase, name: string): Promise<Row> =>
  db.prisma.sealedSecret.findUniqueOrThrow({ where: { name } });
const write = async (db: TestDatabase, name: string, data: Partial<Row>) =>
  void (await db.prisma.sealedSecret.update({ where: { name }, data }));

/** One bit of what is encrypted, flipped. */
async function flip(db: TestDatabase, name: string): Promise<void> {
  const { ciphertext } = await rowOf(db, name);
  const [version, nonce, text] = ciphertext.split('.') as [string, string, string];
  const bytes = Buffer.from(text, 'base64url');
  bytes[bytes.length >> 1]! ^= 1;
  await write(db, name, { ciphertext: [version, nonce, bytes.toString('base64url')].join('.') });
}

const REMOVED =
  'The row that shows which key encrypts secrets was removed from the database: put its table sealed_secret back from a backup.';
const changed = (name: string) => `The secret "${name}" was changed where it is stored, or is that of another name.`;
const otherKey = (given: string) =>
  `The secrets of this database are encrypted with the key ${idOf(KEY)}, and the one in LABD_KEY or LABD_KEY_FILE is ${given}: give labd the key that the others have. To change it, put the new one first and keep the old one after it`;

interface Case {
  sabotage?: (db: TestDatabase) => Promise<unknown>;
  keys?: string[];
  name: string;
  message: string;
}

const cases: Record<string, Case> = {
  'another key': { keys: [OTHER], name: 'KeyRefused', message: otherKey(idOf(OTHER)) },
  'no key': {
    keys: [],
    name: 'KeyRefused',
    message: `The secrets of this database are encrypted with the key ${idOf(KEY)}, and none was given: set LABD_KEY, or LABD_KEY_FILE, as the other labd have it`,
  },
  'two keys, neither of them the right one': {
    keys: [OTHER, 'ab'.repeat(8) + randomBytes(32).toString('hex')],
    name: 'KeyRefused',
    message: expect.stringContaining(`encrypted with the key ${idOf(KEY)}`),
  },
  "the authority's key flipped by a bit": {
    sabotage: (db) => flip(db, 'authority/1'),
    name: 'SecretDamaged',
    message: changed('authority/1'),
  },
  'the row that shows the key flipped by a bit': {
    sabotage: (db) => flip(db, 'check'),
    name: 'SecretDamaged',
    message: changed('check'),
  },
  'two secrets in the place of each other': {
    sabotage: async (db) => {
      const [one, two] = [await rowOf(db, 'check'), await rowOf(db, 'authority/1')];
      await write(db, 'check', { ciphertext: two.ciphertext });
      await write(db, 'authority/1', { ciphertext: one.ciphertext });
    },
    name: 'SecretDamaged',
    message: changed('check'),
  },
  'another secret in the place of the key': {
    sabotage: async (db) => write(db, 'authority/1', { ciphertext: (await rowOf(db, 'check')).ciphertext }),
    name: 'SecretDamaged',
    message: changed('authority/1'),
  },
  'a secret cut off': {
    sabotage: async (db) =>
      write(db, 'authority/1', { ciphertext: (await rowOf(db, 'authority/1')).ciphertext.slice(0, 20) }),
    name: 'SecretDamaged',
    message: 'The secret "authority/1" is cut off, or nothing that labd wrote.',
  },
  'a secret in clear text': {
    sabotage: (db) => write(db, 'authority/1', { ciphertext: 'hunter2' }),
    name: 'SecretDamaged',
    message: 'The secret "authority/1" is cut off, or nothing that labd wrote.',
  },
  'a secret that says another key': {
    sabotage: (db) => write(db, 'authority/1', { keyId: idOf(OTHER) }),
    name: 'SecretDamaged',
    message: `The secret "authority/1" was encrypted with the key ${idOf(OTHER)}, which is not here.`,
  },
  'a secret of the first key that says the second': {
    keys: [KEY, OTHER],
    sabotage: (db) => write(db, 'authority/1', { keyId: idOf(OTHER) }),
    name: 'SecretDamaged',
    message: changed('authority/1'),
  },
  'the row that shows the key gone': {
    sabotage: (db) => db.prisma.sealedSecret.delete({ where: { name: 'check' } }),
    name: 'SecretDamaged',
    message: REMOVED,
  },
  'all secrets gone': {
    sabotage: (db) => db.prisma.sealedSecret.deleteMany(),
    name: 'SecretDamaged',
    message: REMOVED,
  },
  'all secrets gone, and no key': {
    keys: [],
    sabotage: (db) => db.prisma.sealedSecret.deleteMany(),
    name: 'SecretDamaged',
    message: REMOVED,
  },
  "the authority's key gone": {
    sabotage: (db) => db.prisma.sealedSecret.delete({ where: { name: 'authority/1' } }),
    name: 'AuthorityDamaged',
    message: "The authority's key was removed from the database: put it back from a backup.",
  },
  'another authority put there in clear text': {
    sabotage: async (db) => db.prisma.authority.update({ where: { id: 1 }, data: await makeAuthority(realSystem) }),
    name: 'AuthorityDamaged',
    message:
      "The authority's key lies in the database unencrypted, though its secrets are encrypted: somebody put it there. Put it back from a backup.",
  },
  'a later authority put there in clear text': {
    sabotage: async (db) => db.prisma.authority.create({ data: { id: 2, ...(await makeAuthority(realSystem)) } }),
    name: 'AuthorityDamaged',
    message:
      "The authority's key lies in the database unencrypted, though its secrets are encrypted: somebody put it there. Put it back from a backup.",
  },
  'all secrets gone, and another authority in clear text': {
    sabotage: async (db) => {
      await db.prisma.sealedSecret.deleteMany();
      await db.prisma.authority.update({ where: { id: 1 }, data: await makeAuthority(realSystem) });
    },
    name: 'SecretDamaged',
    message: REMOVED,
  },
  'the certificate of another authority': {
    sabotage: async (db) => {
      const { certificate } = await makeAuthority(realSystem);
      await db.prisma.authority.update({ where: { id: 1 }, data: { certificate } });
    },
    name: 'AuthorityDamaged',
    message: "The authority's key in the database is not that of its certificate: put them back from a backup.",
  },
};

describe('labd does not start on encrypted secrets with', () => {
  test.each(Object.entries(cases))('%s', async (_what, { sabotage, keys = [KEY], name, message }) => {
    const db = await openTestDatabase({ forThisTest: true });
    const { keyHash } = await start(db, KEY);
    expect((await start(db, KEY)).keyHash).toBe(keyHash);
    await sabotage?.(db);
    const error = await start(db, ...keys).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect({ name: error?.name, message: error?.message }).toEqual({ name, message });
    expect(error!.message).not.toContain(KEY);
  });
});
