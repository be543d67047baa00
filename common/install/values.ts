// What templates may name: a plan, the bastion it runs at, and what follows from both.
import { isDnsLabel } from '../dnsLabel.ts';
import { normaliseMac } from '../mac.ts';
import { networkOf } from './network.ts';
import { parametersOf, PlanError, readerOf, type Reader } from './parameters.ts';
import type { InstallPlan } from './plan.ts';
import type { Values } from './template.ts';

/** Where an install happens: what only the bastion knows. */
export interface Site {
  /** Address of the HTTP API as the machine reaches it, such as `http://10.0.0.1:8080` */
  readonly bastionUrl: string;
  /** Address of the folder that the rendered files of this attempt are served below */
  readonly filesUrl: string;
  /** Address of the folder that the profile's files are served below, by their paths */
  readonly treeUrl: string;
  /** Of the attempt */
  readonly token: string;
  /** The bastion's time, in milliseconds since 1970 */
  readonly time: number;
  /** What the Secrets that the plan names keep, by their names */
  readonly secrets: Readonly<Record<string, string>>;
}

export function valuesOf(plan: InstallPlan, site: Site): Values {
  const parameters = parametersOf(plan, site.secrets);
  const read = readerOf(parameters);
  const { machine, profile, revision, disk } = plan;
  const macs = machine.macs.map((mac) => normaliseMac(mac)).filter((mac) => mac !== null);
  const mac = macs[0];
  if (mac === undefined)
    throw new PlanError(
      null,
      'has a machine without a MAC address',
      'Give the server a NIC that boots from the network.',
    );
  const hostname = dnsName('hostname', read.text('hostname') ?? machine.name);
  const domain = dnsName('domain', read.text('domain'));
  const password = read.text('rootPassword');
  const consoles = read.texts('consoles');
  return {
    parameters,
    revision,
    profile: { name: profile.name, title: profile.title, architecture: profile.architecture },
    machine: {
      name: machine.name,
      mac,
      bootif: `01-${mac.replaceAll(':', '-')}`,
      uefi: machine.firmware === 'UEFI',
      vendor: machine.vendor ?? '',
      product: machine.product ?? '',
    },
    disk: { name: disk?.name ?? '', serial: disk?.serial ?? null, wwn: disk?.wwn ?? null },
    host: { name: hostname, domain, fqdn: domain === null ? hostname : `${hostname}.${domain}` },
    root: { password, locked: password === null, sshKeys: read.texts('sshKeys') },
    users: usersOf(read),
    network: networkOf(read, mac),
    ntp: read.texts('ntp'),
    // Debian's installer takes one.
    timeServer: read.texts('ntp')[0] ?? null,
    locale: read.text('locale') ?? 'en_US.UTF-8',
    keyboard: read.text('keyboard') ?? 'us',
    timezone: read.text('timezone') ?? 'UTC',
    packages: read.texts('packages'),
    proxy: read.text('proxy'),
    mirror: mirrorOf(read.text('mirror') ?? profile.mirror),
    scripts: read.texts('scripts').map((text, index) => ({ number: index + 1, text })),
    k3s: read.flag('k3s'),
    consoles,
    consoleArguments: consoles.map((one) => `console=${one}`).join(' '),
    image: imageOf(plan, bare(site.treeUrl)),
    metadata: metadataOf(plan),
    bastion: { url: bare(site.bastionUrl) },
    files: { url: bare(site.filesUrl) },
    tree: { url: bare(site.treeUrl) },
    token: site.token,
    seconds: Math.floor(site.time / 1_000),
  };
}

const bare = (url: string): string => url.replace(/\/+$/, '');

function usersOf(read: Reader): Values[] {
  return read.users('users').map(({ name, groups, sshKeys, admin }) => {
    if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(name) || name === 'root')
      throw new PlanError(
        'users',
        'has a name that no user may have',
        'Use lower-case letters, digits, _ and -; root has parameters of its own.',
      );
    return { name, groups, sshKeys, admin };
  });
}

function dnsName<T extends string | null>(parameter: string, name: T): T {
  if (name === null || (name.length <= 253 && name.split('.').every(isDnsLabel))) return name;
  throw new PlanError(
    parameter,
    'is not a name of hosts',
    'Use lower-case letters, digits and dashes, and dots between.',
  );
}

/** The profile's root file system; null for those that install packages. */
function imageOf({ profile }: InstallPlan, tree: string): Values | null {
  const root = profile.files.find(({ use }) => use === 'root');
  if (!root) return null;
  const raw = /\.(?:img|raw)(?:\.(?:gz|xz|zst))?$/.test(root.path);
  return { url: `${tree}/${root.path}`, sha256: root.sha256, raw };
}

/** Debian's installer wants a mirror in parts. */
function mirrorOf(url: string): Values {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new PlanError('mirror', 'is not an http address', 'Write one such as http://deb.debian.org/debian.');
  const { protocol, host, pathname } = new URL(url);
  return { url: bare(url), scheme: protocol.slice(0, -1), host, folder: bare(pathname) || '/' };
}

/** What the installed system keeps about how it came to be; nothing of it is secret. */
function metadataOf({ profile, revision, machine, disk }: InstallPlan): string {
  const { name, serial, wwn } = disk ?? { name: null, serial: null, wwn: null };
  const kept = { server: machine.name, profile: profile.name, revision, disk: { name, serial, wwn } };
  return `${JSON.stringify(kept, null, 2)}\n`;
}
