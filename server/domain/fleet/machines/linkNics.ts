// Links NICs to networks: by longest prefix match among the networks of the server's cloud and environment. When two
// networks tie, the NIC is linked to none and the server gets a Conflict condition.
import type { Location } from '../../../../common/place.ts';
import type { Network, Prisma, ServerNic } from '../../../store/generated/client.ts';
import { Conditions, refer, server } from '../../ledger/conditions.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { select } from '../../ledger/sql.ts';
import type { Writer } from '../../../store/types.ts';
import { settingsFor } from '../../ledger/settings.ts';

type Client = Prisma.TransactionClient;

/** An address in a cloud and an environment. */
interface Located extends Location {
  ip: string;
}

/** The network to link to, or the networks that tie. */
type Link = { network: string | null; tied: readonly Pick<Network, 'id' | 'name' | 'cidr' | 'vlan'>[] };

const key = ({ cloud, environment, ip }: Located) => [cloud, environment, ip].join('\n');

/** First and last address of a network as hosts, so that a plain index range finds what lies in it. */
const bounds = (cidr: string) => {
  const bits = `CASE family(${cidr}) WHEN 4 THEN 32 ELSE 128 END`;
  return { first: `set_masklen(${cidr}, ${bits})`, last: `set_masklen(broadcast(${cidr}), ${bits})` };
};

interface Found extends Located {
  id: string;
  name: string;
  cidr: string;
  vlan: number;
  length: number;
}

/** The link of each address, in one statement. */
async function linksFor(client: Client, addresses: readonly Located[]): Promise<(address: Located) => Link> {
  const distinct = [...new Map(addresses.map((one) => [key(one), one])).values()];
  if (distinct.length === 0) return () => ({ network: null, tied: [] });
  const { first, last } = bounds('n.cidr');
  const found = await client.$queryRawUnsafe<Found[]>(
    `SELECT u.cloud, u.environment, u.ip, n.id, n.name, n.cidr, n.vlan, masklen(n.cidr) AS length
       FROM unnest($1::text[], $2::text[], $3::text[]) AS u(cloud, environment, ip)
       JOIN network n ON n.cloud = u.cloud AND n.environment = u.environment
        AND family(n.cidr) = family(u.ip::inet) AND u.ip::inet >= ${first} AND u.ip::inet <= ${last}`,
    distinct.map(({ cloud }) => cloud),
    distinct.map(({ environment }) => environment),
    distinct.map(({ ip }) => ip),
  );
  const byAddress = group(found);
  return (address) => choose(byAddress.get(key(address)) ?? []);
}

function group(found: readonly Found[]): Map<string, Found[]> {
  const groups = new Map<string, Found[]>();
  for (const one of found) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  return groups;
}

function choose(found: readonly Found[]): Link {
  const longest = Math.max(...found.map(({ length }) => Number(length)));
  const best = found.filter(({ length }) => Number(length) === longest);
  if (best.length > 1) return { network: null, tied: best.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
  return { network: best[0]?.id ?? null, tied: [] };
}

/** Links NICs that are in the ledger, with their servers and these servers' conditions. */
export async function linkNics(
  client: Client,
  ledger: Ledger,
  conditions: Conditions,
  nicIds: Iterable<string>,
): Promise<void> {
  const nics = [...nicIds].flatMap((id) => ledger.get('ServerNic', id) ?? []);
  const located = (nic: (typeof nics)[number]): Located | undefined => {
    const { cloud, environment } = ledger.get('Server', nic.serverId ?? '') ?? {};
    return nic.ip !== null && cloud !== undefined && environment !== undefined
      ? { cloud, environment, ip: nic.ip }
      : undefined;
  };
  const linkOf = await linksFor(
    client,
    nics.flatMap((nic) => located(nic) ?? []),
  );
  for (const nic of nics) {
    // Whoever gave it the address caused what follows from that.
    ledger.onBehalfOf(ledger.changedBy('ServerNic', nic.id));
    const place = located(nic);
    const { network, tied } = place ? linkOf(place) : { network: null, tied: [] };
    ledger.update('ServerNic', nic.id, { networkId: network });
    const subject = server(nic.serverId!);
    if (tied.length === 0) {
      if (conditions.find(subject, 'Conflict', nic.name)?.reason === 'NetworkTie')
        conditions.end(subject, 'Conflict', nic.name);
      continue;
    }
    const words = ({ id, vlan }: Pick<Network, 'id' | 'vlan'>) =>
      refer('Network', id) + (vlan === 0 ? '' : ` (VLAN ${vlan})`);
    const names = tied.map(words).join(', ');
    conditions.begin(subject, {
      type: 'Conflict',
      detail: nic.name,
      reason: 'NetworkTie',
      message: `${nic.ip} of ${nic.name} lies in several networks of the same prefix, so it is linked to none: ${names}.`,
      evidence: { networks: tied.map(({ id }) => id) },
    });
  }
}

/**
 * Links anew all NICs whose address lies in one of these networks, each within its own place. For whoever creates,
 * changes (the network as it was and as it is) or deletes a network: after that was written, in the same transaction,
 * which must have taken the head first.
 */
export async function relinkForNetworks(tx: Writer, networks: readonly (Location & { cidr: string })[]): Promise<void> {
  const { first, last } = bounds('u.cidr::inet');
  const found = await tx.client.$queryRawUnsafe<{ id: string }[]>(
    `SELECT DISTINCT n.id FROM unnest($1::text[], $2::text[], $3::text[]) AS u(cidr, cloud, environment)
       JOIN server_nic n ON n.ip >= ${first} AND n.ip <= ${last} AND family(n.ip) = family(u.cidr::inet)
       JOIN server s ON s.id = n.server_id AND s.cloud = u.cloud AND s.environment = u.environment`,
    networks.map(({ cidr }) => cidr),
    networks.map(({ cloud }) => cloud),
    networks.map(({ environment }) => environment),
  );
  await relinkNics(
    tx,
    await select(
      tx.client,
      'ServerNic',
      't.id = ANY($1::uuid[])',
      found.map(({ id }) => id),
    ),
  );
}

/** Links all NICs of some servers anew, as when a server moves to another cloud or environment. As above. */
export async function relinkServers(tx: Writer, serverIds: readonly string[]): Promise<void> {
  await relinkNics(tx, await select(tx.client, 'ServerNic', 't.server_id = ANY($1::uuid[])', serverIds));
}

/** The NICs that are linked to a network. */
export const linkedTo = (tx: Writer, networkId: string): Promise<ServerNic[]> =>
  select(tx.client, 'ServerNic', 't.network_id = $1::uuid', networkId);

/** Links some NICs anew, given as they were before the change that makes it necessary. As above. */
export async function relinkNics(tx: Writer, nics: readonly ServerNic[]): Promise<void> {
  if (nics.length === 0) return;
  const servers = [...new Set(nics.map(({ serverId }) => serverId!))];
  const { now, ids } = settingsFor(tx);
  const ledger = new Ledger(now(), ids);
  const conditions = new Conditions(ledger);
  ledger.load('Server', await select(tx.client, 'Server', 't.id = ANY($1::uuid[])', servers));
  ledger.load('ServerNic', nics);
  conditions.load(
    await select(tx.client, 'Condition', `t.subject_kind = 'Server' AND t.subject_id = ANY($1::uuid[])`, servers),
  );
  await linkNics(
    tx.client,
    ledger,
    conditions,
    nics.map(({ id }) => id),
  );
  await ledger.flush(tx);
}
