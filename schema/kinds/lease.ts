// Leases: the addresses that DHCP servers of bastions gave.
import { placeOf } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import type { Context } from '../base/context.ts';
import { toOne } from '../rows/edges.ts';
import { loadByIds, plan } from '../rows/plan.ts';
import { filterBy } from '../lists/filter.ts';
import { visible } from '../lists/listArguments.ts';
import { resourceOf } from '../lists/registry.ts';
import { historyField, idField, Node, shared } from '../fields/sharedFields.ts';
import { batched, computedField } from '../fields/computed.ts';
import { defineResource } from '../lists/defineResource.ts';
import { allOf } from '../../server/domain/where.ts';

export const Lease = defineResource('Lease', {
  access: placeOf('bastion', 'bastionId'),
  filter: {
    search: filterBy.search({ own: { mac: 'mac', ip: 'address' } }, 'its MAC address, in any spelling, or its address'),
    id: filterBy.itself('Lease', 'By the lease itself.'),
    mac: filterBy.text('mac', 'By the MAC address of the interface that has it, in lower case with colons.'),
    bastion: filterBy.related('Bastion', 'bastionId', 'By the bastion whose DHCP server gave it.'),
  },
  orders: {
    CREATED_AT: { column: 'createdAt', type: 'moment', description: 'By when it was first given.' },
    MAC: { column: 'mac', description: 'By MAC address, in lower case with colons.' },
  },
});

interface Leased {
  readonly mac: string;
}

/** The servers that these MACs are of, of those that the caller may see: by what they boot from, else by their NICs. */
const serversOf = async (leases: readonly Leased[], here: Context) => {
  const { prisma } = here.database;
  const macs = [...new Set(leases.map(({ mac }) => mac))];
  const seen = visible(here, resourceOf('Server'));
  const found = await prisma.server.findMany({
    where: allOf({ OR: [{ bootMac: { in: macs } }, { nics: { some: { mac: { in: macs } } } }] }, seen) as never,
    select: { id: true, bootMac: true, nics: { where: { mac: { in: macs } }, select: { mac: true } } },
    orderBy: { id: 'asc' },
    relationLoadStrategy: 'join',
  });
  const ids = new Map<string, string>();
  for (const { id, nics } of found) for (const { mac } of nics) if (!ids.has(mac)) ids.set(mac, id);
  for (const { id, bootMac } of found) ids.set(bootMac, id);
  return ids;
};

builder.prismaObject('Lease', {
  description:
    'An address that the DHCP server of a bastion gave to a machine. It is gone when it was given back, and at the latest an hour after it ran out.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.field(idField('Lease')),
    history: t.field(historyField('Lease')),
    version: t.expose('version', shared.version),
    ip: t.exposeString('ip', { description: 'The address that the machine has.' }),
    mac: t.exposeString('mac', { description: 'The MAC address of the interface that has it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the machine first got it.' }),
    expiresAt: t.field(
      computedField({
        type: 'DateTime',
        nullable: true,
        description: 'When it runs out unless it is renewed. Null at a revision: a renewal is not in the change log.',
        columns: ['expiresAt'],
        now: ({ expiresAt }: { expiresAt: Date }) => expiresAt,
        then: null,
        hidden: () => null,
      }),
    ),
    bastion: t.field(
      toOne('Bastion', {
        relation: 'bastion',
        key: 'bastionId',
        description: 'The bastion whose DHCP server gave it.',
      }),
    ),
    server: t.field(
      computedField({
        type: resourceOf('Server').object,
        nullable: true,
        description:
          'The server that has an interface with this MAC address; null when labd knows none, when you may not see it, and at a revision.',
        columns: ['mac'],
        now: batched(async (leases: readonly Leased[], here: Context, _args, info) => {
          const ids = await serversOf(leases, here);
          const own = plan('Server', info.fieldNodes, here, info);
          const rows = await loadByIds(resourceOf('Server'), [...new Set(ids.values())], own, here);
          const byId = new Map(rows.map((row) => [row.id, row]));
          return ({ mac }: Leased) => byId.get(ids.get(mac) ?? '') ?? null;
        }),
        then: null,
        hidden: () => null,
      }),
    ),
  }),
});
