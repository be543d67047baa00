// Networks: what people decide about them, and the NICs that are linked anew whenever one comes, changes or goes.
import type { Writer } from '../../store/types.ts';
import { linkedTo, relinkForNetworks, relinkNics } from '../fleet/machines/linkNics.ts';
import { hostsOf, ipv4Text, isWithin, parseIpv4, parseRange, parseSubnet } from '../../../common/ipv4.ts';
import { type Checked, problemsOf, right, wrong } from '../../../common/checked.ts';
import { address, choice, cidr, type Fields, flag, named, text, texts, whole } from '../objects/fields.ts';
import { type Inventory, placeIn, record, type Row } from '../objects/objects.ts';
import type { Columns, Reading } from '../objects/readInput.ts';
import { checkAddress, checkInside, wholeCidr } from '../objects/validate.ts';

const dhcpMode = choice('DhcpMode', 'FULL', 'PROXY');

/** A range of IPv4, in one spelling. Whether it lies in the network is judged with that. */
function checkRange(field: string, value: string): Checked<string> {
  const range = parseRange(value);
  if (range) return right(`${ipv4Text(range.first)}-${ipv4Text(range.last)}`);
  const remedy = 'Write the first and the last address, such as 192.168.8.100-192.168.8.199.';
  return wrong(field, `${JSON.stringify(value)} is no range of IPv4 addresses.`, remedy);
}

const MOST_SERVERS = 8;

function checkServers(field: string, values: readonly string[]): Checked<readonly string[]> {
  if (values.length > MOST_SERVERS)
    return wrong(field, `${values.length} DNS servers are too many.`, `Use at most ${MOST_SERVERS}.`);
  const checked = values.map((value, i) => checkAddress(`${field}[${i}]`, value));
  const problems = checked.flatMap(problemsOf);
  return problems.length > 0 ? { problems } : right(values);
}

/** What people decide about a network. */
const fields = {
  ...named,
  cidr: {
    type: cidr,
    required: true,
    read: wholeCidr,
    description: 'The range, such as `192.168.8.0/24`, without host bits.',
  },
  vlan: {
    type: whole(1, 4094),
    absent: null,
    // A unique key takes nulls for different.
    write: (vlan: number | null) => vlan ?? 0,
    read: (vlan: number) => vlan || null,
    description: 'The VLAN id, 1 to 4094; null for untagged.',
  },
  gateway: { type: address, absent: null, description: "The router's address, inside the range." },
  domain: { type: text, absent: null, description: 'The DNS domain of its hosts.' },
  dhcpEnabled: { type: flag, absent: false, description: 'Whether bastions serve DHCP on it.' },
  dhcpMode: {
    type: dhcpMode,
    absent: 'FULL',
    description: 'How bastions serve it: addresses too, or beside another DHCP server.',
  },
  dhcpRange: {
    type: text,
    absent: null,
    check: checkRange,
    description:
      'What machines without a reserved address get, such as `192.168.8.100-192.168.8.199`; null: no others get one.',
  },
  dns: {
    type: texts,
    absent: [],
    check: checkServers,
    description: 'The DNS servers of its hosts; the gateway when empty.',
  },
  relay: {
    type: { is: 'name' },
    absent: null,
    description: 'The bastion that serves it through a relay agent, having no address in it; null: the one that has.',
  },
} satisfies Fields;

/** The router and the range of DHCP lie in the network, whichever is new. Not judged when one is wrong by itself. */
function derive(columns: Columns, { input, before }: Reading): Checked<Columns> {
  const isWrong = (field: string) => input[field] != null && columns[field] === undefined;
  const row = { ...before, ...columns } as { cidr?: string; gateway?: string | null; dhcpRange?: string | null };
  const { gateway = null, dhcpRange = null } = row;
  if (row.cidr === undefined || isWrong('cidr')) return right({});
  const cidr = wholeCidr(row.cidr);
  const blamed = (field: string) => (input[field] == null ? 'input.cidr' : `input.${field}`);
  const checks = [
    ...(gateway === null || isWrong('gateway') ? [] : [checkInside(blamed('gateway'), gateway, cidr)]),
    ...(dhcpRange === null || isWrong('dhcpRange')
      ? []
      : [checkDynamic(blamed('dhcpRange'), dhcpRange, cidr, gateway)]),
  ];
  const problems = checks.flatMap((check) => problemsOf(check));
  return problems.length > 0 ? { problems } : right({});
}

/** What DHCP gives out are addresses of hosts, none of which is the router's. */
function checkDynamic(field: string, text: string, cidr: string, gateway: string | null): Checked<string> {
  const range = parseRange(text);
  const subnet = parseSubnet(cidr);
  const hosts = subnet && hostsOf(subnet);
  if (!range || !hosts || !isWithin(range.first, hosts) || !isWithin(range.last, hosts)) {
    const all = hosts ? `${ipv4Text(hosts.first)}-${ipv4Text(hosts.last)}` : 'none: DHCP is of IPv4';
    return wrong(field, `${text} does not lie in ${cidr}.`, `Its hosts have ${all}.`);
  }
  const router = gateway === null ? undefined : parseIpv4(gateway);
  if (router === undefined || !isWithin(router, range)) return right(text);
  return wrong(field, `${text} holds ${String(gateway)}, the gateway.`, 'Leave the gateway out of the range.');
}

const ranged = (row: Row) => ({ ...placeIn(row), cidr: String(row['cidr']) });

const moved = (before: Row, after: Row) =>
  ['cidr', 'vlan', 'cloud', 'environment'].some((column) => before[column] !== after[column]);

/** Deletes a network: its NICs go to the next longest prefix, each as a change of its own, its virtual NICs to none. */
async function remove(tx: Writer, row: Row): Promise<void> {
  const nics = await linkedTo(tx, row.id);
  const vmNics = await tx.client.vmNic.findMany({ where: { networkId: row.id }, include: { vm: true } });
  await tx.client.network.delete({ where: { id: row.id } });
  record(tx, 'Network', placeIn(row), row, null);
  for (const { vm, ...nic } of vmNics) {
    const after = { ...nic, networkId: null };
    record(tx, 'VmNic', placeIn(vm ?? row), nic, after);
  }
  await relinkNics(tx, nics);
}

export const network: Inventory = {
  kind: 'Network',
  noun: 'network',
  fields,
  derive,
  lockHead: true,
  unique: (row) =>
    `"${String(row['name'])}", or one with ${String(row['cidr'])}${row['vlan'] ? ` on VLAN ${String(row['vlan'])}` : ''} in ${String(row['cloud'] ?? 'default')}/${String(row['environment'] ?? 'default')},`,
  after: async (tx, before, after) => {
    const rows = [before, after].filter((row) => row !== null);
    if (before && after && !moved(before, after)) return;
    await relinkForNetworks(tx, rows.map(ranged));
  },
  remove,
};
