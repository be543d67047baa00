// What a bastion serves DHCP for: the networks and the reserved addresses of its site.

export interface ServedNetwork {
  readonly name: string;
  /** Such as 192.168.8.0/24 */
  readonly cidr: string;
  /** Where its requests come in, of the machines themselves or of a relay agent */
  readonly interface: string;
  /** The bastion's own, by which the machines reach it */
  readonly address: string;
  /** Full: addresses too. Proxy: what to boot alone, beside a DHCP server of the site */
  readonly mode: 'full' | 'proxy';
  /** Such as 192.168.8.100-192.168.8.199; null: reserved addresses alone are given out */
  readonly range: string | null;
  readonly gateway: string | null;
  readonly dns: readonly string[];
  readonly domain: string | null;
  /** Its requests come through a relay agent: the bastion has no interface in it */
  readonly relayed: boolean;
}

export interface Reservation {
  readonly mac: string;
  readonly ip: string;
  /** What the machine is told that it is called */
  readonly hostname: string | null;
}

/** A machine that gets another iPXE binary than its firmware would. */
export interface OwnBinary {
  readonly mac: string;
  readonly binary: string;
}

/** Where dnsmasq finds what it reads, and keeps what it writes. */
interface DhcpPaths {
  readonly reservations: string;
  readonly leases: string;
  /** What TFTP serves */
  readonly tftp: string;
}

export interface Site {
  readonly networks: readonly ServedNetwork[];
  readonly reservations: readonly Reservation[];
  readonly binaries: readonly OwnBinary[];
  /** Of the bastion's HTTP server for machines */
  readonly port: number;
  readonly paths: DhcpPaths;
  /** The names of the boot files that there are */
  readonly bootFiles: readonly string[];
}
