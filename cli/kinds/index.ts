// Every kind on the command line, and how what was typed finds one.
import { nearest } from '../../common/nearest.ts';
import { CliError } from '../terminal/errors.ts';
import { bastion } from './bastion.ts';
import { cluster } from './cluster.ts';
import { install } from './install.ts';
import type { KindView } from './kind.ts';
import { lease } from './lease.ts';
import { network } from './network.ts';
import { profile } from './profile.ts';
import { query } from './query.ts';
import { role } from './role.ts';
import { secret } from './secret.ts';
import { server } from './server.ts';
import { session } from './session.ts';
import { token } from './token.ts';
import { user } from './user.ts';
import { vm } from './vm.ts';

export const views: readonly KindView[] = [
  server,
  install,
  cluster,
  network,
  bastion,
  lease,
  vm,
  query,
  secret,
  profile,
  user,
  role,
  token,
  session,
];

/** Every word that means a kind. */
export const namesOf = ({ kind }: KindView): string[] => [kind.plural, ...kind.aliases];

/** What people call a kind elsewhere. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  servers: [
    'machine',
    'node',
    'host',
    'hostname',
    'computer',
    'box',
    'baremetal',
    'baremetalhost',
    'bmh',
    'metal',
    'device',
  ],
  networks: ['subnet', 'vlan', 'prefix', 'cidr', 'segment'],
  clusters: ['group', 'pool', 'k3s', 'k8s'],
  vms: ['instance', 'guest', 'domain', 'virtualmachine', 'virtual-machine'],
  installs: ['installation', 'job', 'deployment', 'deploy', 'attempt', 'task', 'provisioning'],
  profiles: ['image', 'os', 'distro', 'template', 'operatingsystem', 'osprofile', 'system'],
  bastions: ['site', 'rackd', 'controller', 'proxy', 'conductor', 'gateway', 'agent'],
  leases: ['ip', 'address', 'dhcp', 'lease4', 'ipaddress'],
  users: ['account', 'person', 'people', 'serviceaccount', 'sa'],
  roles: ['permission', 'clusterrole', 'rolebinding', 'binding'],
};

/** The kind that is called so elsewhere, in one or in many. */
const meantElsewhere = (word: string): string | undefined =>
  Object.entries(elsewhere).find(([, words]) =>
    words.some((one) => [one, `${one}s`, `${one}es`, one.replace(/y$/, 'ies')].includes(word)),
  )?.[0];

/** The kind that a word means, in any case. Throws a usage error with the word that was probably meant. */
export function findKind(word: string): KindView {
  const wanted = word.toLowerCase();
  const found = views.find((view) => namesOf(view).includes(wanted));
  if (found) return found;
  const meant = meantElsewhere(wanted) ?? nearest(wanted, views.flatMap(namesOf));
  throw new CliError(
    'usage',
    `lab has no kind "${word}".${meant ? ` Did you mean "${meant}"?` : ''}`,
    (lab) => `See: ${lab} api-resources`,
  );
}
