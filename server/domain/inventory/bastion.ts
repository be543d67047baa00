// Bastions, as far as people decide about them: one may be made before it first connects.
import { Conflict } from '../errors.ts';
import { Ledger } from '../ledger/ledger.ts';
import { settingsFor } from '../ledger/settings.ts';
import { select } from '../ledger/sql.ts';
import { USUAL_TURNS } from '../fleet/installs/attempts.ts';
import { allOf } from '../where.ts';
import type { Writer } from '../../store/types.ts';
import { named, whole } from '../objects/fields.ts';
import { type Inventory, type Permissions, placeIn, record, type Row } from '../objects/objects.ts';

/** Deletes a bastion with what is said of it and the leases it gave. Its sessions, sightings and orders go by themselves: they are not logged. */
async function remove(tx: Writer, row: Row, may: Permissions): Promise<void> {
  const place = placeIn(row);
  const held = { bastionId: row.id };
  if ((await tx.client.server.count({ where: held })) > 0) {
    const seen = await tx.client.server.count({ where: allOf(held, may.visible('Server')) as never });
    const servers = seen === 0 ? 'servers that you may not see' : `${seen} servers`;
    throw new Conflict(`Bastion "${place.name}" holds ${servers}.`, 'Delete or move its servers first.');
  }
  const { now, ids } = settingsFor(tx);
  const ledger = new Ledger(now(), ids);
  const said = await select(tx.client, 'Condition', `t.subject_kind = 'Bastion' AND t.subject_id = $1::uuid`, row.id);
  for (const { id } of ledger.load('Condition', said)) ledger.remove('Condition', id);
  ledger.load('Bastion', await select(tx.client, 'Bastion', 't.id = $1::uuid', row.id));
  const leases = await select(tx.client, 'Lease', 't.bastion_id = $1::uuid', row.id);
  for (const { id } of ledger.load('Lease', leases)) ledger.remove('Lease', id);
  await ledger.flush(tx);
  await tx.client.bastion.delete({ where: { id: row.id } });
  record(tx, 'Bastion', place, row, null);
}

export const bastion: Inventory = {
  kind: 'Bastion',
  noun: 'bastion',
  fields: {
    ...named,
    maxInstalls: {
      type: whole(1, 10_000),
      absent: USUAL_TURNS,
      nullMeansAbsent: true,
      description: 'How many installs it runs at once, 20 when nobody says; the others wait for their turn.',
    },
  },
  parts: [{ kind: 'Lease', key: 'bastionId' }],
  lockHead: true,
  remove,
};
