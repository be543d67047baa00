// The configuration of dnsmasq for a site. What labd says is checked once more: nothing of it can add a line or an option.
import { isDnsLabel } from '../../common/dnsLabel.ts';
import { ipv4Text, isWithin, parseIpv4, parseRange, type Subnet } from '../../common/ipv4.ts';
import { normaliseMac } from '../../common/mac.ts';
import { type Binaries, chooseBinaries, filesFor } from './binaries.ts';
import { clients, type Client } from './clients.ts';
import { leaseSeconds } from './leases.ts';
import type { Reservation, ServedNetwork, Site } from './site.ts';
import { soundPart, type SoundNetwork } from './soundPart.ts';

export interface DnsmasqConfig {
  /** What dnsmasq starts with; null: nothing is to be served, and without an interface it would serve them all */
  readonly config: string | null;
  /** The reserved addresses, which it reads again when it is told to */
  readonly reservations: string;
  /** What was left out, and why */
  readonly warnings: readonly string[];
}

/** What holds for one network alone is under its tag. */
interface Tagged extends SoundNetwork {
  readonly tag: string;
}

export function dnsmasqConfig(site: Site): DnsmasqConfig {
  const warnings: string[] = [];
  const networks: Tagged[] = [];
  for (const network of site.networks) {
    const { problems, sound } = soundPart(network);
    warnings.push(...problems.map((problem) => `Network ${JSON.stringify(network.name)}: ${problem}`));
    if (sound) networks.push({ ...sound, tag: `n${networks.length}` });
  }
  const binaries = chooseBinaries(site);
  const there = (client: Client) => site.bootFiles.includes(client.file);
  const missing = clients.filter((client) => !there(client));
  for (const { title, file } of networks.length > 0 ? missing : [])
    warnings.push(`${title} machines get no offer: there is no ${file}`);
  for (const { name } of networks.filter(({ mode }) => mode === 'proxy'))
    warnings.push(
      `Network "${name}" is served in proxy mode, in which UEFI HTTP boot does not work: boot its machines by PXE, or set its dhcpMode to FULL`,
    );
  const lines = () => [
    '# Written by lab-bastion, which overwrites changes.',
    ...general(site, networks),
    ...recognition(missing),
    ...networks.flatMap((network) =>
      served(
        network,
        site.port,
        clients.filter(there).map((client) => ({ ...client, files: filesFor(client, binaries, site.bootFiles) })),
      ),
    ),
    '',
  ];
  return {
    config: networks.length > 0 ? lines().join('\n') : null,
    reservations: hosts(site, networks, binaries, warnings)
      .map((line) => `${line}\n`)
      .join(''),
    warnings: [...warnings, ...binaries.warnings],
  };
}

/** Inside quotes commas and number signs mean nothing, and a backslash stands before what does. */
const quoted = (path: string) => `"${path.replaceAll(/["\\]/g, '\\$&')}"`;

function general({ paths }: Site, networks: readonly Tagged[]): string[] {
  for (const path of [paths.tftp, paths.leases, paths.reservations])
    if (/[\u0000-\u001f\u007f]/.test(path)) throw new Error(`${JSON.stringify(path)} has control characters`);
  return [
    // No DNS, and no program is ever run on an event.
    'port=0',
    'pid-file=',
    'bind-dynamic',
    'except-interface=lo',
    ...[...new Set(networks.map((network) => network.interface))].map((name) => `interface=${name}`),
    'log-dhcp',
    'log-facility=-',
    'enable-tftp',
    `tftp-root=${quoted(paths.tftp)}`,
    `dhcp-leasefile=${quoted(paths.leases)}`,
    `dhcp-hostsfile=${quoted(paths.reservations)}`,
    'dhcp-lease-max=65536',
    // What machines call themselves is theirs to make up.
    'dhcp-ignore-names',
    // Three seconds of waiting for an echo are longer than some firmware waits for an offer.
    'no-ping',
    ...(networks.some(({ mode }) => mode === 'full') ? ['dhcp-authoritative'] : []),
  ];
}

/** What clients are told apart by, and those that are not answered. */
function recognition(missing: readonly Client[]): string[] {
  return [
    // iPXE's user class has no length byte, and not every build has one: its own option 175 is in each.
    'dhcp-match=set:ipxe,175',
    'dhcp-userclass=set:ipxe,iPXE',
    // Debian's installer takes a boot file with an address for its preseed.
    'dhcp-vendorclass=set:installer,d-i',
    ...clients.flatMap(({ tag, architectures }) =>
      architectures.map((architecture) => `dhcp-match=set:${tag},option:client-arch,${architecture}`),
    ),
    ...missing.map(({ tag }) => `dhcp-ignore=tag:!ipxe,tag:${tag}`),
  ];
}

