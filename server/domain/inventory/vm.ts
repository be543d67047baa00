// Virtual machines, and the networks they are attached to.
import type { Writer } from '../../store/types.ts';
import { allOf } from '../where.ts';
import { differenceOf } from '../objects/difference.ts';
import { choice, named, number, reference, whole } from '../objects/fields.ts';
import { type Inventory, type Permissions, placeIn, record, type Row } from '../objects/objects.ts';
import type { PartSet } from '../objects/partSets.ts';
import { demandUnlocked } from './locked.ts';
import { resolveReference, type Ways } from '../objects/reference.ts';

const maxVcpus = 4096;
const maxMemoryGb = 65_536;

const nicsOf = (tx: Writer, { id }: Row) => tx.client.vmNic.findMany({ where: { vmId: id }, orderBy: { name: 'asc' } });

/** Names for more virtual NICs, the lowest numbers that are free. */
function* freeNames(taken: ReadonlySet<string>): Generator<string, never> {
  for (let i = 0; ; i++) if (!taken.has(`eth${i}`)) yield `eth${i}`;
}

/** The networks it is attached to, a virtual NIC each. Those that the caller may not see stay. */
const networks: PartSet = {
  is: 'parts',
  part: { kind: 'VmNic', key: 'vmId' },
  column: 'networkId',
  names: 'Network',
  seenBy: 'object',
  difference: async (tx, row, wanted, may) => {
    const ids: string[] = [];
    for (const [i, ways] of (wanted as readonly Ways[]).entries())
      ids.push(await resolveReference(tx, 'Network', ways, `input.networks[${i}]`, may));
    const all = await nicsOf(tx, row);
    const seen = allOf({ id: { in: all.flatMap(({ networkId }) => networkId ?? []) } }, may.visible('Network'));
    const visible = new Set(
      (await tx.client.network.findMany({ where: seen as never, select: { id: true } })).map(({ id }) => id),
    );
    const present = all.filter(({ networkId }) => networkId !== null && visible.has(networkId));
    const { missing, extra } = differenceOf(present, ids, {
      present: ({ networkId }) => networkId!,
      wanted: (id) => id,
    });
    const gone = new Set(extra.map(({ id }) => id));
    const names = freeNames(new Set(all.filter(({ id }) => !gone.has(id)).map(({ name }) => name)));
    const place = async () => placeIn(await tx.client.vm.findUniqueOrThrow({ where: { id: row.id } }));
    return [
      ...extra.map((nic) => async () => {
        await tx.client.vmNic.delete({ where: { id: nic.id } });
        record(tx, 'VmNic', await place(), nic, null);
      }),
      ...missing.map((networkId) => async () => {
        const data = { vmId: row.id, name: names.next().value, networkId };
        record(tx, 'VmNic', await place(), null, await tx.client.vmNic.create({ data }));
      }),
    ];
  },
};

/** What a server hosts is a change of the server too. That the caller may see it was asked before. */
async function demandHost(tx: Writer, id: string, may: Permissions): Promise<void> {
  const host = await tx.client.server.findUniqueOrThrow({ where: { id } });
  may.demand('apply', 'Server', { ...placeIn({ ...host }), id });
}

export const vm: Inventory = {
  kind: 'Vm',
  noun: 'VM',
  lockHead: true,
  fields: {
    ...named,
    vcpus: { type: whole(1, maxVcpus), required: true, description: 'How many virtual CPUs.' },
    memoryGb: {
      type: number(0.001, maxMemoryGb),
      required: true,
      description: 'Its memory in GiB, fractions included.',
    },
    state: {
      type: choice('VmState', 'RUNNING', 'STOPPED', 'PAUSED'),
      absent: 'STOPPED',
      description: 'What it does; STOPPED when absent.',
    },
    server: {
      type: reference('Server'),
      absent: null,
      description: 'The server that hosts it; it takes `apply` on that, too.',
    },
    networks: {
      type: networks,
      absent: [],
      description: 'The networks it is attached to, one virtual NIC each: all of them.',
    },
  },
  parts: [{ kind: 'VmNic', key: 'vmId' }],
  check: async (tx, before, after, may) => {
    const [from, to] = [before?.['serverId'] ?? null, after?.['serverId'] ?? null];
    if (from === to) return;
    await demandUnlocked(tx, [from, to], may);
    if (to !== null) await demandHost(tx, String(to), may);
  },
  // Its virtual NICs go with it, each as a change of its own.
  remove: async (tx, row) => {
    for (const nic of await nicsOf(tx, row)) record(tx, 'VmNic', placeIn(row), nic, null);
    await tx.client.vm.delete({ where: { id: row.id } });
    record(tx, 'Vm', placeIn(row), row, null);
  },
};
