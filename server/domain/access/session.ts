// Sessions of people who signed in, and sign-in links, which become a session when they are first opened.
import type { Session, User } from '../../store/generated/client.ts';
import type { Database, Origin, Writer } from '../../store/types.ts';
import type { Maker } from '../maker.ts';
import { type Inventory, placeIn, record } from '../objects/objects.ts';
import { placeOfUser } from './binding.ts';
import { type Lifetime, lifetimeOf } from './lifetimes.ts';
import { endWhatHangsOn, lineageOf } from './lineage.ts';
import { mint, parseSecret } from './secrets.ts';

/** Sessions that a user has at most: the one that was used longest ago goes. */
const MOST = 50;

/** Where somebody signs in from. */
export interface Signer {
  readonly address: string;
  /** What their program calls itself */
  readonly agent: string;
}

export interface SignedIn {
  /** Shown once */
  readonly secret: string;
  readonly expiresAt: Date;
  readonly name: string;
}

const short = (text: string, most: number): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, most);

/** What opens a session, as the table of lifetimes and the row have it. */
const opening = { password: 'PASSWORD', idToken: 'OPENID', link: 'LINK' } as const;

/** Makes a session, with what proves who the user is, in a transaction. */
export function openSession(
  tx: Writer,
  user: User,
  signer: Signer,
  proof: Omit<Maker, 'kind'> & { readonly kind: keyof typeof opening },
): Promise<SignedIn> {
  const lifetime = lifetimeOf(proof, 'session', { now: tx.system.now(), field: 'by' });
  return keepSession(tx, user, signer, { ...lifetime, purpose: 'SESSION', openedBy: opening[proof.kind] });
}

/** Makes a link that signs in as the user, with the user's own credential, in a transaction. Throws InvalidInput. */
export function makeLinkFor(tx: Writer, user: User, signer: Signer, maker: Maker | null): Promise<SignedIn> {
  const lifetime = lifetimeOf(maker, 'link', { now: tx.system.now(), field: 'by' });
  return keepSession(tx, user, signer, { ...lifetime, purpose: 'LINK', openedBy: 'LINK' });
}

async function keepSession(
  tx: Writer,
  user: User,
  { address, agent }: Signer,
  kept: Lifetime & Pick<Session, 'purpose' | 'openedBy'>,
): Promise<SignedIn> {
  const { text, hash } = mint(kept.purpose === 'LINK' ? 'lab_link' : 'lab_ses');
  const where = { userId: user.id };
  const old = await tx.client.session.findMany({
    where,
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    skip: MOST - 1,
  });
  for (const row of old) await closeSession(tx, user, row);
  const data = {
    userId: user.id,
    tokenHash: hash,
    address: short(address, 64),
    agent: short(agent, 200),
    ...kept,
  };
  const row = await tx.client.session.create({ data });
  record(tx, 'Session', placeIn(user), null, row);
  return { secret: text, expiresAt: kept.expiresAt, name: user.name };
}

/** Ends a session with all that was made with it; false when it was gone. */
async function closeSession(tx: Writer, user: User, row: Session): Promise<boolean> {
  const { count } = await tx.client.session.deleteMany({ where: { id: row.id } });
  if (count === 0) return false;
  record(tx, 'Session', placeIn(user), row, null);
  await endWhatHangsOn(tx, [`Session:${row.id}`]);
  return true;
}

/** Ends a user's other sessions and links: somebody who knew the old password may have opened one. */
export async function endSessionsOf(tx: Writer, user: User, except: string | null): Promise<void> {
  const others = await tx.client.session.findMany({
    where: { userId: user.id, ...(except === null ? {} : { id: { not: except } }) },
    orderBy: { id: 'asc' },
  });
  for (const row of others) await closeSession(tx, user, row);
}

/** The name of the user whom a link would sign in; undefined for a link that is not, or no longer, good. */
export async function nameBehindLink(db: Database, link: string): Promise<string | undefined> {
  const secret = parseSecret(link);
  if (secret?.prefix !== 'lab_link') return undefined;
  const where = { tokenHash: secret.hash, purpose: 'LINK', expiresAt: { gt: new Date(db.system.now()) } };
  const row = await db.prisma.session.findFirst({ where, include: { user: true } });
  return row?.user && !row.user.disabledAt ? row.user.name : undefined;
}

/** Turns a link into a session, once: of two who open it one wins. Undefined for a link that is not, or no longer, good. */
export async function openLink(
  db: Database,
  origin: Origin,
  link: string,
  signer: Signer,
): Promise<SignedIn | undefined> {
  const secret = parseSecret(link);
  if (secret?.prefix !== 'lab_link') return undefined;
  const { value } = await db.write(origin, async (tx) => {
    const row = await tx.client.session.findUnique({ where: { tokenHash: secret.hash }, include: { user: true } });
    const now = new Date(tx.system.now());
    if (!row?.user || row.user.disabledAt || row.purpose !== 'LINK' || row.expiresAt <= now) return undefined;
    const lineage = await lineageOf(tx.client, row.madeWith, now);
    const { user, ...session } = row;
    if (!lineage || !(await closeSession(tx, user, session))) return undefined;
    const { expiresAt, depth } = lineage;
    return openSession(tx, user, signer, { kind: 'link', credential: null, expiresAt, madeWith: row.madeWith, depth });
  });
  return value;
}

/** Ends a session; the revision of that, null when there is none. */
export async function endSession(db: Database, origin: Origin, id: string): Promise<bigint | null> {
  const { revision } = await db.write(origin, async (tx) => {
    const row = await tx.client.session.findUnique({ where: { id }, include: { user: true } });
    if (!row?.user) return;
    const { user, ...session } = row;
    await closeSession(tx, user, session);
  });
  return revision;
}

/** Deletes sessions that have expired; they were invalid already. Returns how many. */
export async function sweepSessions(db: Database): Promise<number> {
  const { count } = await db.prisma.session.deleteMany({ where: { expiresAt: { lt: new Date(db.system.now()) } } });
  return count;
}

export const session: Inventory = {
  kind: 'Session',
  noun: 'session',
  // They are opened by signing in.
  fields: {},
  place: placeOfUser,
  after: async (tx, before, after) => {
    if (before !== null && after === null) await endWhatHangsOn(tx, [`Session:${before.id}`]);
  },
};