/** With what it is given. */
type Bootable = Client & { readonly files: ReturnType<typeof filesFor> };

function served(network: Tagged, port: number, bootable: readonly Bootable[]): string[] {
  const { name, address, mode } = network;
  return [`# Network ${name}`, ...modes[mode](network, `http://${address}:${port}`, bootable)];
}

type Lines = (network: Tagged, url: string, bootable: readonly Bootable[]) => string[];

const modes: Readonly<Record<ServedNetwork['mode'], Lines>> = {
  full: ({ tag, subnet, range, gateway, dns, domain, address }, url, bootable) => [
    `dhcp-range=set:${tag},${between(range, subnet)},${ipv4Text(subnet.mask)},${leaseSeconds}`,
    // Without a value the option is not sent; by itself dnsmasq would name this host.
    `dhcp-option=tag:${tag},option:router${listed([gateway])}`,
    `dhcp-option=tag:${tag},option:dns-server${listed(dns.length > 0 ? dns : [gateway])}`,
    ...(domain === null ? [] : [`dhcp-option=tag:${tag},option:domain-name,${domain}`]),
    // iPXE need not wait for a proxy: this is the server that says what to boot.
    `dhcp-option=tag:${tag},encap:175,176,1b`,
    `dhcp-boot=tag:${tag},tag:ipxe,tag:!installer,${url}/boot.ipxe,,${address}`,
    ...bootable.flatMap((client) => [
      ...client.files.map(
        ({ file, tags }) =>
          `dhcp-boot=${[`tag:${tag}`, 'tag:!ipxe', `tag:${client.tag}`, ...tags].join(',')},${client.http ? `${url}/boot/` : ''}${file},,${address}`,
      ),
      ...client.options.map((option) => `dhcp-option-force=tag:${tag},tag:!ipxe,tag:${client.tag},${option}`),
    ]),
  ],
  proxy: ({ tag, subnet, address }, url, bootable) => {
    const byTftp = bootable.filter(({ http }) => !http);
    const services = (client: Client, ipxe: string, file: string, more: readonly string[] = []) =>
      client.architectures.map(
        (architecture) => `pxe-service=${[`tag:${tag}`, `tag:${ipxe}`, ...more, architecture].join(',')},"lab",${file}`,
      );
    return [
      `dhcp-range=set:${tag},${ipv4Text(subnet.first)},proxy,${ipv4Text(subnet.mask)}`,
      `dhcp-boot=tag:${tag},tag:ipxe,${url}/boot.ipxe,,${address}`,
      ...clients.filter(({ http }) => !http).flatMap((client) => services(client, 'ipxe', `${url}/boot.ipxe`)),
      ...byTftp.flatMap((client) => client.files.flatMap(({ file, tags }) => services(client, '!ipxe', file, tags))),
    ];
  },
};

const listed = (values: readonly (string | null)[]) =>
  values.map((value) => (value === null ? '' : `,${value}`)).join('');

function between(text: string | null, subnet: Subnet): string {
  const range = text === null ? undefined : parseRange(text);
  return range ? `${ipv4Text(range.first)},${ipv4Text(range.last)}` : `${ipv4Text(subnet.first)},static`;
}

/** The lines of the machines that are not as others: by their addresses, or by what they boot. */
function hosts(site: Site, networks: readonly Tagged[], { tagsOf, macs }: Binaries, warnings: string[]): string[] {
  const reservations = site.reservations.flatMap((one) => reserved(one, networks, tagsOf, warnings));
  const has = new Set(reservations.map((line) => line.split(',')[0]));
  return [...reservations, ...macs.filter((mac) => !has.has(mac)).map((mac) => [mac, ...tagsOf(mac)].join(','))];
}

/** The line of a reservation; none when it is in no network that gives out addresses. */
function reserved(
  { mac, ip, hostname }: Reservation,
  networks: readonly Tagged[],
  tagsOf: Binaries['tagsOf'],
  warnings: string[],
): string[] {
  const address = parseIpv4(ip);
  const at = normaliseMac(mac);
  if (address === undefined || at === null) {
    warnings.push(`${JSON.stringify(ip)} is not reserved for ${JSON.stringify(mac)}: an address or a MAC is wrong`);
    return [];
  }
  if (networks.some((network) => network.address === ip)) {
    warnings.push(`${ip} is not reserved for ${at}: this bastion has it itself`);
    return [];
  }
  if (!networks.some(({ mode, subnet }) => mode === 'full' && isWithin(address, subnet))) return [];
  return [[at, ...tagsOf(at), ip, ...(hostname !== null && isDnsLabel(hostname) ? [hostname] : [])].join(',')];
}
