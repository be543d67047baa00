// Roles on the command line.
import * as inputs from '../generated/inputs.ts';
import { catalog } from '../../schema/catalog.ts';
import {
  CreateRoleDocument,
  DeleteRoleDocument,
  DescribeRoleDocument,
  type DescribeRoleQuery,
  RoleDocument,
  type RoleRowFragment,
  RolesDocument,
  WatchRolesDocument,
} from '../generated/documents.ts';
import { age } from '../terminal/text.ts';
import { decided } from './decided.ts';
import {
  conditionSection,
  counted,
  defineKind,
  manifestConditions,
  placeColumns,
  placedFlags,
  placeFacts,
  type Section,
} from './kind.ts';

type Described = NonNullable<DescribeRoleQuery['one']>;

/** How many permissions a table shows of a role. */
const SHOWN = 3;

function describe(role: Described): Section {
  return {
    title: `role/${role.name}`,
    facts: [
      ['Id', role.id],
      ['For', role.description || null],
      ['Built in', role.builtin ? 'yes' : 'no'],
      ...placeFacts(role),
      ['Created', role.createdAt],
    ],
    below: [
      { title: `Permissions (${role.permissions.length})`, below: role.permissions.map((title) => ({ title })) },
      {
        title: counted('Users', role.bindings),
        below: role.bindings.nodes.map(({ user, grantedBy }) => ({
          title: user ? `user/${user.name}` : '(hidden)',
          facts: [['Given by', grantedBy]],
        })),
      },
      ...conditionSection(role.conditions),
    ],
  };
}

const few = (permissions: readonly string[]): string =>
  permissions.length > SHOWN
    ? `${permissions.slice(0, SHOWN).join(' ')} … (${permissions.length})`
    : permissions.join(' ');

export const role = defineKind<RoleRowFragment, Described>({
  kind: catalog.Role,
  documents: {
    list: RolesDocument,
    get: RoleDocument,
    watch: WatchRolesDocument,
    describe: DescribeRoleDocument,
    create: CreateRoleDocument,
    remove: DeleteRoleDocument,
  },
  columns: [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'PERMISSIONS', wide: false, value: ({ permissions }) => few(permissions) },
    { header: 'PERMISSIONS', wide: true, value: ({ permissions }) => permissions.join(' ') },
    { header: 'BUILTIN', value: ({ builtin }) => (builtin ? 'yes' : 'no') },
    { header: 'DESCRIPTION', value: ({ description }) => description },
    ...placeColumns,
    { header: 'AGE', value: ({ createdAt }, now) => age(createdAt, now) },
  ],
  manifest: (row) => ({
    spec: decided(inputs.Role, row),
    status: { createdAt: row.createdAt, builtin: row.builtin, conditions: manifestConditions(row.conditions) },
  }),
  describe,
  create: {
    permission: {
      field: 'permissions',
      type: 'texts',
      required: true,
      description: 'action:cloud:environment:target, such as apply:*:prod:web-*; may be given several times',
    },
    description: { field: 'description', description: 'what it is for' },
    ...placedFlags,
  },
  example: "prod-reader --permission 'read:*:prod:*'",
  orders: ['NAME', 'CREATED_AT', 'UPDATED_AT'],
});
