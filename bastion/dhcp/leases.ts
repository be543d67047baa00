// Which machine has which address now: by the leases that dnsmasq gave, or by the neighbour table where another server gives them.
import { readFile } from 'node:fs/promises';
import { isWithin, parseIpv4, parseSubnet } from '../../common/ipv4.ts';
import { normaliseMac } from '../../common/mac.ts';
import type { DhcpSighting } from './log.ts';
import type { ServedNetwork } from './site.ts';

export interface Lease {
  readonly mac: string;
  readonly ip: string;
  /** Milliseconds since 1970 */
  readonly expires: number;
}

export interface Leases {
  /** The machine that has this address; undefined when nothing proves whose it is. */
  macOf(ip: string): Promise<string | undefined>;
  /** The addresses that the machine with this MAC has. */
  addressesOf(mac: string): Promise<string[]>;
}

/** How long dnsmasq leases an address. */
export const leaseSeconds = 3600;

/** The leases as dnsmasq tells them: in its file while it does not run, in its log while it does. */
export class LeaseBook {
  readonly #leases = new Map<string, Lease>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes a lease file in place of all that is known. */
  read(text: string): void {
    this.#leases.clear();
    for (const line of text.split('\n')) {
      const [expiry, written, ip] = line.split(' ');
      const mac = normaliseMac(written ?? '');
      if (mac === null || ip === undefined || parseIpv4(ip) === undefined || !/^\d+$/.test(expiry ?? '')) continue;
      // Nought: never.
      const expires = Number(expiry) * 1000 || Number.MAX_SAFE_INTEGER;
      this.#leases.set(ip, { mac, ip, expires });
    }
  }

  saw({ event, ip, mac }: DhcpSighting): void {
    if (ip === undefined) return;
    if (event === 'leased') this.#leases.set(ip, { mac, ip, expires: this.#now() + leaseSeconds * 1000 });
    if (event === 'released' && this.#leases.get(ip)?.mac === mac) this.#leases.delete(ip);
  }

  /** Those that have not run out. */
  all(): Lease[] {
    const now = this.#now();
    return [...this.#leases.values()].filter(({ expires }) => expires > now);
  }
}

/** Leases of the networks that are served now. `neighbours` reads the table of them. */
export function createLeases(
  networks: () => readonly Pick<ServedNetwork, 'cidr' | 'mode'>[],
  book: Pick<LeaseBook, 'all'>,
  neighbours: () => Promise<string> = () => readFile('/proc/net/arp', 'utf8'),
): Leases {
  const isIn = (ip: string, mode: ServedNetwork['mode']) => {
    const address = parseIpv4(ip);
    return networks().some((network) => {
      const subnet = network.mode === mode ? parseSubnet(network.cidr) : undefined;
      return address !== undefined && subnet !== undefined && isWithin(address, subnet);
    });
  };
  const known = async (): Promise<readonly Pick<Lease, 'mac' | 'ip'>[]> => {
    const leased = book.all().filter(({ ip }) => isIn(ip, 'full'));
    if (!networks().some(({ mode }) => mode === 'proxy')) return leased;
    return [...leased, ...parseNeighbours(await neighbours()).filter(({ ip }) => isIn(ip, 'proxy'))];
  };
  return {
    macOf: async (ip) => (await known()).find((lease) => lease.ip === ip)?.mac,
    addressesOf: async (mac) => (await known()).filter((lease) => lease.mac === mac).map(({ ip }) => ip),
  };
}

/** Bit of the kernel's table (ATF_COM in if_arp.h): the neighbour has answered. */
const COMPLETE = 2;

function parseNeighbours(text: string): { mac: string; ip: string }[] {
  return text.split('\n').flatMap((line) => {
    const [ip, , flags, written] = line.split(/\s+/);
    const mac = normaliseMac(written ?? '');
    return ip === undefined || mac === null || (Number(flags) & COMPLETE) === 0 ? [] : [{ mac, ip }];
  });
}
