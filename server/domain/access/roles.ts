// The built-in roles. labd owns their permissions and updates them at every start.
import type { Database, Writer } from '../../store/types.ts';
import { placeIn, record } from '../objects/objects.ts';

interface BuiltinRole {
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly string[];
}

export const BUILTIN_ROLES: readonly BuiltinRole[] = [
  { name: 'viewer', description: 'Sees everything but who may do what.', permissions: ['read:*:*:*'] },
  {
    name: 'operator',
    description: 'Sees, makes, changes and deletes everything but who may do what.',
    permissions: ['read:*:*:*', 'apply:*:*:*', 'destroy:*:*:*'],
  },
  { name: 'admin', description: 'May do everything, and says who may do what.', permissions: ['*:*:*:*'] },
];

/** Makes the built-in roles, or brings them up to date. Of several labds that start at once, one does. */
export async function ensureRoles(db: Database): Promise<void> {
  const work = async (tx: Writer) => {
    for (const { name, description, permissions } of BUILTIN_ROLES) {
      const data = { description, builtin: true, permissions: [...permissions] };
      const before = await tx.client.role.findUnique({ where: { name } });
      if (before?.builtin && before.description === description && same(before.permissions, permissions)) continue;
      const after = before
        ? await tx.client.role.update({ where: { id: before.id }, data: { ...data, version: { increment: 1 } } })
        : await tx.client.role.create({ data: { name, ...data } });
      record(tx, 'Role', placeIn(after), before, after);
    }
  };
  await db.write({ actor: 'labd', action: 'ensureRoles', requestId: '', address: '' }, work, { lockHead: true });
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.join() === b.join();
