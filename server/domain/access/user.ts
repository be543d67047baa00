// Users: people, and robots that people gave a name.
import type { User } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { InvalidInput } from '../errors.ts';
import { allOf } from '../where.ts';
import { differenceOf } from '../objects/difference.ts';
import {
  deleteObject,
  type Input,
  type Inventory,
  namedColumns,
  type Permissions,
  placeIn,
  record,
  type Row,
} from '../objects/objects.ts';
import type { PartSet } from '../objects/partSets.ts';
import { resolveReference, type Ways } from '../objects/reference.ts';
import { checkText } from '../objects/validate.ts';
import { bind, roleBinding, unbind } from './binding.ts';
import { demandMayGrant, keepAdministrator, permissionsOfUser } from './mayGrant.ts';
import { checkPassword, hashPassword } from './passwords.ts';
import { endSessionsOf } from './session.ts';

const EMAIL = /^[^\s@]+@[^\s@]+$/;

function emailOf(text: string | null): string | null {
  if (text === null || EMAIL.test(checkText('input.email', text))) return text;
  throw new InvalidInput(
    'input.email',
    `${JSON.stringify(text)} is not an e-mail address.`,
    'Write one such as ann@lab.example.',
  );
}

const demandUser = async (tx: Writer, { id, name }: Row, may: Permissions): Promise<string[]> => {
  const permissions = await permissionsOfUser(tx, id);
  demandMayGrant(may, permissions, `administer user "${String(name)}"`);
  return permissions;
};

async function columns(
  tx: Writer,
  input: Input,
  before: Row | null,
  may: Permissions,
): Promise<Record<string, unknown>> {
  if (before) await demandUser(tx, before, may);
  const { passwordHash, disabled, email } = input as {
    passwordHash?: string;
    disabled?: boolean;
    email?: string | null;
  };
  const { passwordHash: _hash, ...named } = input;
  const data = namedColumns(named, before, may);
  if (email !== undefined) data['email'] = emailOf(email);
  if (passwordHash !== undefined) data['passwordHash'] = passwordHash;
  if (disabled != null) data['disabledAt'] = disabled ? (before?.['disabledAt'] ?? new Date()) : null;
  for (const own of ['issuer', 'subject'] as const)
    if (input[own] !== undefined)
      data[own] = input[own] === null ? null : checkText(`input.${own}`, input[own] as string);
  return data;
}

/** The roles that it has: each is given and taken as by itself. */
const roles: PartSet = {
  part: { kind: 'RoleBinding', key: 'userId' },
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
  columns,
  sets: { roles },
  parts: ['RoleBinding', 'Session'].map((kind) => ({ kind, key: 'userId' })),
  after: async (tx, before, after) => {
    if (before === null || after === null) return;
    if (before['disabledAt'] === null && after['disabledAt'] !== null)
      await keepAdministrator(tx, await permissionsOfUser(tx, after.id));
    if (before['passwordHash'] !== after['passwordHash']) await endSessionsOf(tx, after as unknown as User, null);
  },
  // What is theirs goes with them, each as a change of its own.
  remove: async (tx, row, may) => {
    const held = await demandUser(tx, row, may);
    const where = { userId: row.id };
    for (const binding of await tx.client.roleBinding.findMany({ where })) await unbind(tx, row, binding);
    for (const token of await tx.client.token.findMany({ where })) record(tx, 'Token', placeIn(token), token, null);
    for (const session of await tx.client.session.findMany({ where }))
      record(tx, 'Session', placeIn(row), session, null);
    await tx.client.user.delete({ where: { id: row.id } });
    record(tx, 'User', placeIn(row), row, null);
    await keepAdministrator(tx, held);
  },
};
