// The commands of kickstarts, from pykickstart's handlers of Fedora 42 to 45 (pykickstart/handlers/f42.py and on): which there
// are, and from which release one is deprecated or an error. Releases before 42 are not told apart.

/** Since which release a command or an option is so. */
interface Row {
  readonly since?: number;
  readonly deprecated?: number;
  readonly removed?: number;
}

interface Section extends Row {
  /** Its lines are not words of a kickstart */
  readonly script: boolean;
}

const plain =
  'authselect autopart bootloader btrfs cdrom clearpart cmdline driverdisk eula fcoe firewall firstboot graphical group halt ' +
  'harddrive hmc ignoredisk iscsi iscsiname keyboard lang liveimg logging logvol mediacheck mount network nfs ' +
  'ostreecontainer ostreesetup part partition poweroff raid realm reboot repo reqpart rescue rootpw selinux services ' +
  'shutdown skipx snapshot sshkey sshpw text timesource timezone updates url user volgroup xconfig zerombr zfcp zipl';

export const commands: ReadonlyMap<string, Row> = new Map<string, Row>([
  ...plain.split(' ').map((name) => [name, {}] as const),
  ...['install', 'device', 'deviceprobe', 'dmraid', 'multipath'].map((name) => [name, { removed: 34 }] as const),
  ...['auth', 'authconfig'].map((name) => [name, { removed: 35 }] as const),
  ...['autostep', 'method'].map((name) => [name, { removed: 40 }] as const),
  ['nvdimm', { deprecated: 40, removed: 45 }],
  ['module', { deprecated: 41, removed: 45 }],
  ['vnc', { deprecated: 43, removed: 45 }],
  ['rdp', { since: 44 }],
  ['bootc', { since: 44 }],
]);

/** By `command --option`. */
export const options: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['logging --level', { removed: 40 }],
  ['repo --ignoregroups', { removed: 40 }],
  ...['--isUtc', '--ntpservers', '--nontp'].map((name) => [`timezone ${name}`, { deprecated: 33 }] as const),
]);

/** Sections by their names without the sign; those with scripts take any line. */
export const sections: ReadonlyMap<string, Section> = new Map<string, Section>([
  ...['pre', 'pre-install', 'post', 'onerror'].map((name) => [name, { script: true }] as const),
  ['traceback', { script: true, deprecated: 34 }],
  ['packages', { script: false }],
  ['addon', { script: true }],
  ['certificate', { script: true, since: 42 }],
]);

/** What a row says of a release; undefined when there is nothing to say. */
export function trouble({ since, deprecated, removed }: Row, release: number): string | undefined {
  if (removed !== undefined && release >= removed) return `was removed in Fedora ${removed}`;
  if (deprecated !== undefined && release >= deprecated) return `is deprecated since Fedora ${deprecated}`;
  if (since !== undefined && release < since) return `comes with Fedora ${since} alone`;
  return undefined;
}
