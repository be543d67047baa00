// Which of the networks that labd tells of this bastion serves: those that one of its interfaces has an address in, and those behind a relay.
import type { NetworkInterfaceInfo } from 'node:os';
import { isWithin, parseIpv4, parseSubnet } from '../../common/ipv4.ts';
import type { BastionSiteQuery } from '../generated/documents.ts';
import type { ServedNetwork } from './site.ts';

/** What labd says that there is to serve. */
export type LabdSite = NonNullable<BastionSiteQuery['bastionSite']>;

/** The interfaces of the host, as Node lists them. */
export type HostInterfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

interface Own {
  readonly interface: string;
  readonly address: string;
}

/** IPv4 addresses of these interfaces, in their order. */
const addressesOf = (interfaces: readonly string[], host: HostInterfaces): Own[] =>
  interfaces.flatMap((name) =>
    (host[name] ?? []).filter(({ family }) => family === 'IPv4').map(({ address }) => ({ interface: name, address })),
  );

/** A relay agent sends to an address that people gave it: the first of ours says what machines are told. */
export function select(site: LabdSite, interfaces: readonly string[], host: HostInterfaces): ServedNetwork[] {
  const own = addressesOf(interfaces, host);
  return site.networks.flatMap(({ name, cidr, gateway, domain, dhcpMode, dhcpRange, dns, relayed }) => {
    const subnet = parseSubnet(cidr);
    const inside = own.find(({ address }) => subnet !== undefined && isWithin(parseIpv4(address)!, subnet));
    const at = inside ?? (relayed ? own[0] : undefined);
    if (!at) return [];
    const mode = dhcpMode === 'PROXY' ? ('proxy' as const) : ('full' as const);
    return [{ name, cidr, ...at, mode, range: dhcpRange, gateway, dns, domain, relayed: inside === undefined }];
  });
}
