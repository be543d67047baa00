// Secrets at rest: a table of their own, encrypted with the key that all labd on the database share.
import type { Prisma } from '../../store/generated/client.ts';
import type { Database, Origin, Writer } from '../../store/types.ts';
import { NoSecretKey } from '../errors.ts';
import { type Keyring, SecretDamaged, type Sealed } from './keyring.ts';

/** Under this kind and id the change log says that secrets are encrypted, and with which key. */
const LOGGED = { kind: 'SecretKey', id: '00000000-0000-8000-8000-000000000001' } as const;

/** labd does not start: its key is not that of the database. The message says what to do. */
class KeyRefused extends Error {
  override readonly name = 'KeyRefused';
}

/** What is read with. */
type Reader = Pick<Prisma.TransactionClient, 'sealedSecret' | 'change'>;

/** The name of the row that shows whether a key is the right one. */
const CHECK = 'check';
const CHECKED = 'lab';
const origin: Origin = { actor: 'labd', action: 'encryptSecrets', requestId: '', address: '' };

/** What the sealed value of a Secret is called, by the reference that stands for it. */
export const sealedName = (ref: unknown): string => `secret/${String(ref)}`;

export interface Secrets {
  /** Whether there is a key: without one no other secrets are stored */
  readonly encrypted: boolean;
  /** Throws NoSecretKey when there is no key to encrypt with */
  demandKey(): void;
  /** Stores a secret, in place of one of that name. Throws NoSecretKey. */
  put(tx: Writer, name: string, text: string): Promise<void>;
  /** Undefined when there is none of that name. Throws SecretDamaged. */
  get(client: Reader, name: string): Promise<string | undefined>;
  remove(tx: Writer, name: string): Promise<void>;
  /** Throws KeyRefused when secrets were encrypted by another labd, and this one has no key. */
  demandPlain(client: Reader): Promise<void>;
}

export interface SecretsOptions {
  keyring: Keyring | undefined;
  /** Encrypts what lay in the database unencrypted, with the first key that it gets */
  adopt: (tx: Writer, secrets: Secrets) => Promise<void>;
}

const noKey = (keyId: string): KeyRefused =>
  new KeyRefused(
    `The secrets of this database are encrypted with the key ${keyId}, and none was given: set LABD_KEY, or LABD_KEY_FILE, as the other labd have it`,
  );

/**
 * The secrets of a database. The first start with a key encrypts what is there, and notes which key it was; a start with
 * another first key encrypts all anew, if the earlier one is there to decrypt. Each is one transaction. Throws
 * KeyRefused when the key is missing or wrong, SecretDamaged when what is stored was changed.
 */
export async function openSecrets(db: Database, { keyring, adopt }: SecretsOptions): Promise<Secrets> {
  if (keyring === undefined) {
    await db.read((client) => plain.demandPlain(client));
    return plain;
  }
  const secrets = sealedBy(keyring);
  // Of one moment: another labd may be at it.
  if (await db.read((client) => isSettled(client, keyring))) return secrets;
  const work = async (tx: Writer) => {
    const check = await tx.client.sealedSecret.findUnique({ where: { name: CHECK } });
    // Another labd may have been quicker.
    if (await isSettled(tx.client, keyring)) return undefined;
    if (check === null) {
      await adopt(tx, secrets);
      await secrets.put(tx, CHECK, CHECKED);
    }
    await encryptAnew(tx, keyring);
    const { keyId } = keyring;
    const before = check === null ? null : { keyId: check.keyId };
    const operation = before === null ? 'CREATE' : 'UPDATE';
    tx.record({ ...LOGGED, name: 'labd', cloud: '', environment: '', operation, before, after: { keyId } });
    return operation;
  };
  const { value: done } = await db.write(origin, work, { lockHead: true });
  if (done !== undefined) db.logger.info({ keyId: keyring.keyId }, SAID[done]);
  return secrets;
}

const SAID = {
  CREATE:
    'Secrets are encrypted from now on. Copies of the database from before hold the key of the authority as it was: labd rotate-authority replaces it',
  UPDATE:
    'Secrets were encrypted anew with the first key: the earlier one is needed no more when all labd have this one',
} as const;

