// Disks of servers.
import { placeOf } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { byLocalName } from '../lists/namedKinds.ts';
import { toOne } from '../rows/edges.ts';
import { filterBy } from '../lists/filter.ts';
import { historyField, idField, Node, shared } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

export const ServerDisk = defineResource('ServerDisk', {
  access: placeOf('server', 'serverId'),
  filter: {
    name: filterBy.text('name', 'By the name that the system gave the disk, such as `nvme0n1`.'),
    model: filterBy.text('model', 'By the model that the disk reported.', { nullable: true }),
    serial: filterBy.text('serial', 'By serial number.', { nullable: true }),
    server: filterBy.related('Server', 'serverId', 'By the server it is in.'),
  },
  orders: byLocalName,
});

builder.prismaObject('ServerDisk', {
  description: 'A disk of a server.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.field(idField('ServerDisk')),
    history: t.field(historyField('ServerDisk')),
    name: t.exposeString('name', { description: 'The name that the system gave it, unique within the server.' }),
    sizeGb: t.exposeFloat('sizeGb', {
      nullable: true,
      description: 'The size in decimal gigabytes, such as 1000; null when it was not reported.',
    }),
    model: t.exposeString('model', {
      nullable: true,
      description: 'The model that the disk reported; null when it said none.',
    }),
    serial: t.exposeString('serial', {
      nullable: true,
      description: 'The serial number that the disk reported; null when it said none.',
    }),
    wwn: t.exposeString('wwn', {
      nullable: true,
      description: 'The World Wide Name, such as `0x5000c500a1b2c3d4`; null when it said none.',
    }),
    transport: t.exposeString('transport', {
      nullable: true,
      description: 'What it is attached by, such as `sata`, `sas`, `nvme` or `usb`; null when it was not reported.',
    }),
    rotational: t.exposeBoolean('rotational', {
      nullable: true,
      description: 'Whether it turns; null when it was not reported.',
    }),
    removable: t.exposeBoolean('removable', {
      nullable: true,
      description: 'Whether it can be taken out while it runs; null when it was not reported.',
    }),
    partitions: t.exposeInt('partitions', {
      nullable: true,
      description: 'How many partitions it had when it was last looked at; null when it was not reported.',
    }),
    version: t.expose('version', shared.version),
    server: t.field(
      toOne('Server', {
        relation: 'server',
        key: 'serverId',
        description: 'The server it is in; null when you may not see it.',
      }),
    ),
  }),
});
