// Networks: their checks, and the NICs that are linked anew whenever one comes, changes or goes.
import type { Writer } from '../../store/types.ts';
import { relinkForNetworks } from './link.ts';
import { type Input, type Inventory, namedColumns, type Permissions, type Row, textColumns } from './objects.ts';
import { checkAddress, checkBetween, checkCidr, checkInside } from './validate.ts';

function columns(_tx: Writer, input: Input, before: Row | null, may: Permissions): Record<string, unknown> {
  const data = { ...namedColumns(input, before, may.actor), ...textColumns(input, ['domain']) };
  if (input['cidr'] != null) data['cidr'] = checkCidr('input.cidr', input['cidr'] as string);
  if (input['vlan'] !== undefined) {
    data['vlan'] = input['vlan'] === null ? 0 : checkBetween('input.vlan', input['vlan'] as number, 1, 4094);
  }
  if (input['gateway'] !== undefined) {
    data['gateway'] = input['gateway'] === null ? null : checkAddress('input.gateway', input['gateway'] as string);
  }
  if (input['dhcpEnabled'] != null) data['dhcpEnabled'] = input['dhcpEnabled'];
  const { cidr, gateway } = { ...before, ...data } as { cidr: string; gateway?: string | null };
  if (gateway != null) checkInside(input['gateway'] == null ? 'input.cidr' : 'input.gateway', gateway, cidr);
  return data;
}

const changed = (before: Row | null, after: Row | null) =>
  before === null || after === null || ['cidr', 'vlan', 'cloud', 'environment'].some((column) => before[column] !== after[column]);

export const network: Inventory = {
  kind: 'Network',
  noun: 'network',
  columns,
  unique: (row) =>
    `"${String(row['name'])}", or one with ${String(row['cidr'])}${row['vlan'] ? ` on VLAN ${String(row['vlan'])}` : ''} in ${String(row['cloud'] ?? 'default')}/${String(row['environment'] ?? 'default')},`,
  after: async (tx, before, after) => {
    if (!changed(before, after)) return;
    const rows = [before, after].filter((row) => row !== null);
    await relinkForNetworks(
      tx,
      rows.map((row) => ({ cloud: String(row['cloud']), environment: String(row['environment']), cidr: String(row['cidr']) })),
    );
  },
};
