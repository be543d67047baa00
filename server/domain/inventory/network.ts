// Networks: what people decide about them, and the NICs that are linked anew whenever one comes, changes or goes.
import type { Writer } from '../../store/types.ts';
import { linkedTo, relinkForNetworks, relinkNics } from '../fleet/machines/linkNics.ts';
import { type Checked, right } from '../checked.ts';
import { address, cidr, type Fields, flag, named, text, whole } from '../objects/fields.ts';
import { type Inventory, placeIn, record, type Row } from '../objects/objects.ts';
import type { Columns, Reading } from '../objects/readInput.ts';
import { checkInside, wholeCidr } from '../objects/validate.ts';

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
} satisfies Fields;

/** The router is in the range, whichever of the two is new. Not judged when either is wrong by itself. */
function derive(columns: Columns, { input, before }: Reading): Checked<Columns> {
  if (['cidr', 'gateway'].some((field) => input[field] != null && columns[field] === undefined)) return right({});
  const { cidr: range, gateway } = { ...before, ...columns } as { cidr?: string; gateway?: string | null };
  if (gateway == null || range === undefined) return right({});
  const inside = checkInside(input['gateway'] == null ? 'input.cidr' : 'input.gateway', gateway, wholeCidr(range));
  return 'problems' in inside ? inside : right({});
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
