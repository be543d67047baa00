// Bastions: the site services.
import { ownPlace } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byName, byTime, namedFilter, nameReference } from '../lists/namedKinds.ts';
import { toMany } from '../rows/edges.ts';
import { namedFields, NamedResource, Node } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';
import { lastContactField, onlineField } from './bastionPresence.ts';
import { profilesField } from './bastionProfiles.ts';
import { sightingsField } from './sightings.ts';

export const Bastion = defineResource('Bastion', {
  access: ownPlace,
  filter: namedFilter,
  orders: { ...byName, ...byTime },
  references: nameReference,
});

builder.prismaObject('Bastion', {
  description: 'The site service that finds machines, boots them and installs them.',
  interfaces: [Node, NamedResource],
  fields: (t) => ({
    ...namedFields(t, 'Bastion'),
    instance: t.exposeString('instance', {
      nullable: true,
      description:
        'Made once per state directory: a new one means that the bastion lost its state. Null until it connects.',
    }),
    protocol: t.exposeInt('protocol', { nullable: true, description: 'The version of the uplink that it speaks.' }),
    software: t.exposeString('software', { nullable: true, description: 'The version of its software.' }),
    maxInstalls: t.exposeInt('maxInstalls', {
      description:
        'How many installs it runs at once; those beyond wait for their turn, in the order in which they were asked for.',
    }),
    certificateSerial: t.exposeString('certificateSerial', {
      nullable: true,
      description: 'The serial number of its latest certificate; null until it enrols.',
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
    lostItems: t.expose('lostItems', {
      type: 'Counter',
      description: 'How many reports it told machines are taken, and labd never got. Zero is as it should be.',
    }),
    lostAt: t.expose('lostAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When labd last learnt of such a loss; null when there was none.',
    }),
    lostReason: t.exposeString('lostReason', {
      nullable: true,
      description: 'Why the last of them were lost, in words for people.',
    }),
    online: t.field(onlineField),
    lastSeenAt: t.field(lastContactField),
    sightings: t.field(sightingsField('bastion')),
    filesToldAt: t.expose('filesToldAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last said which files it has; null while it does not say.',
    }),
    profiles: t.field(profilesField),
    leases: t.field(
      toMany('Lease', {
        from: 'Bastion',
        relation: 'leases',
        key: 'bastionId',
        description: 'The addresses that its DHCP server gave.',
      }),
    ),
    servers: t.field(
      toMany('Server', {
        from: 'Bastion',
        relation: 'servers',
        key: 'bastionId',
        description: 'The servers that it holds.',
      }),
    ),
  }),
});
