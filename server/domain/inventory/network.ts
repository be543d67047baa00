// Networks: their checks, and the NICs that are linked anew whenever one comes, changes or goes.
import type { Writer } from '../../store/types.ts';
import { linkedTo, relinkForNetworks, relinkNics } from '../fleet/machines/linkNics.ts';
import {
  type Input,
  type Inventory,
  namedColumns,
  type Permissions,
  placeIn,
  record,
  type Row,
  textColumns,
} from '../objects/objects.ts';
import { checkAddress, checkBetween, checkCidr, checkInside, wholeCidr } from '../objects/validate.ts';

function columns(_tx: Writer, input: Input, before: Row | null, may: Permissions): Record<string, unknown> {
  const data = { ...namedColumns(input, before, may), ...textColumns(input, ['domain']) };
  if (input['cidr'] != null) data['cidr'] = checkCidr('input.cidr', input['cidr'] as string);
  if (input['vlan'] !== undefined) {
    data['vlan'] = input['vlan'] === null ? 0 : checkBetween('input.vlan', input['vlan'] as number, 1, 4094);
  }
  if (input['gateway'] !== undefined) {
    data['gateway'] = input['gateway'] === null ? null : checkAddress('input.gateway', input['gateway'] as string);
  }
  if (input['dhcpEnabled'] != null) data['dhcpEnabled'] = input['dhcpEnabled'];
  const { cidr, gateway } = { ...before, ...data } as { cidr?: string; gateway?: string | null };
  if (gateway != null && cidr !== undefined)
    checkInside(input['gateway'] == null ? 'input.cidr' : 'input.gateway', gateway, wholeCidr(cidr));
  return data;
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
  columns,
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
