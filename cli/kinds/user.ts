// Users on the command line.
import { catalog } from '../../schema/catalog.ts';
import {
  CreateUserDocument,
  DeleteUserDocument,
  DescribeUserDocument,
  type DescribeUserQuery,
  UserDocument,
  type UserRowFragment,
  UsersDocument,
  WatchUsersDocument,
} from '../generated/documents.ts';
import { age } from '../terminal/text.ts';
import {
  conditionSection,
  counted,
  defineKind,
  manifestConditions,
  placeColumns,
  placedFlags,
  placeFacts,
  type Section,
  wholeList,
  hanging,
} from './kind.ts';

type Described = NonNullable<DescribeUserQuery['one']>;

const rolesOf = ({ bindings }: UserRowFragment): string[] =>
  bindings.nodes.flatMap(({ role }) => (role ? [role.name] : []));

function describe(user: Described, now: number): Section {
  const { bindings, sessions, tokens } = user;
  return {
    title: `user/${user.name}`,
    facts: [
      ['Id', user.id],
      ['E-mail', user.email],
      ['Signs in at', user.issuer ? `${user.issuer} as ${user.subject}` : 'labd'],
      ['Disabled', user.disabled ? 'yes' : 'no'],
      ...placeFacts(user),
      ['Created', user.createdAt],
    ],
    below: [
      {
        title: counted('Roles', bindings),
        below: bindings.nodes.map(({ role, grantedBy, createdAt }) => ({
          title: role ? `role/${role.name}` : '(hidden)',
          facts: [
            ['Allows', role?.permissions.join(' ')],
            ['Given by', `${grantedBy}, ${age(createdAt, now)} ago`],
          ],
        })),
      },
      {
        title: counted('Sessions', sessions),
        below: sessions.nodes.map(({ id, address, agent, expiresAt }) => ({
          title: id,
          facts: [
            ['From', address],
            ['Program', agent],
            ['Ends', expiresAt],
          ],
        })),
      },
      {
        title: counted('Tokens', tokens),
        below: tokens.nodes.map(({ name, prefix, expiresAt }) => ({
          title: `token/${name}`,
          facts: [
            ['Begins', prefix],
            ['Ends', expiresAt ?? 'never'],
          ],
        })),
      },
      ...conditionSection(user.conditions),
    ],
  };
}

export const user = defineKind<UserRowFragment, Described>({
  kind: catalog.User,
  documents: {
    list: UsersDocument,
    get: UserDocument,
    watch: WatchUsersDocument,
    describe: DescribeUserDocument,
    create: CreateUserDocument,
    remove: DeleteUserDocument,
  },
  columns: [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'EMAIL', value: ({ email }) => email },
    { header: 'ROLES', value: (row) => rolesOf(row).join(',') || null },
    { header: 'DISABLED', value: ({ disabled }) => (disabled ? 'yes' : 'no') },
    { header: 'ISSUER', wide: true, value: ({ issuer }) => issuer },
    ...placeColumns,
    { header: 'AGE', value: ({ createdAt }, now) => age(createdAt, now) },
  ],
  manifest: (row) => ({
    spec: {
      email: row.email,
      issuer: row.issuer,
      subject: row.subject,
      disabled: row.disabled,
      roles: wholeList(row.bindings, ({ role }) => (role ? [role.name] : [])),
    },
    status: { createdAt: row.createdAt, conditions: manifestConditions(row.conditions) },
  }),
  describe,
  hanging: ({ bindings, sessions, tokens }) => [
    hanging('It has these roles no more', bindings, ({ role }) => role && `role/${role.name}`),
    hanging('These tokens are worth nothing then', tokens, ({ name }) => `token/${name}`),
    hanging('It is signed out', sessions, ({ address }) => address),
  ],
  create: {
    role: { field: 'roles', type: 'names', description: 'role that it gets; may be given several times' },
    email: { field: 'email', description: 'e-mail address' },
    'password-prompt': {
      field: 'password',
      type: 'typed',
      exclusive: ['password-stdin'],
      description: 'ask for a password, twice; without one it signs in at a provider, or not at all',
    },
    'password-stdin': { field: 'password', type: 'secret', description: 'read a password from standard input' },
    issuer: { field: 'issuer', description: 'OpenID Connect provider that vouches for it' },
    subject: { field: 'subject', description: 'what that provider calls it' },
    ...placedFlags,
  },
  example: 'ann --role operator --password-prompt',
  fields: { 'spec.email': { field: 'email' } },
  orders: ['NAME', 'CREATED_AT', 'UPDATED_AT'],
});
