// Role bindings: that a user has a role.
import type { Place } from '../../../common/place.ts';
import type { RoleBinding } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { right } from '../../../common/checked.ts';
import { Conflict, NotFound } from '../errors.ts';
import { reference } from '../objects/fields.ts';
import { type Inventory, type Permissions, placeIn, record } from '../objects/objects.ts';
import { type Allowed, allowedByRole, demandMayGrant, keepAdministrator } from './mayGrant.ts';

type Placed = Record<string, unknown> & { id: string };

/** Gives a user a role. Throws Forbidden when the role has what the caller lacks. */
export async function bind(tx: Writer, user: Placed, roleId: string, may: Permissions): Promise<RoleBinding> {
  await demandRole(tx, roleId, may, 'give');
  const made = await tx.client.roleBinding.create({ data: { userId: user.id, roleId, grantedBy: may.actor } });
  record(tx, 'RoleBinding', placeIn(user), null, made);
  return made;
}

/** Takes a role from a user. */
export async function unbind(tx: Writer, user: Placed, binding: RoleBinding): Promise<void> {
  await tx.client.roleBinding.delete({ where: { id: binding.id } });
  record(tx, 'RoleBinding', placeIn(user), binding, null);
}

async function demandRole(tx: Writer, roleId: string, may: Permissions, doing: string): Promise<Allowed> {
  const role = await allowedByRole(tx, roleId, may);
  demandMayGrant(may, [role], `${doing} ${role.seen ? `the role "${role.name}"` : 'this role'}`);
  return role;
}

/** A binding is placed where its user is. */
export async function placeOfUser(tx: Writer, row: Record<string, unknown>): Promise<Place> {
  const user = await tx.client.user.findUnique({ where: { id: String(row['userId']) } });
  if (!user) throw new NotFound('The user is gone.', 'List the users there are: lab get users.');
  return placeIn(user);
}

export const roleBinding: Inventory = {
  kind: 'RoleBinding',
  noun: 'role binding',
  lockHead: true,
  fields: {
    user: { type: reference('User'), required: true, fixed: true, description: 'The user who gets the role.' },
    role: { type: reference('Role'), required: true, fixed: true, description: 'The role that the user gets.' },
  },
  derive: async ({ roleId }, { tx, may }) => {
    if (roleId !== undefined) await demandRole(tx, String(roleId), may, 'give');
    return right({ grantedBy: may.actor });
  },
  unique: () => 'of this role to this user',
  place: placeOfUser,
  remove: async (tx, row, may) => {
    const role = await demandRole(tx, String(row['roleId']), may, 'take');
    const user = await tx.client.user.findUnique({ where: { id: String(row['userId']) } });
    if (!user) throw new Conflict('The user went at the same moment.', 'Look again.');
    await unbind(tx, user, row as unknown as RoleBinding);
    await keepAdministrator(tx, [role]);
  },
};
