// Virtual machines, and the networks they are attached to.
import type { Writer } from '../../store/types.ts';
import type { Where } from '../where.ts';
import { type Input, type Inventory, namedColumns, type Permissions, type Row } from './objects.ts';
import { resolveReference } from './reference.ts';
import { checkBetween } from './validate.ts';

const maxVcpus = 4096;
const maxMemoryGb = 65_536;

async function columns(tx: Writer, input: Input, before: Row | null, may: Permissions): Promise<Record<string, unknown>> {
  const data = namedColumns(input, before, may.actor);
  if (input['vcpus'] != null) data['vcpus'] = checkBetween('input.vcpus', input['vcpus'] as number, 1, maxVcpus);
  if (input['memoryGb'] != null) {
    data['memoryGb'] = checkBetween('input.memoryGb', input['memoryGb'] as number, 0.001, maxMemoryGb);
  }
  if (input['state'] != null) data['state'] = input['state'];
  if (input['server'] !== undefined) {
    const where = input['server'] as Where | null;
    data['serverId'] = where && (await resolveReference(tx, 'Server', where, 'input.server', may));
  }
  const networks = (input['networks'] as Where[] | null | undefined) ?? [];
  if (networks.length > 0) {
    const nics = [];
    for (const [i, where] of networks.entries()) {
      const networkId = await resolveReference(tx, 'Network', where, `input.networks[${i}]`, may);
      nics.push({ name: `eth${i}`, networkId });
    }
    data['nics'] = { create: nics };
  }
  return data;
}

export const vm: Inventory = {
  kind: 'Vm',
  noun: 'VM',
  columns,
  after: async (tx, before, after) => {
    if (before !== null || after === null) return;
    const place = { cloud: String(after['cloud']), environment: String(after['environment']), name: String(after['name']) };
    const nics = await tx.client.vmNic.findMany({ where: { vmId: after.id }, orderBy: { name: 'asc' } });
    for (const nic of nics) tx.record({ kind: 'VmNic', id: nic.id, ...place, operation: 'CREATE', before: null, after: nic });
  },
  remove: async (tx, row) => {
    const place = { cloud: String(row['cloud']), environment: String(row['environment']), name: String(row['name']) };
    const nics = await tx.client.vmNic.findMany({ where: { vmId: row.id }, orderBy: { name: 'asc' } });
    for (const nic of nics) tx.record({ kind: 'VmNic', id: nic.id, ...place, operation: 'DELETE', before: nic, after: null });
    await tx.client.vm.delete({ where: { id: row.id } });
    tx.record({ kind: 'Vm', id: row.id, ...place, operation: 'DELETE', before: row, after: null });
  },
};
