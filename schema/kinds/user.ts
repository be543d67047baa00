// Users: people, and robots that people gave a name.
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedColumns, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { toMany } from '../rows/edges.ts';
import { filterBy } from '../lists/filter.ts';
import { namedFields, NamedResource, Node } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const User = defineResource('User', {
  access: ownPlace,
  filter: {
    ...namedFilter,
    search: filterBy.search({ own: { ...namedColumns, email: 'text?' } }, 'its name, e-mail address or a label'),
    email: filterBy.text('email', 'By e-mail address.', { nullable: true }),
  },
  orders: { ...byName, ...byTime },
  references: nameReference,
});

builder.prismaObject('User', {
  description: 'A person, or a robot that people gave a name: who may do what its roles say.',
  interfaces: [Node, NamedResource],
  fields: (t) => ({
    ...namedFields(t, 'User'),
    email: t.exposeString('email', { nullable: true, description: 'The e-mail address; null when none is known.' }),
    disabled: t.boolean({
      description: 'Whether it may not sign in, and its tokens are worth nothing.',
      extensions: { columns: ['disabledAt'] },
      resolve: ({ disabledAt }) => disabledAt !== null,
    }),
    issuer: t.exposeString('issuer', {
      nullable: true,
      description: 'The OpenID Connect provider that vouches for it; null when labd does.',
    }),
    subject: t.exposeString('subject', { nullable: true, description: 'What that provider calls it.' }),
    bindings: t.field(
      toMany('RoleBinding', {
        from: 'User',
        relation: 'bindings',
        key: 'userId',
        description: 'The roles that the user has, each with who gave it.',
      }),
    ),
    sessions: t.field(
      toMany('Session', {
        from: 'User',
        relation: 'sessions',
        key: 'userId',
        description: 'Where it is signed in.',
      }),
    ),
    tokens: t.field(
      toMany('Token', {
        from: 'User',
        relation: 'tokens',
        key: 'userId',
        description: 'The tokens that have its permissions.',
      }),
    ),
  }),
});
