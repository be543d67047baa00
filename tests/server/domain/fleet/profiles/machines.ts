// A dozen machines that are installed, from plain ones to those whose every text wants out of where it stands.
import type { InstallPlan, PlannedMachine, Profile } from '../../../../../common/install/plan.ts';
import type { Site } from '../../../../../common/install/values.ts';
import { shippedProfiles } from '../../../../../common/install/profiles/shipped.ts';

const profiles = new Map(shippedProfiles().map((profile) => [profile.name, profile]));

export const site: Site = {
  bastionUrl: 'http://10.77.0.1:8080',
  filesUrl: 'http://10.77.0.1:8080/install/3f9c',
  treeUrl: 'http://10.77.0.1:8080/files/5e1d',
  token: 'c2VjcmV0LXRva2Vu',
  time: Date.UTC(2026, 0, 2, 3, 4, 5),
  secrets: { 'root-hash': '$6$rounds=5000$a/b.c$"\'`$(reboot)' },
};

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1zfTqZy0o5m5fmVQYq3G8o8qv9d3o2bKZ1l5c7pWbE ada@desk';

/** What vendors write into firmware, and what somebody might. */
const hostile: Partial<PlannedMachine> = {
  vendor: 'To Be Filled By O.E.M.\n%end\n%post\nreboot\n%end',
  product: '$(reboot) `reboot` "; reboot; \' \\ {{ token | sh }} \u202egnp.exe',
};
const hostileDisk = {
  name: 'sda',
  serial: '"; reboot; \' $(reboot) `id` \\ %end # {{ token }}',
  wwn: "0x5000'c5",
  sizeGb: 500,
};
const hostileScripts = [
  '#!/bin/bash\necho "LAB_END"\nLAB_END\nLAB_SCRIPT\n%end\n%post\n$(reboot) {{ token | sh }}\n',
  "echo 'it''s' \"$HOME\" \\\n  ü\n",
];

const ada = { name: 'ada', groups: ['wheel', 'video'], sshKeys: [KEY], admin: true };
const bob = { name: 'bob_b', groups: [], sshKeys: [], admin: false };
const bond = { name: 'bond0', mode: '802.3ad', macs: ['38:05:25:33:e2:e4', '38:05:25:33:e2:e5'] };

interface More {
  readonly parameters?: Record<string, unknown>;
  readonly machine?: Partial<PlannedMachine>;
  readonly disk?: InstallPlan['disk'];
  readonly profile?: Partial<Profile>;
}

function plan(
  name: string,
  profile: string,
  { parameters = {}, machine = {}, disk, profile: own = {} }: More = {},
): InstallPlan {
  return {
    profile: { ...profiles.get(profile)!, ...own },
    revision: '41',
    parameters,
    disk: disk ?? { name: 'nvme0n1', serial: 'S4EWNX0R123456', wwn: 'eui.0025385b11b2c3d4', sizeGb: 1000 },
    machine: {
      name,
      macs: ['38:05:25:33:e2:e4', '38:05:25:33:e2:e5'],
      firmware: 'UEFI',
      arch: 'x86_64',
      vendor: 'Micro Computer (HK) Tech Limited',
      product: 'MS-01',
      ...machine,
    },
  };
}

const everything = {
  hostname: 'db-7',
  domain: 'lab.example',
  sshKeys: [KEY],
  users: [ada, bob],
  rootPassword: 'root-hash',
  address: '10.77.0.20/24',
  gateway: '10.77.0.1',
  dns: ['10.77.0.1', '2001:db8::53'],
  ntp: ['ntp.lab.example', '10.77.0.1'],
  locale: 'de_DE.UTF-8',
  keyboard: 'de',
  timezone: 'Europe/Berlin',
  packages: ['htop', 'vim-enhanced'],
  proxy: 'http://10.77.0.1:3128',
  mirror: 'http://10.77.0.1/mirror/os/',
  scripts: ['echo hello\n', '#!/bin/bash\nset -e\nfor i in 1 2; do echo "$i"; done\n'],
};

const enemy: More = {
  machine: hostile,
  disk: hostileDisk,
  parameters: { scripts: hostileScripts, rootPassword: 'root-hash', users: [ada], locale: 'C.UTF-8', keyboard: 'us' },
};

export const plans: readonly InstallPlan[] = [
  plan('fedora-plain', 'fedora-43'),
  plan('fedora-everything', 'fedora-44', { parameters: everything }),
  plan('fedora-vlan', 'fedora-42', { parameters: { vlan: 12, consoles: [] }, machine: { firmware: 'BIOS' } }),
  plan('fedora-bond', 'fedora-43', {
    parameters: { bond, vlan: 9, address: '2001:db8::7/64', gateway: '2001:db8::1', k3s: true },
  }),
  plan('fedora-hostile', 'fedora-44', enemy),
  plan('debian-plain', 'debian-13'),
  plan('debian-everything', 'debian-13', { parameters: { ...everything, packages: ['htop', 'g++'] } }),
  plan('debian-vlan', 'debian-12', {
    parameters: { vlan: 12, k3s: true, consoles: [] },
    machine: { firmware: 'BIOS' },
  }),
  plan('debian-bond', 'debian-12', { parameters: { bond, address: '10.77.0.20/24' } }),
  plan('debian-hostile', 'debian-13', enemy),
  plan('ubuntu-everything', 'ubuntu-24.04', { parameters: { ...everything, packages: ['htop'] } }),
  plan('ubuntu-hostile', 'ubuntu-24.04', enemy),
  plan('image-raw', 'image', enemy),
  plan('image-tarball', 'image', {
    parameters: { bond, vlan: 12 },
    profile: { files: [{ use: 'root', path: 'root.tar.xz', bytes: 1, sha256: 'a'.repeat(64) }] },
  }),
];
