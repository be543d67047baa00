// Stored queries: documents that people keep under a name.
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { filterBy } from '../lists/filter.ts';
import { namedFields, NamedResource, Node } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const StoredQuery = defineResource('StoredQuery', {
  access: ownPlace,
  filter: { ...namedFilter, hash: filterBy.text('hash', 'By the SHA-256 of its document, hexadecimal.') },
  orders: { ...byName, ...byTime },
  references: nameReference,
});

builder.prismaObject('StoredQuery', {
  description: 'A GraphQL document kept under a name. Whoever runs it does so with their own permissions.',
  interfaces: [Node, NamedResource],
  fields: (t) => ({
    ...namedFields(t, 'StoredQuery'),
    description: t.exposeString('description', { description: 'What the query is for, in the words of who keeps it.' }),
    document: t.exposeString('document', { description: 'The GraphQL document, as it is sent.' }),
    hash: t.exposeString('hash', {
      description:
        'The SHA-256 of the document, hexadecimal: sent as `extensions.persistedQuery.sha256Hash` it stands for the document.',
    }),
  }),
});
