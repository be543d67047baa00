// Roles: named sets of permissions.
import { kinds } from '../../../schema/catalog.ts';
import { allRight, type Checked, right, wrong } from '../../../common/checked.ts';
import { Conflict } from '../errors.ts';
import { namedForGood, text, texts } from '../objects/fields.ts';
import { type Inventory, type Permissions, placeIn, record, type Row } from '../objects/objects.ts';
import { allOf } from '../where.ts';
import { checkPermission, formatGrant } from '../grants.ts';
import { type Allowed, demandMayGrant, keepAdministrator } from './mayGrant.ts';

const MOST = 256;

/** What it allows: the caller sees it, or has written it. */
const allows = ({ permissions }: Readonly<Record<string, unknown>>): Allowed => ({
  permissions: permissions as string[],
  seen: true,
});

function demandOwn(row: Row, may: Permissions): void {
  const name = String(row['name']);
  if (row['builtin'] === true)
    throw new Conflict(
      `The role "${name}" is built in.`,
      'Make one of your own: lab create role NAME --permission read:*:*:*.',
    );
  demandMayGrant(may, [allows(row)], `change the role "${name}"`);
}

/** The kinds that permissions can name; a part falls under the permissions of its whole. */
const plurals: ReadonlySet<string> = new Set(kinds.filter(({ partOf }) => !partOf).map(({ plural }) => plural));

/** Permissions in their one spelling, each once. */
function checkPermissions(field: string, written: readonly string[]): Checked<string[]> {
  if (written.length > MOST) return wrong(field, `${written.length} permissions are too many.`, `Use at most ${MOST}.`);
  const grants = allRight(written.map((one, i) => checkPermission(`${field}[${i}]`, one, plurals)));
  return 'problems' in grants ? grants : right([...new Set(grants.value.map(formatGrant))].sort());
}

export const role: Inventory = {
  kind: 'Role',
  noun: 'role',
  lockHead: true,
  guard: (_tx, before, may) => demandOwn(before, may),
  fields: {
    ...namedForGood,
    description: { type: text, absent: '', description: 'What the role is for, in a sentence for people.' },
    permissions: {
      type: texts,
      required: true,
      check: checkPermissions,
      description: 'What it allows, each `action:cloud:environment:target`; you must hold all of it yourself.',
    },
  },
  derive: ({ permissions }, { may }) => {
    if (permissions) demandMayGrant(may, [allows({ permissions })], 'make a role with more than you hold');
    return right({});
  },
  after: async (tx, before) => {
    if (before) await keepAdministrator(tx, [allows(before)]);
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
