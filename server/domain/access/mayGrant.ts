// Checks that callers grant only permissions they have themselves, and act only for users who have no more than they do.
import type { Writer } from '../../store/types.ts';
import { Conflict, Forbidden, NotFound } from '../errors.ts';
import type { Permissions } from '../objects/objects.ts';
import { formatGrant, notHeld, readGrant } from '../grants.ts';
import { allOf } from '../where.ts';

const ALL = '*:*:*:*';

/** What a role allows, and whether the caller may see the role. */
export interface Allowed {
  readonly permissions: readonly string[];
  readonly seen: boolean;
}

/** Throws Forbidden unless the caller holds all of it. It names the first permission that is missing, unless that is of a role that the caller may not see. */
export function demandMayGrant(may: Permissions, allowed: readonly Allowed[], doing: string): void {
  const lackingOf = (seen: boolean) =>
    notHeld(
      may.scope,
      allowed.flatMap((one) => (one.seen === seen ? one.permissions.map(readGrant) : [])),
    );
  const lacking = lackingOf(true);
  if (lacking) {
    const permission = formatGrant(lacking);
    throw new Forbidden(
      permission,
      `You may not ${doing}: it has ${permission}, which you do not hold yourself.`,
      `Ask someone who holds ${permission}.`,
    );
  }
  if (lackingOf(false))
    throw new Forbidden(
      ALL,
      `You may not ${doing}: it has permissions by a role that you may not see, and you do not hold them yourself.`,
      `Ask someone who holds ${ALL}.`,
    );
}

/** What some roles allow, each; one that is gone is left out. Two statements, however many they are. */
async function allowedBy({ client }: Writer, roleIds: readonly string[], may: Permissions) {
  const ids = { id: { in: [...roleIds] } };
  const roles = await client.role.findMany({ where: ids, orderBy: { id: 'asc' } });
  const where: object = allOf(ids, may.visible('Role'));
  const seen = new Set((await client.role.findMany({ where, select: { id: true } })).map(({ id }) => id));
  return roles.map((role) => ({ name: role.name, permissions: role.permissions, seen: seen.has(role.id) }));
}

/** What a role allows. Throws NotFound when it is gone. */
export async function allowedByRole(
  tx: Writer,
  roleId: string,
  may: Permissions,
): Promise<Allowed & { readonly name: string }> {
  const [role] = await allowedBy(tx, [roleId], may);
  if (!role) throw new NotFound('The role is gone.', 'List the roles there are: lab get roles.');
  return role;
}

/** What the roles of a user allow, each. */
export async function allowedToUser(tx: Writer, userId: string, may: Permissions): Promise<readonly Allowed[]> {
  const bindings = await tx.client.roleBinding.findMany({ where: { userId }, select: { roleId: true } });
  const ids = bindings.flatMap(({ roleId }) => roleId ?? []);
  return allowedBy(tx, ids, may);
}

/** Throws Conflict when nobody is left who may do everything: a lab without an administrator cannot be mended from inside. */
export async function keepAdministrator({ client }: Writer, before: readonly Allowed[]): Promise<void> {
  if (!before.some(({ permissions }) => permissions.includes(ALL))) return;
  const left = await client.user.count({
    where: { disabledAt: null, bindings: { some: { role: { permissions: { has: ALL } } } } },
  });
  if (left > 0) return;
  throw new Conflict(
    'Nobody would be left who may do everything.',
    'Give the role admin to someone else first: lab create user NAME --role admin.',
  );
}