/** Throws SecretDamaged when there is no secret, though the change log says that there were: they were removed. */
async function demandNever(client: Reader): Promise<void> {
  const known = await client.change.findFirst({ where: { kind: LOGGED.kind, objectId: LOGGED.id } });
  if (known !== null) throw new SecretDamaged(REMOVED);
}

const REMOVED =
  'The row that shows which key encrypts secrets was removed from the database: put its table sealed_secret back from a backup.';

/**
 * Whether all is encrypted with the first key; false when nothing is, or an earlier key of the ring did it. Throws
 * KeyRefused and SecretDamaged.
 */
async function isSettled(client: Reader, keyring: Keyring): Promise<boolean> {
  const check = await client.sealedSecret.findUnique({ where: { name: CHECK } });
  if (check === null) {
    if ((await client.sealedSecret.count()) > 0) throw new SecretDamaged(REMOVED);
    await demandNever(client);
    return false;
  }
  if (!keyring.keyIds.includes(check.keyId))
    throw new KeyRefused(
      `The secrets of this database are encrypted with the key ${check.keyId}, and the one in LABD_KEY or LABD_KEY_FILE is ${keyring.keyIds.join(', ')}: give labd the key that the others have. To change it, put the new one first and keep the old one after it`,
    );
  keyring.open(CHECK, check);
  return (await client.sealedSecret.count({ where: { keyId: { not: keyring.keyId } } })) === 0;
}

/** So many secrets are in memory at once. */
const AT_ONCE = 100;

/** Encrypts with the first key what another one did, a page a statement. Throws SecretDamaged. */
async function encryptAnew({ client, system }: Writer, keyring: Keyring): Promise<void> {
  for (;;) {
    const where = { keyId: { not: keyring.keyId } };
    const some = await client.sealedSecret.findMany({ where, orderBy: { name: 'asc' }, take: AT_ONCE });
    const names = some.map(({ name }) => name);
    const anew = some.map(({ name, ...sealed }) =>
      keyring.seal(name, openEarlier(keyring, name, sealed), system.bytes),
    );
    if (some.length > 0)
      await client.$executeRaw`
        UPDATE sealed_secret s SET key_id = ${keyring.keyId}, ciphertext = u.ciphertext, made_at = ${new Date(system.now())}
          FROM unnest(${names}::text[], ${anew.map(({ ciphertext }) => ciphertext)}::text[]) AS u(name, ciphertext)
         WHERE s.name = u.name`;
    if (some.length < AT_ONCE) return;
  }
}

/** What another key encrypted. Throws SecretDamaged, with the way to a database whose secrets can all be encrypted anew. */
function openEarlier(keyring: Keyring, name: string, sealed: Sealed): string {
  try {
    return keyring.open(name, sealed);
  } catch (error) {
    // Of others, such as the authority's, nobody can do without.
    if (!(error instanceof SecretDamaged) || !name.startsWith(sealedName(''))) throw error;
    throw new SecretDamaged(
      `${error.message} Nothing was encrypted with the new key: start labd with the earlier key first, as before; set this secret anew or delete it, such as with lab edit and lab delete, and put the new key first then`,
      { cause: error },
    );
  }
}

/** Takes no key: another labd on the database may have stored it. */
async function remove({ client }: Writer, name: string): Promise<void> {
  await client.sealedSecret.deleteMany({ where: { name } });
}

/** Without a key: nothing is there, and nothing is stored. */
const plain: Secrets = {
  encrypted: false,
  demandKey() {
    throw new NoSecretKey();
  },
  put: () => Promise.reject(new NoSecretKey()),
  get: () => Promise.resolve(undefined),
  remove,
  async demandPlain(client) {
    const [check] = await client.sealedSecret.findMany({ orderBy: { name: 'asc' }, take: 1 });
    if (check !== undefined) throw noKey(check.keyId);
    await demandNever(client);
  },
};

const sealedBy = (keyring: Keyring): Secrets => ({
  encrypted: true,
  demandKey: () => undefined,
  async put({ client, system }, name, text) {
    const sealed = { ...keyring.seal(name, text, system.bytes), madeAt: new Date(system.now()) };
    await client.sealedSecret.upsert({ where: { name }, create: { name, ...sealed }, update: sealed });
  },
  async get(client, name) {
    const sealed = await client.sealedSecret.findUnique({ where: { name } });
    return sealed === null ? undefined : keyring.open(name, sealed);
  },
  remove,
  demandPlain: () => Promise.resolve(),
});
