// Role bindings: who has which role.
import { placeOf } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { toOne } from '../rows/edges.ts';
import { filterBy } from '../lists/filter.ts';
import { historyField, idField, Node, shared } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const RoleBinding = defineResource('RoleBinding', {
  access: placeOf('user', 'userId'),
  filter: {
    user: filterBy.related('User', 'userId', 'By the user that has the role.'),
    role: filterBy.related('Role', 'roleId', 'By the role that the user has.'),
  },
  orders: { CREATED_AT: { column: 'createdAt', type: 'moment', description: 'By when it was given.' } },
});

builder.prismaObject('RoleBinding', {
  description: 'That a user has a role.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.field(idField('RoleBinding')),
    history: t.field(historyField('RoleBinding')),
    version: t.expose('version', shared.version),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was given.' }),
    grantedBy: t.exposeString('grantedBy', { description: 'Who gave it, such as `user/ann`.' }),
    user: t.field(
      toOne('User', { relation: 'user', key: 'userId', description: 'The user; null when you may not see it.' }),
    ),
    role: t.field(
      toOne('Role', { relation: 'role', key: 'roleId', description: 'The role; null when you may not see it.' }),
    ),
  }),
});
