// Checks that callers grant only permissions they have themselves, and act only for users who have no more than they do.
import type { Writer } from '../../store/types.ts';
import { Conflict, Forbidden } from '../errors.ts';
import type { Permissions } from '../objects/objects.ts';
import { formatGrant, notHeld, readGrant } from '../grants.ts';

/** Throws Forbidden, naming the first permission that the caller does not hold. */
export function demandMayGrant(may: Permissions, permissions: readonly string[], doing: string): void {
  const lacking = notHeld(may.scope, permissions.map(readGrant));
  if (!lacking) return;
  const permission = formatGrant(lacking);
  throw new Forbidden(
    permission,
    `You may not ${doing}: it has ${permission}, which you do not hold yourself.`,
    `Ask someone who holds ${permission}.`,
  );
}

/** All permissions of a user. */
export async function permissionsOfUser({ client }: Writer, userId: string): Promise<string[]> {
  const bindings = await client.roleBinding.findMany({ where: { userId }, select: { role: true } });
  return bindings.flatMap(({ role }) => role?.permissions ?? []);
}

const ALL = '*:*:*:*';

/** Throws Conflict when nobody is left who may do everything: a lab without an administrator cannot be mended from inside. */
export async function keepAdministrator({ client }: Writer, before: readonly string[]): Promise<void> {
  if (!before.includes(ALL)) return;
  const left = await client.user.count({
    where: { disabledAt: null, bindings: { some: { role: { permissions: { has: ALL } } } } },
  });
  if (left > 0) return;
  throw new Conflict(
    'Nobody would be left who may do everything.',
    'Give the role admin to someone else first: lab create user NAME --role admin.',
  );
}
