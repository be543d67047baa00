// Objects that refer to another by a column which the other's deletion empties. Undoing the deletion attaches them again.
import type { Writer } from '../../store/types.ts';
import { allOf } from '../where.ts';
import { placeIn, record, updateObject } from '../objects/objects.ts';
import type { Permissions } from '../objects/types.ts';
import { vm } from './vm.ts';

/** A kind whose rows refer to another kind. */
export interface Attached {
  readonly kind: string;
  /** The column that refers to the other object */
  readonly key: string;
  /** Attaches one of them again. One that is gone, refers to another by now, or may not be seen stays as it is. */
  readonly attach: (tx: Writer, id: string, to: string, may: Permissions) => Promise<void>;
}

const visibleVm = (tx: Writer, id: string, may: Permissions) =>
  tx.client.vm.findFirst({ where: allOf({ id }, may.visible('Vm')) as never });

export const attached: Readonly<Record<string, readonly Attached[]>> = {
  Server: [
    {
      kind: 'Vm',
      key: 'serverId',
      attach: async (tx, id, to, may) => {
        const row = await visibleVm(tx, id, may);
        if (row?.serverId !== null) return;
        await updateObject(tx, vm, { ways: [{ id }], called: `"${row.name}"` }, { server: [{ id: to }] }, may);
      },
    },
  ],
  Network: [
    {
      kind: 'VmNic',
      key: 'networkId',
      attach: async (tx, id, to, may) => {
        const before = await tx.client.vmNic.findUnique({ where: { id } });
        const row = before?.vmId && (await visibleVm(tx, before.vmId, may));
        if (!row || before.networkId !== null) return;
        may.demand('apply', 'Vm', { ...placeIn({ ...row }), id: row.id });
        const data = { networkId: to, version: { increment: 1 } };
        record(tx, 'VmNic', placeIn({ ...row }), before, await tx.client.vmNic.update({ where: { id }, data }));
      },
    },
  ],
};
