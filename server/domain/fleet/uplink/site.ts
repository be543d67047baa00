// What a bastion may serve DHCP for: the networks where it belongs, and the addresses that are reserved for servers there.
import { createHash } from 'node:crypto';
import { models, modelOf } from '../../../../common/boot/models.ts';
import { bothWays, type BootWay } from '../../../../common/boot/way.ts';
import type { Bastion, Prisma } from '../../../store/generated/client.ts';
import { select } from '../../ledger/sql.ts';

type Client = Prisma.TransactionClient;

export interface SiteNetwork {
  readonly name: string;
  readonly cidr: string;
  readonly gateway: string | null;
  readonly domain: string | null;
  readonly dhcpMode: string;
  readonly dhcpRange: string | null;
  readonly dns: readonly string[];
  /** It comes through a relay agent: this bastion serves it, whatever its own addresses are */
  readonly relayed: boolean;
}

export interface SiteReservation {
  readonly mac: string;
  readonly ip: string;
  readonly hostname: string;
}

/** A machine that boots otherwise than others, by its model or since people said so. */
export interface SiteBoot {
  readonly mac: string;
  readonly way: BootWay;
}

export interface BastionSite {
  /** Says whether anything has changed */
  readonly tag: string;
  readonly networks: readonly SiteNetwork[];
  readonly reservations: readonly SiteReservation[];
  readonly boots: readonly SiteBoot[];
}

/** Those on which DHCP is to be served, and that no other bastion serves through a relay. */
export async function siteOf(client: Client, bastion: Bastion): Promise<BastionSite> {
  const { name, cloud, environment } = bastion;
  const rows = await client.network.findMany({
    where: { cloud, environment, dhcpEnabled: true, OR: [{ relay: null }, { relay: name }] },
    orderBy: { name: 'asc' },
    select: {
      name: true,
      cidr: true,
      gateway: true,
      domain: true,
      dhcpMode: true,
      dhcpRange: true,
      dns: true,
      relay: true,
    },
  });
  const servers = await client.server.findMany({
    where: { cloud, environment, address: { not: null }, status: { not: 'RETIRED' } },
    orderBy: { name: 'asc' },
    select: { name: true, address: true, bootMac: true },
  });
  const networks = rows.map(({ relay, ...network }) => ({ ...network, relayed: relay !== null }));
  const reservations = servers.map(({ name: hostname, address, bootMac: mac }) => ({ mac, ip: address!, hostname }));
  const boots = await bootsIn(client, bastion);
  const tag = createHash('sha256')
    .update(JSON.stringify([networks, reservations, boots]))
    .digest('hex')
    .slice(0, 32);
  return { tag, networks, reservations, boots };
}

async function bootsIn(client: Client, { cloud, environment }: Bastion): Promise<SiteBoot[]> {
  const products = models.flatMap(({ products: some }) => some);
  // As text: CockroachDB compares no JSON.
  const rows = await select(
    client,
    'Server',
    "t.cloud = $1 AND t.environment = $2 AND (t.boot::text <> '{}' OR t.product = ANY($3::text[])) ORDER BY t.name",
    cloud,
    environment,
    products,
  );
  return rows
    .map(({ bootMac: mac, boot, vendor, product }) => ({
      mac,
      way: bothWays(boot as BootWay, modelOf(vendor, product)?.way ?? {}),
    }))
    .filter(({ way }) => Object.keys(way).length > 0);
}
