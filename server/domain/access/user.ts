// Users, people and named robots: their columns, checks and roles.
import type { User } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { type Checked, right, wrong } from '../../../common/checked.ts';
import { allOf } from '../where.ts';
import { differenceOf } from '../objects/difference.ts';
import { type Asking, type Fields, flag, namedForGood, text } from '../objects/fields.ts';
import { deleteObject, type Inventory, type Permissions, placeIn, record, type Row } from '../objects/objects.ts';
import type { PartSet } from '../objects/partSets.ts';
import { resolveReference, type Ways } from '../objects/reference.ts';
import { bind, roleBinding, unbind } from './binding.ts';
import { InvalidInput } from '../errors.ts';
import type { Columns } from '../objects/readInput.ts';
import { demandMayMake } from './lifetimes.ts';
import { endWhatHangsOn } from './lineage.ts';
import { type Allowed, allowedToUser, demandMayGrant, keepAdministrator } from './mayGrant.ts';
import { checkPassword, hashPassword } from './passwords.ts';
import { endSessionsOf } from './session.ts';

const EMAIL = /^[^\s@]+@[^\s@]+$/;

const checkEmail = (field: string, text: string): Checked<string> =>
  EMAIL.test(text)
    ? right(text)
    : wrong(field, `${JSON.stringify(text)} is not an e-mail address.`, 'Write one such as ann@lab.example.');

const demandUser = async (tx: Writer, { id, name }: Row, may: Permissions): Promise<readonly Allowed[]> => {
  const allowed = await allowedToUser(tx, id, may);
  demandMayGrant(may, allowed, `administer user "${String(name)}"`);
  return allowed;
};

/** What decides for whom a provider vouches. */
const IDENTITY = ['issuer', 'subject', 'email'] as const;

/** Throws InvalidInput when what the caller holds may not give the user a way to sign in that outlasts it. */
function demandWayIn(before: Row | null, columns: Columns, password: boolean, { maker, userId }: Permissions): void {
  const own = before !== null && before.id === userId;
  if (password && own)
    throw new InvalidInput(
      'input.password',
      'Your own password is changed by giving the present one.',
      'Type lab auth passwd, or use the mutation changePassword.',
    );
  if (password) demandMayMake(maker, 'othersPassword', 'input.password');
  if (!own) return;
  const changed = IDENTITY.find((name) => columns[name] !== undefined && columns[name] !== before[name]);
  if (changed !== undefined) demandMayMake(maker, 'ownIdentity', `input.${changed}`);
}

/** The roles that it has: each is given and taken as by itself. */
const roles: PartSet = {
  is: 'parts',
  part: { kind: 'RoleBinding', key: 'userId' },
  column: 'roleId',
  names: 'Role',
  seenBy: 'part',
  difference: async (tx, row, wanted, may) => {
    const ids = new Set<string>();
    for (const [i, ways] of (wanted as readonly Ways[]).entries())
      ids.add(await resolveReference(tx, 'Role', ways, `input.roles[${i}]`, may));
    const present = await tx.client.roleBinding.findMany({
      where: allOf({ userId: row.id }, may.visible('RoleBinding')) as never,
      orderBy: { id: 'asc' },
    });
    const { missing, extra } = differenceOf(present, [...ids], {
      present: ({ roleId }) => roleId!,
      wanted: (id) => id,
    });
    return [
      ...missing.map((roleId) => () => bind(tx, row, roleId, may)),
      ...extra.map(
        ({ id }) =>
          () =>
            deleteObject(tx, roleBinding, { ways: [{ id }], called: 'of this user' }, may),
      ),
    ];
  },
};

/** What people decide about a user. */
const fields = {
  ...namedForGood,
  email: { type: text, absent: null, check: checkEmail, description: 'The e-mail address.' },
  password: {
    type: text,
    column: null,
    unmanifested: 'Leave it out: passwords are typed, with lab auth passwd.',
    description: 'The password; without one it signs in elsewhere, or only by token.',
  },
  issuer: { type: text, absent: null, description: 'The OpenID Connect provider that vouches for it.' },
  subject: { type: text, absent: null, description: 'What that provider calls it.' },
  disabled: {
    type: flag,
    absent: false,
    column: 'disabledAt',
    write: (disabled: boolean, { tx, before }: Asking) =>
      disabled ? (before?.['disabledAt'] ?? new Date(tx.system.now())) : null,
    read: (since: unknown) => since !== null,
    description: 'Whether it may not sign in, and its tokens are worth nothing.',
  },
  roles: {
    type: roles,
    absent: [],
    description: 'The roles that it has, all of them; you must hold all that those you give or take allow.',
  },
} satisfies Fields;

export const user: Inventory = {
  kind: 'User',
  noun: 'user',
  lockHead: true,
  // Hashing takes long: it is done before the transaction.
  prepare: async ({ password, ...input }) => {
    if (password == null) return input;
    checkPassword('input.password', password as string);
    return { ...input, passwordHash: await hashPassword(password as string) };
  },
  guard: demandUser,
  fields,
  derive: (columns, { input: { passwordHash }, before, may }) => {
    demandWayIn(before, columns, passwordHash !== undefined, may);
    return right(passwordHash === undefined ? {} : { passwordHash });
  },
  parts: ['RoleBinding', 'Session'].map((kind) => ({ kind, key: 'userId' })),
  after: async (tx, before, after, { may }) => {
    if (before === null || after === null) return;
    if (before['disabledAt'] === null && after['disabledAt'] !== null)
      await keepAdministrator(tx, await allowedToUser(tx, after.id, may));
    if (before['passwordHash'] !== after['passwordHash']) await endSessionsOf(tx, after as unknown as User, null);
  },
  // Their role bindings, tokens and sessions are deleted too, each recorded as a change of its own.
  remove: async (tx, row, may) => {
    const held = await demandUser(tx, row, may);
    const where = { userId: row.id };
    for (const binding of await tx.client.roleBinding.findMany({ where })) await unbind(tx, row, binding);
    const tokens = await tx.client.token.findMany({ where });
    const sessions = await tx.client.session.findMany({ where });
    for (const token of tokens) record(tx, 'Token', placeIn(token), token, null);
    for (const session of sessions) record(tx, 'Session', placeIn(row), session, null);
    await tx.client.user.delete({ where: { id: row.id } });
    record(tx, 'User', placeIn(row), row, null);
    // What they made for others with their own credentials.
    await endWhatHangsOn(tx, [...tokens.map(({ id }) => `Token:${id}`), ...sessions.map(({ id }) => `Session:${id}`)]);
    await keepAdministrator(tx, held);
  },
};
