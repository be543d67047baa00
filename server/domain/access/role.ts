// Roles: named sets of permissions.
import { kinds } from '../../../schema/catalog.ts';
import type { Writer } from '../../store/types.ts';
import { Conflict, InvalidInput } from '../errors.ts';
import {
  type Input,
  type Inventory,
  namedColumns,
  type Permissions,
  placeIn,
  record,
  type Row,
} from '../objects/objects.ts';
import { allOf } from '../where.ts';
import { checkText } from '../objects/validate.ts';
import { formatGrant, parsePermission } from '../grants.ts';
import { demandMayGrant, keepAdministrator } from './mayGrant.ts';

const MOST = 256;

function demandOwn(row: Row, may: Permissions): void {
  const name = String(row['name']);
  if (row['builtin'] === true)
    throw new Conflict(
      `The role "${name}" is built in.`,
      'Make one of your own: lab create role NAME --permission read:*:*:*.',
    );
  demandMayGrant(may, row['permissions'] as string[], `change the role "${name}"`);
}

/** The kinds that permissions may speak of: of a part they are those of the whole. */
const plurals: ReadonlySet<string> = new Set(kinds.filter(({ partOf }) => !partOf).map(({ plural }) => plural));

const columns = (_tx: Writer, input: Input, before: Row | null, may: Permissions): Record<string, unknown> => {
  if (before) demandOwn(before, may);
  const data = namedColumns(input, before, may);
  if (input['description'] != null)
    data['description'] = checkText('input.description', input['description'] as string);
  if (input['permissions'] != null) {
    const written = input['permissions'] as string[];
    if (written.length > MOST)
      throw new InvalidInput(
        'input.permissions',
        `${written.length} permissions are too many.`,
        `Use at most ${MOST}.`,
      );
    const grants = written.map((text, i) => parsePermission(`input.permissions[${i}]`, text, plurals));
    const permissions = [...new Set(grants.map(formatGrant))].sort();
    demandMayGrant(may, permissions, 'make a role with more than you hold');
    data['permissions'] = permissions;
  }
  return data;
};

export const role: Inventory = {
  kind: 'Role',
  noun: 'role',
  lockHead: true,
  columns,
  after: async (tx, before) => {
    if (before) await keepAdministrator(tx, before['permissions'] as string[]);
  },
  remove: async (tx, row, may) => {
    demandOwn(row, may);
    const bound = { roleId: row.id };
    if ((await tx.client.roleBinding.count({ where: bound })) > 0) {
      const seen = await tx.client.roleBinding.count({ where: allOf(bound, may.visible('RoleBinding')) as never });
      const users = seen === 0 ? 'users that you may not see' : `${seen} ${seen === 1 ? 'user' : 'users'}`;
      throw new Conflict(
        `The role "${String(row['name'])}" is held by ${users}.`,
        'Take it from them first: lab describe role shows who they are.',
      );
    }
    await tx.client.role.delete({ where: { id: row.id } });
    record(tx, 'Role', placeIn(row), row, null);
  },
};
