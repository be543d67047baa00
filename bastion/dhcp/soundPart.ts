// What may be served of a network as labd tells it, and why the rest is left out: one wrong value never stops the others.
import { DNS_LABEL, isDnsLabel } from '../../common/dnsLabel.ts';
import { hostsOf, isWithin, parseIpv4, parseRange, parseSubnet, type Subnet } from '../../common/ipv4.ts';
import type { ServedNetwork } from './site.ts';

export interface SoundNetwork extends ServedNetwork {
  readonly subnet: Subnet;
}

const INTERFACE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/;
const DOMAIN = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`, 'i');

const isIpv4 = (text: string) => parseIpv4(text) !== undefined;

/** The part that can be served, and what is wrong with the rest. Nothing is sound of a network that cannot be told at all. */
export function soundPart(network: ServedNetwork): { problems: readonly string[]; sound?: SoundNetwork } {
  const subnet = parseSubnet(network.cidr);
  const needed: readonly (readonly [string, boolean, string])[] = [
    [network.name, isDnsLabel(network.name), 'is no name'],
    [network.cidr, subnet !== undefined, 'is no range of IPv4'],
    [network.interface, INTERFACE.test(network.interface), 'names no network interface'],
    [network.address, isIpv4(network.address), 'is no IPv4 address of this bastion'],
  ];
  const problems = needed
    .filter(([, isRight]) => !isRight)
    .map(([value, , problem]) => `${JSON.stringify(value)} ${problem}. It is not served`);
  if (problems.length > 0 || !subnet) return { problems };

  const keep = (value: string | null, isRight: (text: string) => boolean, problem: string): string | null => {
    if (value === null || isRight(value)) return value;
    problems.push(`${JSON.stringify(value)} ${problem}`);
    return null;
  };
  const isHosts = (text: string) => {
    const range = parseRange(text);
    return range !== undefined && isWithin(range.first, hostsOf(subnet)) && isWithin(range.last, hostsOf(subnet));
  };
  const untold = 'is no IPv4 address: machines are not told it';
  return {
    problems,
    sound: {
      ...network,
      subnet,
      range: keep(
        network.range,
        isHosts,
        `is no range of addresses inside ${network.cidr}: only reserved ones are given out`,
      ),
      gateway: keep(network.gateway, isIpv4, untold),
      dns: network.dns.filter((text) => keep(text, isIpv4, untold) !== null),
      domain: keep(network.domain, (text) => DOMAIN.test(text), 'is no domain name: machines are not told it'),
    },
  };
}
