// Bastions, as far as people decide about them: one may be made before it first connects.
import { Conflict } from '../errors.ts';
import { type Inventory, namedColumns } from './objects.ts';

export const bastion: Inventory = {
  kind: 'Bastion',
  noun: 'bastion',
  columns: (_tx, input, before, may) => namedColumns(input, before, may.actor),
  remove: async (tx, row) => {
    const name = String(row['name']);
    const servers = await tx.client.server.count({ where: { bastionId: row.id } });
    if (servers > 0) {
      throw new Conflict(`Bastion "${name}" holds ${servers} servers.`, 'Delete or move its servers first.');
    }
    const condition = { subjectKind: 'Bastion', subjectId: row.id };
    await tx.client.condition.deleteMany({ where: condition });
    await tx.client.bastion.delete({ where: { id: row.id } });
    tx.record({ kind: 'Bastion', id: row.id, name, cloud: String(row['cloud']), environment: String(row['environment']), operation: 'DELETE', before: row, after: null });
  },
};
