// Servers, as far as people decide about them; what bastions observe is the fleet's.
import { forgetServer, PARTS } from '../fleet/machines/forget.ts';
import { relinkServers } from '../fleet/machines/linkNics.ts';
import { lockedServer } from './locked.ts';
import { Conflict, InvalidInput } from '../errors.ts';
import { normaliseMac } from '../../../common/mac.ts';
import { allOf, type Where } from '../where.ts';
import type { Writer } from '../../store/types.ts';
import { type Input, type Inventory, namedColumns, type Permissions, type Row } from '../objects/objects.ts';

function columns(_tx: Writer, input: Input, before: Row | null, may: Permissions): Record<string, unknown> {
  const data = namedColumns(input, before, may);
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

/** A MAC that one boots from is one server's: with two, neither the people nor the fleet could tell which is meant. */
async function demandFree(tx: Writer, mac: string, may: Permissions): Promise<void> {
  const holders: Where = { OR: [{ bootMac: mac }, { nics: { some: { mac } } }] };
  const first = (where: Where) =>
    tx.client.server.findFirst({ where: where as never, select: { name: true }, orderBy: { name: 'asc' } });
  const seen = await first(allOf(holders, may.visible('Server')));
  if (seen) {
    throw new Conflict(
      `Server "${seen.name}" has the MAC ${mac} already.`,
      `Look at it with lab describe server ${seen.name}: change that one, or delete it first.`,
    );
  }
  if (await first(holders)) {
    throw new Conflict(
      `A server that you may not see has the MAC ${mac} already.`,
      'Check the MAC, or ask an administrator.',
    );
  }
}

async function check(tx: Writer, before: Row | null, after: Record<string, unknown> | null, may: Permissions) {
  if (before === null) return demandFree(tx, String(after!['bootMac']), may);
  // Unlocking is a change too, and may bring others with it.
  if (before['locked'] === true && after?.['locked'] !== false) throw lockedServer(String(before['name']));
}

export const server: Inventory = {
  kind: 'Server',
  noun: 'server',
  columns,
  check,
  parts: PARTS.map((kind) => ({ kind, key: 'serverId' })),
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
