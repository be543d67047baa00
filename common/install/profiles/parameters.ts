// What every profile that comes with lab can be told.
import type { Parameter, ParameterType } from '../plan.ts';

const parameter = (name: string, type: ParameterType, help: string, otherwise: unknown = null): Parameter => ({
  name,
  type,
  default: otherwise,
  required: false,
  secret: false,
  help,
});

export const commonParameters: readonly Parameter[] = [
  parameter('hostname', 'text', 'Name of the host; the name of the server where none is given.'),
  parameter('domain', 'text', 'Domain that the name of the host is completed with.'),
  parameter('sshKeys', 'texts', 'Public SSH keys that may log in as root.', []),
  parameter('users', 'users', 'People who may log in, with their groups and SSH keys.', []),
  {
    ...parameter(
      'rootPassword',
      'text',
      'Hash of a password for root, as crypt(3) makes it; without one, root is locked.',
    ),
    secret: true,
  },
  parameter('address', 'text', 'dhcp, or an address with the length of its prefix, such as 192.168.8.20/24.', 'dhcp'),
  parameter('gateway', 'text', 'Address of the router, with an address that is not dhcp.'),
  parameter('dns', 'texts', 'Addresses of name servers.', []),
  parameter(
    'interface',
    'text',
    'MAC address of the interface that has the address; the one that it boots from where none is given.',
  ),
  parameter('vlan', 'number', 'Number of the VLAN that the address is on.'),
  parameter('bond', 'bond', 'Interfaces that act as one and have the address.'),
  parameter('ntp', 'texts', 'Names or addresses of time servers.', []),
  parameter('locale', 'text', 'Language and country, such as de_DE.UTF-8.', 'en_US.UTF-8'),
  parameter('keyboard', 'text', 'Layout of the keyboard, such as de.', 'us'),
  parameter('timezone', 'text', 'Time zone, such as Europe/Berlin.', 'UTC'),
  parameter('packages', 'texts', 'Packages to install besides what the profile brings.', []),
  parameter('proxy', 'text', 'Address of a proxy for packages, such as http://proxy.example:3128.'),
  parameter('mirror', 'text', "Address of a mirror for packages, in place of the profile's."),
  parameter('scripts', 'texts', 'Scripts that are run in the system once it is configured, in their order.', []),
  parameter('k3s', 'flag', 'Whether to prepare the system for k3s: kernel modules, no swap, no firewall.', false),
  parameter('consoles', 'texts', 'Consoles of the kernel; the last is where init writes to.', [
    'ttyS0,115200n8',
    'tty0',
  ]),
];

/** Of Debian's: what its mirror calls the release. */
export const suite = (name: string): Parameter =>
  parameter('suite', 'text', 'Name of the release, as the mirror has it.', name);

/** For profiles whose files and whose packages lie on different mirrors. */
export const withMirror = (address: string): readonly Parameter[] =>
  commonParameters.map((one) => (one.name === 'mirror' ? { ...one, default: address } : one));
