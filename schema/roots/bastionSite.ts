// What a bastion asks again and again: the networks on which it may serve DHCP, and the addresses that are reserved there.
import {
  siteOf,
  type BastionSite as Site,
  type SiteBoot as Booted,
  type SiteNetwork as Served,
  type SiteReservation as Reserved,
} from '../../server/domain/fleet/uplink/site.ts';
import { wholeCidr } from '../../server/domain/objects/validate.ts';
import { builder } from '../base/builder.ts';
import { decodeId } from '../base/ids.ts';
import { DhcpMode } from '../kinds/enums.ts';
import { uplinkOf } from '../permissions/uplinkOf.ts';

const SiteNetwork = builder.objectRef<Served>('SiteNetwork').implement({
  description: 'A network on which a bastion may serve DHCP: it does when it has an address there, or behind a relay.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name of the network.' }),
    cidr: t.string({ description: 'The range of the network.', resolve: ({ cidr }) => wholeCidr(cidr) }),
    gateway: t.exposeString('gateway', { nullable: true, description: "The router's address." }),
    domain: t.exposeString('domain', { nullable: true, description: 'The DNS domain of its hosts.' }),
    dhcpMode: t.field({
      type: DhcpMode,
      description: 'Whether the bastion gives out addresses too.',
      resolve: ({ dhcpMode }) => dhcpMode as 'FULL',
    }),
    dhcpRange: t.exposeString('dhcpRange', {
      nullable: true,
      description: 'What machines without a reserved address get.',
    }),
    dns: t.stringList({ description: 'The DNS servers of its hosts.', resolve: ({ dns }) => [...dns] }),
    relayed: t.exposeBoolean('relayed', { description: 'Whether its requests come through a relay agent.' }),
  }),
});

const SiteReservation = builder.objectRef<Reserved>('SiteReservation').implement({
  description: 'An address that is reserved for a server.',
  fields: (t) => ({
    mac: t.exposeString('mac', { description: 'The MAC address that the server boots from.' }),
    ip: t.exposeString('ip', { description: 'The address that it gets.' }),
    hostname: t.exposeString('hostname', { description: 'What it is told that it is called.' }),
  }),
});

const SiteBoot = builder.objectRef<Booted>('SiteBoot').implement({
  description: 'How a machine boots that boots otherwise than others, by its model or since people said so.',
  fields: (t) => ({
    mac: t.exposeString('mac', { description: 'The MAC address that the server boots from.' }),
    way: t.field({
      type: 'JSON',
      description: 'A map with `binary`, `leave`, `consoles` and `arguments`, of which only what is said is there.',
      resolve: ({ way }) => way,
    }),
  }),
});

const BastionSite = builder.objectRef<Site>('BastionSite').implement({
  description: 'What a bastion may serve DHCP for, all of it from one moment.',
  fields: (t) => ({
    tag: t.exposeString('tag', { description: 'Another one when anything has changed; to be said when asking again.' }),
    networks: t.field({
      type: [SiteNetwork],
      description: 'The networks of its cloud and environment on which DHCP is to be served.',
      resolve: ({ networks }) => [...networks],
    }),
    reservations: t.field({
      type: [SiteReservation],
      description: 'The addresses that are reserved for servers of its cloud and environment.',
      resolve: ({ reservations }) => [...reservations],
    }),
    boots: t.field({
      type: [SiteBoot],
      description: 'The servers of its cloud and environment that boot otherwise than others.',
      resolve: ({ boots }) => [...boots],
    }),
  }),
});

builder.queryField('bastionSite', (t) =>
  t.field({
    type: BastionSite,
    nullable: true,
    action: 'uplink',
    description: 'What a bastion may serve DHCP for; null when nothing has changed since `known`, or it is gone.',
    args: {
      bastion: t.arg.id({ required: true, description: 'The id of the bastion that asks.' }),
      known: t.arg.string({ required: false, description: 'The tag of what it was told last.' }),
    },
    resolve: async (_root, { bastion, known }, context) => {
      const id = await uplinkOf(context, 'bastionSite', decodeId(bastion, 'Bastion'));
      const { prisma } = context.database;
      const row = await prisma.bastion.findUnique({ where: { id } });
      const site = row && (await siteOf(prisma, row));
      return site?.tag === known ? null : site;
    },
  }),
);
