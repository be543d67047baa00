// Roles: named sets of permissions.
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { toMany } from '../rows/edges.ts';
import { filterBy } from '../lists/filter.ts';
import { namedFields, NamedResource, Node } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const Role = defineResource('Role', {
  access: ownPlace,
  filter: { ...namedFilter, builtin: filterBy.flag('builtin', 'By whether it is built in.') },
  orders: { ...byName, ...byTime },
  references: nameReference,
});

builder.prismaObject('Role', {
  description: 'A named set of permissions.',
  interfaces: [Node, NamedResource],
  fields: (t) => ({
    ...namedFields(t, 'Role'),
    description: t.exposeString('description', { description: 'What the role is for, in the words of who made it.' }),
    builtin: t.exposeBoolean('builtin', {
      description: 'Whether labd keeps it: it can be neither changed nor deleted.',
    }),
    permissions: t.exposeStringList('permissions', {
      description:
        'What it allows, each `action:cloud:environment:target` with `*` for any; a target is a server, or another kind as `networks/lan`.',
    }),
    bindings: t.field(
      toMany('RoleBinding', {
        from: 'Role',
        relation: 'bindings',
        key: 'roleId',
        description: 'The users who have the role, each with who gave it.',
      }),
    ),
  }),
});
