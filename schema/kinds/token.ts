// Tokens: credentials for programs. Of the secret there is only its readable beginning.
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { toOne } from '../rows/edges.ts';
import { enumFilter, filterBy } from '../lists/filter.ts';
import { namedFields, NamedResource, Node } from '../fields/sharedFields.ts';
import { dependentsField } from '../fields/dependents.ts';
import { defineResource } from '../lists/defineResource.ts';
import { stored } from './enums.ts';

export const TokenPurpose = builder.enumType('TokenPurpose', {
  description: 'What a token is for.',
  values: {
    API: { description: "A user's automation: it has the user's permissions." },
    BASTION: { description: 'A bastion enrols with it.' },
    AGENT: { description: 'An agent enrols with it.' },
  } as const,
});

export const Token = defineResource('Token', {
  access: ownPlace,
  filter: {
    ...namedFilter,
    purpose: filterBy.choice(enumFilter(TokenPurpose), 'purpose', 'By what the token is for.'),
    user: filterBy.related('User', 'userId', 'By the user whose permissions it has.'),
  },
  orders: { ...byName, ...byTime },
  references: nameReference,
});

builder.prismaObject('Token', {
  description:
    "A credential that is handed to a program: for a user's automation, or to enrol a bastion or an agent. To revoke it is to delete it.",
  interfaces: [Node, NamedResource],
  fields: (t) => ({
    ...namedFields(t, 'Token'),
    purpose: t.field({
      ...stored(TokenPurpose, 'purpose'),
      description: 'Whether it is for the API, or for a bastion or an agent to enrol.',
    }),
    prefix: t.exposeString('prefix', { description: 'The readable beginning of the secret, to tell it from others.' }),
    subject: t.exposeString('subject', {
      nullable: true,
      description: 'The name that whatever enrols with it gets; null when it may choose.',
    }),
    usesLeft: t.exposeInt('usesLeft', {
      nullable: true,
      description: 'How often something can still enrol with it; null for a token of the API.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends; null when it does not.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute; null when it never was.',
    }),
    dependents: t.field(dependentsField('Token')),
    user: t.field(
      toOne('User', {
        relation: 'user',
        key: 'userId',
        description: 'Whose permissions it has; null for one that enrols.',
      }),
    ),
  }),
});
