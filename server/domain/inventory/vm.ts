// Virtual machines, and the networks they are attached to.
import type { Writer } from '../../store/types.ts';
import { type Input, type Inventory, namedColumns, type Permissions, placeIn, record, type Row } from './objects.ts';
import { demandUnlocked } from './locked.ts';
import { resolveReference, type Ways } from './reference.ts';
import { checkBetween } from './validate.ts';

const maxVcpus = 4096;
const maxMemoryGb = 65_536;

async function columns(
  tx: Writer,
  input: Input,
  before: Row | null,
  may: Permissions,
): Promise<Record<string, unknown>> {
  const data = namedColumns(input, before, may.actor);
  if (input['vcpus'] != null) data['vcpus'] = checkBetween('input.vcpus', input['vcpus'] as number, 1, maxVcpus);
  if (input['memoryGb'] != null) {
    data['memoryGb'] = checkBetween('input.memoryGb', input['memoryGb'] as number, 0.001, maxMemoryGb);
  }
  if (input['state'] != null) data['state'] = input['state'];
  if (input['server'] !== undefined) {
    const ways = input['server'] as Ways | null;
    data['serverId'] = ways && (await resolveReference(tx, 'Server', ways, 'input.server', may));
  }
  const networks = (input['networks'] as Ways[] | null | undefined) ?? [];
  if (networks.length > 0) {
    const nics = [];
    for (const [i, ways] of networks.entries()) {
      const networkId = await resolveReference(tx, 'Network', ways, `input.networks[${i}]`, may);
      nics.push({ name: `eth${i}`, networkId });
    }
    data['nics'] = { create: nics };
  }
  return data;
}

const nicsOf = (tx: Writer, { id }: Row) => tx.client.vmNic.findMany({ where: { vmId: id }, orderBy: { name: 'asc' } });

export const vm: Inventory = {
  kind: 'Vm',
  noun: 'VM',
  lockHead: true,
  columns,
  parts: [{ kind: 'VmNic', key: 'vmId' }],
  check: async (tx, before, after, may) => {
    const [from, to] = [before?.['serverId'] ?? null, after?.['serverId'] ?? null];
    if (from !== to) await demandUnlocked(tx, [from, to], may);
  },
  after: async (tx, before, after) => {
    if (before !== null || after === null) return;
    for (const nic of await nicsOf(tx, after)) record(tx, 'VmNic', placeIn(after), null, nic);
  },
  // Its virtual NICs go with it, each as a change of its own.
  remove: async (tx, row) => {
    for (const nic of await nicsOf(tx, row)) record(tx, 'VmNic', placeIn(row), nic, null);
    await tx.client.vm.delete({ where: { id: row.id } });
    record(tx, 'Vm', placeIn(row), row, null);
  },
};
