// What a bastion without labd serves: the networks that its interfaces are in.
import { networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import { isWithin, ipv4Text, parseIpv4, parseRange, parseSubnet } from '../../common/ipv4.ts';
import type { HostInterfaces, LabdSite } from './selection.ts';

/**
 * Boot files beside a DHCP server of the site; addresses too in the network that the range lies in, where the bastion's host is
 * named as router and name server, since installers stop without either.
 */
export function ownSite(interfaces: readonly string[], host: HostInterfaces, range: string | undefined): LabdSite {
  const wanted = range === undefined ? undefined : parseRange(range);
  const networks = interfaces.flatMap((name) => {
    const own = (host[name] ?? []).find(({ family }) => family === 'IPv4');
    const [address, mask] = [own?.address, own?.netmask].map((text) => parseIpv4(text ?? ''));
    if (!own || address === undefined || mask === undefined) return [];
    const bits = mask.toString(2).replaceAll('0', '').length;
    const cidr = `${ipv4Text(address - (address % 2 ** (32 - bits)))}/${bits}`;
    const subnet = parseSubnet(cidr)!;
    const full = wanted !== undefined && isWithin(wanted.first, subnet) && isWithin(wanted.last, subnet);
    return [
      {
        name: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
        cidr,
        gateway: full ? own.address : null,
        domain: null,
        dhcpMode: full ? ('FULL' as const) : ('PROXY' as const),
        dhcpRange: full ? range! : null,
        dns: [],
        relayed: false,
      },
    ];
  });
  return { tag: 'standalone', networks, reservations: [], boots: [] };
}

interface Serving {
  readonly dhcp: { serve(site: LabdSite): Promise<void> };
  readonly interfaces: readonly string[];
  readonly range: string | undefined;
  readonly log: Pick<Logger, 'warn'>;
}

/** Milliseconds between two looks: addresses of interfaces come and go. */
const LOOK = 10_000;

/** Serves that from now on, as it changes; returns what ends it. */
export function serveOwn({ dhcp, interfaces, range, log }: Serving): () => Promise<void> {
  let served = '';
  const look = () => {
    const host = networkInterfaces();
    const site = ownSite(interfaces, host, range);
    const text = JSON.stringify(site);
    if (text === served) return;
    served = text;
    for (const name of interfaces)
      if (!host[name]?.some(({ family }) => family === 'IPv4'))
        log.warn(`${name} has no IPv4 address: no DHCP is served there until it has one`);
    if (range !== undefined && !site.networks.some(({ dhcpRange }) => dhcpRange !== null))
      log.warn(`${range} (--dhcp-range) lies in no network of ${interfaces.join(', ')}: no addresses are given out`);
    void dhcp.serve(site);
  };
  look();
  const timer = setInterval(look, LOOK);
  return async () => clearInterval(timer);
}
