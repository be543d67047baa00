// Servers, as far as people decide about them; what bastions observe is the fleet's.
import { forgetServer } from '../fleet/forget.ts';
import { relinkServers } from './link.ts';
import { InvalidInput } from '../errors.ts';
import { normaliseMac } from '../mac.ts';
import type { Writer } from '../../store/types.ts';
import { type Input, type Inventory, namedColumns, type Permissions, type Row } from './objects.ts';

function columns(_tx: Writer, input: Input, before: Row | null, may: Permissions): Record<string, unknown> {
  const data = namedColumns(input, before, may.actor);
  if (input['mac'] != null) {
    const mac = normaliseMac(input['mac'] as string);
    if (mac === null) {
      throw new InvalidInput(
        'input.mac',
        `"${String(input['mac'])}" is not the MAC address of a NIC.`,
        'Write one such as 38:05:25:33:e2:e4.',
      );
    }
    data['bootMac'] = mac;
    data['name'] ??= `m-${mac.replaceAll(':', '')}`;
  }
  if (input['role'] !== undefined) data['role'] = input['role'];
  for (const flag of ['locked', 'maintenance']) if (input[flag] != null) data[flag] = input[flag];
  return data;
}

export const server: Inventory = {
  kind: 'Server',
  noun: 'server',
  columns,
  lockHead: true,
  // Networks are those of the server's own cloud and environment.
  after: async (tx, before, after) => {
    if (before && after && (before['cloud'] !== after['cloud'] || before['environment'] !== after['environment'])) {
      await relinkServers(tx, [after.id]);
    }
  },
  // Deleting a server is forgetting it: its bastion has to agree, or the next sighting would bring it back.
  remove: async (tx, row) => {
    await forgetServer(tx, row.id);
  },
};
