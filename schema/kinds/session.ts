// Sessions: where people are signed in.
import { placeOf } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { toOne } from '../rows/edges.ts';
import { stored } from './enums.ts';
import { filterBy } from '../lists/filter.ts';
import { historyField, idField, Node, shared } from '../fields/sharedFields.ts';
import { dependentsField } from '../fields/dependents.ts';
import { defineResource } from '../lists/defineResource.ts';

const SessionPurpose = builder.enumType('SessionPurpose', {
  description: 'What a session is.',
  values: {
    SESSION: { description: 'Somebody is signed in.' },
    LINK: { description: 'A link that signs a browser in, once.' },
  } as const,
});

export const Session = defineResource('Session', {
  access: placeOf('user', 'userId'),
  filter: {
    id: filterBy.itself('Session', 'By the session itself.'),
    user: filterBy.related('User', 'userId', 'By the user who is signed in.'),
  },
  orders: { CREATED_AT: { column: 'createdAt', type: 'moment', description: 'By when it began.' } },
});

builder.prismaObject('Session', {
  description: "A person's sign-in.",
  interfaces: [Node],
  fields: (t) => ({
    id: t.field(idField('Session')),
    history: t.field(historyField('Session')),
    version: t.expose('version', shared.version),
    purpose: t.field({
      ...stored(SessionPurpose, 'purpose'),
      description: 'Whether somebody is signed in by it, or it is a link that has not been opened.',
    }),
    address: t.exposeString('address', { description: 'The address that it was begun from.' }),
    agent: t.exposeString('agent', { description: 'What the program that began it calls itself.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the session began.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it ends by itself.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute.',
    }),
    dependents: t.field(dependentsField('Session')),
    user: t.field(toOne('User', { relation: 'user', key: 'userId', description: 'Who is signed in.' })),
  }),
});
