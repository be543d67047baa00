// The address that is reserved for a server: one of a network where it belongs, and no other's. `auto` takes the lowest free one.
import { hostsOf, ipv4Text, isWithin, parseIpv4, parseRange, parseSubnet, type Subnet } from '../../../common/ipv4.ts';
import type { Location } from '../../../common/place.ts';
import type { Network } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { type Checked, right, wrong } from '../../../common/checked.ts';
import { table } from '../objects/tables.ts';
import type { Permissions } from '../objects/types.ts';
import { wholeCidr } from '../objects/validate.ts';
import { allOf } from '../where.ts';

const FIELD = 'input.address';

interface Asked extends Location {
  /** What the caller may know of: networks, and who has an address */
  readonly may: Permissions;
  /** Undefined for one that is made */
  readonly id: string | undefined;
  readonly mac: string;
}

type Ranged = Network & { readonly subnet: Subnet };

async function networksOf({ client }: Writer, { cloud, environment, may }: Asked): Promise<Ranged[]> {
  const where = allOf({ cloud, environment }, may.visible('Network')) as never;
  const all: Network[] = await client.network.findMany({ where, orderBy: { name: 'asc' } });
  return all.flatMap((network) => {
    const subnet = parseSubnet(wholeCidr(network.cidr));
    return subnet ? [{ ...network, subnet }] : [];
  });
}

/** `auto`, or `auto:NETWORK`. */
const AUTO = /^auto(?::(.*))?$/;

/** The address to reserve for a server that asks for this one. */
export async function reserve(tx: Writer, asked: Asked, wanted: string): Promise<Checked<string>> {
  const networks = await networksOf(tx, asked);
  const auto = AUTO.exec(wanted.trim());
  if (auto) {
    const network = await chosen(tx, asked, networks, auto[1]);
    return 'problems' in network ? network : lowest(tx, asked, network.value);
  }
  const address = parseIpv4(wanted.trim());
  if (address === undefined)
    return wrong(FIELD, `${JSON.stringify(wanted)} is no IPv4 address.`, 'Write one such as 192.168.8.20, or auto.');
  const text = ipv4Text(address);
  const place = `${asked.cloud}/${asked.environment}`;
  const network = networks
    .filter(({ subnet }) => isWithin(address, subnet))
    .toSorted((a, b) => a.subnet.last - a.subnet.first - (b.subnet.last - b.subnet.first))[0];
  if (!network)
    return wrong(FIELD, `No network of ${place} holds ${text}.`, 'See lab get networks for those there are.');
  if (!isWithin(address, hostsOf(network.subnet)))
    return wrong(FIELD, `${text} is no host's in ${network.cidr}.`, 'Take another, or write auto.');
  const holder = (await takenIn(tx, asked, network)).get(text);
  return holder === undefined
    ? right(text)
    : wrong(
        FIELD,
        `${text} is taken, by ${await named(tx, asked, holder)}.`,
        'Take another, or write auto for the lowest that is free.',
      );
}

/** The network that is named; else the one that the server is in; else the only one there is. */
async function chosen(
  { client }: Writer,
  { id, mac }: Asked,
  networks: readonly Ranged[],
  name: string | undefined,
): Promise<Checked<Ranged>> {
  const remedy = `Write auto:NETWORK. There are: ${networks.map((network) => network.name).join(', ') || 'none'}.`;
  if (name !== undefined) {
    const found = networks.find((network) => network.name === name);
    return found
      ? right(found)
      : wrong(FIELD, `There is no IPv4 network ${JSON.stringify(name)} where it belongs.`, remedy);
  }
  const nics =
    id === undefined
      ? []
      : await client.serverNic.findMany({ where: { serverId: id, mac }, select: { networkId: true } });
  const itsOwn = networks.find((network) => nics.some(({ networkId }) => networkId === network.id));
  const only = itsOwn ?? (networks.length === 1 ? networks[0] : undefined);
  return only ? right(only) : wrong(FIELD, 'In which network the address is to be cannot be told.', remedy);
}

/** Who has an address: an object, or what is no object. */
type Holder = string | { readonly kind: 'Server' | 'Vm'; readonly id: string; readonly name: string };

const heldBy = (kind: 'Server' | 'Vm', row: { id: string; name: string } | null): Holder =>
  row ? { kind, ...row } : 'something that is gone';

/** A holder in words: not by its name when the caller may not see it. */
async function named({ client }: Writer, { may }: Asked, holder: Holder): Promise<string> {
  if (typeof holder === 'string') return holder;
  const { kind, id, name } = holder;
  const noun = kind === 'Vm' ? 'VM' : 'server';
  const seen = await table(client, kind).findMany({
    where: allOf({ id }, may.visible(kind)),
    orderBy: { id: 'asc' },
    take: 1,
  });
  return seen.length > 0 ? `${noun} "${name}"` : `a ${noun} that you may not see`;
}

/** Addresses of a network that somebody has, and who: the router, its name servers, servers that reserved or report them, VMs. */
async function takenIn({ client }: Writer, asked: Asked, network: Ranged): Promise<Map<string, Holder>> {
  const { cloud, environment, id } = asked;
  const others = id === undefined ? {} : { id: { not: id } };
  const [servers, nics, vms] = await Promise.all([
    client.server.findMany({
      where: { cloud, environment, address: { not: null }, ...others },
      select: { id: true, name: true, address: true },
    }),
    client.serverNic.findMany({
      where: { networkId: network.id, ip: { not: null }, server: others },
      select: { ip: true, server: { select: { id: true, name: true } } },
    }),
    client.vmNic.findMany({
      where: { networkId: network.id, ip: { not: null } },
      select: { ip: true, vm: { select: { id: true, name: true } } },
    }),
  ]);
  const held: readonly (readonly [address: string | null, holder: Holder])[] = [
    ...vms.map(({ ip, vm }) => [ip, heldBy('Vm', vm)] as const),
    ...nics.map(({ ip, server }) => [ip, heldBy('Server', server)] as const),
    ...servers.map(({ address, ...server }) => [address, heldBy('Server', server)] as const),
    ...network.dns.map((address) => [address, 'a DNS server'] as const),
    [network.gateway, 'the gateway'],
  ];
  return new Map(held.flatMap(([address, holder]) => (address === null ? [] : [[address, holder]])));
}

/** The lowest that nobody has, and that DHCP gives to nobody else. */
async function lowest(tx: Writer, asked: Asked, network: Ranged): Promise<Checked<string>> {
  const taken = await takenIn(tx, asked, network);
  const dynamic = network.dhcpRange === null ? undefined : parseRange(network.dhcpRange);
  const { first, last } = hostsOf(network.subnet);
  for (let address = first; address <= last; address++) {
    if (dynamic && isWithin(address, dynamic)) address = dynamic.last;
    else if (!taken.has(ipv4Text(address))) return right(ipv4Text(address));
  }
  return wrong(
    FIELD,
    `Network "${network.name}" has no free address.`,
    'Make its dhcpRange smaller, or take another network.',
  );
}
