// Signing in with a password, and changing it.
import type { User } from '../../store/generated/client.ts';
import { recordRefusal } from '../../store/refusals.ts';
import type { Database, Origin } from '../../store/types.ts';
import { InvalidInput, NotFound } from '../errors.ts';
import type { Maker } from '../maker.ts';
import { placeIn, record } from '../objects/objects.ts';
import { storable } from '../where.ts';
import { blockOf } from './addressBlock.ts';
import { checkPassword, hashPassword, isPassword } from './passwords.ts';
import { demandMayMake } from './lifetimes.ts';
import { endSessionsOf, makeLinkFor, openSession, type SignedIn, type Signer } from './session.ts';
import type { Bucket, Throttle } from './throttle.ts';

export interface PasswordLogin {
  readonly name: string;
  readonly password: string;
}

const wrong = (field: string) =>
  new InvalidInput(field, 'The name or the password is wrong.', 'Check both, and try again.');

/**
 * Opens a session for whoever knows a user's password. A wrong name, a wrong password, and a user who is disabled or has
 * none are answered alike, after the same time. Throws InvalidInput, and Conflict after too many failures.
 */
export async function signIn(
  db: Database,
  throttle: Throttle,
  origin: Origin,
  { name, password }: PasswordLogin,
  signer: Signer,
): Promise<SignedIn> {
  const person = `user ${JSON.stringify(name.slice(0, 63))}`;
  const block = blockOf(signer.address);
  const here: Bucket = { of: 'personHere', who: `${person} at ${block}` };
  throttle.check(here);
  // Asked for names that are none too, which take as long.
  const tries: readonly Bucket[] = (await hasSignedInFrom(db, name, block))
    ? [here]
    : [here, { of: 'block', who: block }, { of: 'personElsewhere', who: `${person} where they are not known` }];
  throttle.check(...tries);
  // Counted before the password is checked, so that concurrent tries count too.
  throttle.failed(...tries);
  const user = storable(name) ? await db.prisma.user.findUnique({ where: { name } }) : null;
  const known = user !== null && user.disabledAt === null ? user : undefined;
  if (!(await isPassword(known?.passwordHash, password)) || !known) {
    const place = known ? placeIn(known) : { cloud: '', environment: '' };
    await recordRefusal(db, origin, {
      kind: 'User',
      id: known?.id ?? null,
      ...place,
      name: name.slice(0, 63).replace(/[^\x20-\x7e]/g, '?'),
    });
    throw wrong('input.password');
  }
  throttle.succeeded(...tries);
  return signInAs(db, origin, known, signer, 'password');
}

/** Whether a person is, or was lately, signed in from a block of addresses. */
async function hasSignedInFrom({ prisma }: Database, name: string, block: string): Promise<boolean> {
  if (!storable(name)) return false;
  const where = { purpose: 'SESSION', openedBy: { not: 'LINK' }, user: { name } };
  const sessions = await prisma.session.findMany({ where, select: { address: true }, orderBy: { id: 'asc' } });
  return sessions.some(({ address }) => blockOf(address) === block);
}

/** Opens a session for a user who has proved who they are. */
export async function signInAs(
  db: Database,
  origin: Origin,
  user: User,
  signer: Signer,
  kind: 'password' | 'idToken',
): Promise<SignedIn> {
  const proof = { kind, credential: null, expiresAt: null, madeWith: null, depth: 0 };
  const { value } = await db.write({ ...origin, actor: `user/${user.name}` }, (tx) =>
    openSession(tx, user, signer, proof),
  );
  return value;
}

/** Makes a link that signs a browser in as the user, once. Throws InvalidInput when their credential makes none. */
export async function makeLink(
  db: Database,
  origin: Origin,
  userId: string,
  signer: Signer,
  maker: Maker | null,
): Promise<SignedIn> {
  const { value } = await db.write(origin, async (tx) => {
    const user = await tx.client.user.findUnique({ where: { id: userId } });
    if (!user) throw new NotFound('You are gone.', 'Sign in as someone else.');
    return makeLinkFor(tx, user, signer, maker);
  });
  return value;
}

/** Who changes their password: the user, and what they do it with; uuids. */
export interface Self {
  readonly userId: string;
  /** The session, if it is one */
  readonly session: string | null;
  readonly maker: Maker | null;
}

/**
 * Changes one's own password, which ends all other sessions. Returns the revision of that. Throws InvalidInput when the
 * present one is wrong or the new one too easy to guess.
 */
export async function changePassword(
  db: Database,
  throttle: Throttle,
  origin: Origin,
  { userId, session, maker }: Self,
  { present, wanted }: { present?: string | null | undefined; wanted: string },
): Promise<bigint | null> {
  checkPassword('input.wanted', wanted);
  const user = await db.prisma.user.findUnique({ where: { id: userId } });
  if (!user) throw new NotFound('You are gone.', 'Sign in as someone else.');
  // Whoever has the present password could sign in with it; a first one is a way in that was not there.
  demandMayMake(maker, user.passwordHash === null ? 'firstPassword' : 'changedPassword', 'input.wanted');
  if (user.passwordHash !== null) {
    const who = { of: 'presentPassword', who: `user ${JSON.stringify(user.name)}` } as const;
    throttle.check(who);
    throttle.failed(who);
    if (!(await isPassword(user.passwordHash, present ?? '')))
      throw new InvalidInput('input.present', 'The present password is wrong.', 'Check it, and try again.');
    throttle.succeeded(who);
  }
  const passwordHash = await hashPassword(wanted);
  const { revision } = await db.write(origin, async (tx) => {
    const before = await tx.client.user.findUnique({ where: { id: userId } });
    if (!before) throw new NotFound('You are gone.', 'Sign in as someone else.');
    const after = await tx.client.user.update({
      where: { id: userId },
      data: { passwordHash, version: { increment: 1 } },
    });
    record(tx, 'User', placeIn(after), before, after);
    await endSessionsOf(tx, after, session);
  });
  return revision;
}
