// The authority that the database has: made once, so that every labd on it has the same one, and replaced in all of them
// without a restart when its successor is there.
import type { Authority as AuthorityRow, Change } from '../../store/generated/client.ts';
import type { Database, Origin, Writer } from '../../store/types.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { authorityOf, type Authority, type AuthoritySettings } from './authority.ts';
import { AuthorityDamaged, checkKeys, makeAuthority, type AuthorityKeys } from './authorityKeys.ts';

/** The authority as it is at each moment. */
export interface LiveAuthority extends Authority {
  /** Takes changes of the change log: another labd may have replaced the authority */
  follow(changes: readonly Pick<Change, 'kind' | 'outcome'>[]): Promise<void>;
  /** Reads it again. Does not throw: what cannot be read now is tried again, and the one that is there goes on. */
  reload(): Promise<void>;
  close(): void;
}

/** The kind of its changes. */
export const KIND = 'Authority';
const origin: Origin = { actor: 'labd', action: 'makeAuthority', requestId: '', address: '' };
/** Milliseconds after which reading it is tried again. */
const AGAIN = 5_000;
/** The longest that Node's timers wait, milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** What the secret of an authority's key is called. */
export const secretName = (id: number): string => `authority/${id}`;

/** Encrypts keys that lie in the database as they are. */
export async function encryptAuthorities(tx: Writer, secrets: Secrets): Promise<void> {
  for (const { id, privateKey } of await tx.client.authority.findMany()) {
    if (privateKey === null) continue;
    await secrets.put(tx, secretName(id), privateKey);
    await tx.client.authority.update({ where: { id }, data: { privateKey: null } });
  }
}

/** Stores an authority, its key as a secret if labd has a key for those. Throws KeyRefused when another labd has one. */
export async function storeAuthority(
  tx: Writer,
  secrets: Secrets,
  { id, certificate, privateKey }: AuthorityKeys & { id: number },
  crossCertificate: string | null = null,
): Promise<void> {
  await secrets.demandPlain(tx.client);
  if (secrets.encrypted) await secrets.put(tx, secretName(id), privateKey);
  const data = { id, certificate, crossCertificate, createdAt: new Date(tx.system.now()) };
  await tx.client.authority.create({ data: { ...data, privateKey: secrets.encrypted ? null : privateKey } });
}

/** The keys of the newest authority of a database. Throws AuthorityDamaged and SecretDamaged. */
export async function keysOf(
  client: Parameters<Secrets['get']>[0],
  secrets: Secrets,
  { id, certificate, privateKey: plain }: AuthorityRow,
): Promise<AuthorityKeys> {
  if (plain !== null && secrets.encrypted)
    throw new AuthorityDamaged(
      "The authority's key lies in the database unencrypted, though its secrets are encrypted: somebody put it there. Put it back from a backup.",
    );
  const privateKey = plain ?? (await secrets.get(client, secretName(id)));
  if (privateKey === undefined)
    throw new AuthorityDamaged("The authority's key was removed from the database: put it back from a backup.");
  checkKeys({ certificate, privateKey });
  return { certificate, privateKey };
}

async function read(
  db: Database,
  secrets: Secrets,
  settings: Partial<AuthoritySettings>,
): Promise<Authority | undefined> {
  const [newest, ...before] = await db.prisma.authority.findMany({ orderBy: { id: 'desc' } });
  if (newest === undefined) return undefined;
  const keys = await keysOf(db.prisma, secrets, newest);
  const earlier = before.flatMap(({ certificate, endsAt }, i) => {
    const successor = [newest, ...before][i]!;
    return endsAt === null ? [] : [{ certificate, endsAt, vouches: successor.crossCertificate }];
  });
  return authorityOf(keys, db.system, settings, earlier);
}

/**
 * The authority that the database has; made when there is none yet. Of several who make one at once, one's is taken.
 * Throws AuthorityDamaged, SecretDamaged and KeyRefused.
 */
export async function openAuthority(
  db: Database,
  secrets: Secrets,
  settings: Partial<AuthoritySettings> = {},
): Promise<LiveAuthority> {
  let current = await read(db, secrets, settings);
  if (current === undefined) {
    const made = await makeAuthority(db.system);
    const work = async (tx: Writer) => {
      if ((await tx.client.authority.count()) === 0) await storeAuthority(tx, secrets, { id: 1, ...made });
    };
    await db.write(origin, work, { lockHead: true });
    current = (await read(db, secrets, settings))!;
  }
  return live(db, secrets, current, () => read(db, secrets, settings));
}

function live(
  db: Database,
  { encrypted }: Secrets,
  first: Authority,
  readAgain: () => Promise<Authority | undefined>,
): LiveAuthority {
  let current = first;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;
  let end: NodeJS.Timeout | undefined;
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
    clearTimeout(end);
    const next = Math.min(...current.replaced.map(({ endsAt }) => endsAt.getTime()));
    // In steps: a clock may be set.
    const wait = Math.min(Math.max(next - db.system.now(), 0) + 1, LONGEST);
    if (!closed && Number.isFinite(next)) end = setTimeout(tell, wait).unref();
  };
  const reload = async (): Promise<void> => {
    clearTimeout(retry);
    try {
      const found = await readAgain();
      if (found === undefined || closed) return;
      const before = current.keyHash;
      current = found;
      if (before !== current.keyHash)
        db.logger.info({ before, keyHash: current.keyHash }, 'Another authority took the place of the one before it');
      tell();
    } catch (error) {
      db.logger.error({ reason: (error as Error).message }, 'The authority cannot be read: the one before goes on');
      if (!closed) retry = setTimeout(() => void reload(), AGAIN).unref();
    }
  };
  tell();
  return {
    encrypted,
    get certificate() {
      return current.certificate;
    },
    get keyHash() {
      return current.keyHash;
    },
    get since() {
      return current.since;
    },
    get expiresAt() {
      return current.expiresAt;
    },
    get crossCertificates() {
      return current.crossCertificates;
    },
    get replaced() {
      return current.replaced;
    },
    get trusted() {
      return current.trusted;
    },
    issueServer: (server) => current.issueServer(server),
    sign: (csr, subject) => current.sign(csr, subject),
    keyOf: (csr) => current.keyOf(csr),
    read: (der) => current.read(der),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async follow(changes) {
      if (changes.some(({ kind, outcome }) => kind === KIND && outcome === 'DONE')) await reload();
    },
    reload,
    close() {
      closed = true;
      clearTimeout(retry);
      clearTimeout(end);
    },
  };
}
