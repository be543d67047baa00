// Agents on installed servers.
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { toOne } from '../rows/edges.ts';
import { filterBy } from '../lists/filter.ts';
import { namedFields, NamedResource, Node } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const Agent = defineResource('Agent', {
  access: ownPlace,
  filter: { ...namedFilter, server: filterBy.related('Server', 'serverId', 'By the server that it runs on.') },
  orders: { ...byName, ...byTime },
  references: nameReference,
});

builder.prismaObject('Agent', {
  description: 'The agent on an installed server, known by its certificate.',
  interfaces: [Node, NamedResource],
  fields: (t) => ({
    ...namedFields(t, 'Agent'),
    certificateSerial: t.exposeString('certificateSerial', {
      nullable: true,
      description: 'The serial number of its latest certificate.',
    }),
    certificateExpiresAt: t.expose('certificateExpiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When that certificate ends.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its certificates were revoked; null when they were not.',
    }),
    server: t.field(
      toOne('Server', { relation: 'server', key: 'serverId', description: 'The server that it runs on.' }),
    ),
  }),
});
