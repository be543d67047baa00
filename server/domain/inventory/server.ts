// Servers, as far as people decide about them; what bastions observe is the fleet's.
import { isDeepStrictEqual } from 'node:util';
import { forgetServer, PARTS } from '../fleet/machines/forget.ts';
import { givenParameters } from '../../../common/install/parameterShapes.ts';
import { bootWay } from '../fleet/contract/bootWay.ts';
import { dropWaiting, giveTurns } from '../fleet/installs/turns.ts';
import { relinkServers } from '../fleet/machines/linkNics.ts';
import { lockedServer } from './locked.ts';
import { type Checked, right } from '../../../common/checked.ts';
import { Conflict } from '../errors.ts';
import { settingsFor } from '../ledger/settings.ts';
import { firstName } from '../../../common/machineName.ts';
import { normaliseHardwareAddress } from '../../../common/mac.ts';
import { allOf, type Where } from '../where.ts';
import type { Writer } from '../../store/types.ts';
import { choice, type Fields, flag, mac, map, named, placed, text } from '../objects/fields.ts';
import { type Inventory, type Permissions, placeIn, type Row } from '../objects/objects.ts';
import type { Location } from '../../../common/place.ts';
import { twinByMac } from '../fleet/machines/twins.ts';
import type { Columns, Reading } from '../objects/readInput.ts';
import { reserve } from './reservedAddress.ts';
import { bmcSecret } from './powering.ts';
import { bmcShape, type Bmc } from '../../../common/power/bmc.ts';

export const serverRole = choice('ServerRole', 'CONTROL_PLANE', 'WORKER');

/** Whether a server boots from a MAC, or has a NIC with it: which one it boots from is observed. */
async function hasMac({ client }: Writer, row: Row, value: unknown): Promise<boolean> {
  const written = normaliseHardwareAddress(String(value));
  if (written === null || written === row['bootMac']) return written !== null;
  return (await client.serverNic.count({ where: { serverId: row.id, mac: written } })) > 0;
}

/** What people decide about a server. */
const fields = {
  mac: {
    type: mac,
    required: true,
    fixed: hasMac,
    column: 'bootMac',
    description: 'The MAC address it boots from, in any spelling.',
  },
  name: { type: named.name.type, description: 'The name, a DNS label; `m-` and the digits of the MAC when absent.' },
  ...placed,
  address: {
    type: text,
    absent: null,
    description:
      'The IPv4 address that is reserved for it, in a network where it belongs; `auto`, or `auto:NETWORK`, takes the lowest that is free.',
  },
  role: { type: serverRole, absent: null, description: 'What it does in a cluster.' },
  locked: {
    type: flag,
    absent: false,
    description:
      'Whether people may change nothing of it, its memberships and which VMs it hosts until it is unlocked.',
  },
  maintenance: { type: flag, absent: false, description: 'Whether someone is working on it.' },
  install: {
    type: map,
    absent: {},
    check: givenParameters,
    description: 'Values of parameters by name, for its installs; those of its cluster yield to them.',
  },
  boot: {
    type: map,
    absent: {},
    check: bootWay,
    description:
      'How it boots from the network, over what is known of its model: `binary` (an iPXE binary of the bastion), `leave` (`loader`, `sanboot` or `exit`: how iPXE is left for the disk), `consoles` and `arguments` of kernels.',
  },
  bmc: {
    type: map,
    absent: {},
    check: bmcShape,
    description:
      'How it is powered from afar: `type` (`redfish`, `ipmi` or `wol`), and of its management controller `address`, `user` and `password` (the name of a Secret of its place, never the password itself); for Redfish also `system`, and `fingerprint` (SHA-256 of its certificate) or `insecure`.',
  },
} satisfies Fields;

/** One that is made without a name is called by its MAC. */
const nameFrom = ({ name, bootMac }: Columns): Columns =>
  name === undefined && bootMac !== undefined ? { name: firstName(String(bootMac)) } : {};

/** Whoever has a password sent somewhere may read it: also where somebody else named it before. */
async function checkBmc(columns: Columns, { tx, before, may }: Reading): Promise<Checked<Columns>> {
  const { password } = (columns['bmc'] ?? {}) as Bmc;
  if (password === undefined || isDeepStrictEqual(columns['bmc'], before?.['bmc'])) return right({});
  const found = await bmcSecret(tx, password, placeIn({ ...before, ...columns }), may);
  return 'problems' in found ? found : right({});
}

async function derive(columns: Columns, reading: Reading): Promise<Checked<Columns>> {
  const { tx, before, may } = reading;
  const named = before ? {} : nameFrom(columns);
  const bmc = await checkBmc(columns, reading);
  if ('problems' in bmc) return bmc;
  const { address } = columns;
  // Who asks for any has one already.
  if (typeof address !== 'string') return right(named);
  const row: Columns = { ...before, ...columns };
  const asked = { ...placeIn(row), may, id: before?.id, mac: String(row['bootMac']) };
  if (address === 'auto' && typeof before?.['address'] === 'string')
    return right({ ...named, address: before['address'] });
  const reserved = await reserve(tx, asked, address);
  return 'problems' in reserved ? reserved : right({ ...named, address: reserved.value });
}

/**
 * A MAC that one boots from is one server's: with two, neither the people nor the fleet could tell which is meant. One
 * that the caller may not see counts in its own cloud and environment alone, beyond which no bastion looks.
 */
async function demandFree(tx: Writer, { mac, cloud, environment }: Location & { mac: string }, may: Permissions) {
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
  if (await first(allOf(holders, { cloud, environment }))) {
    throw new Conflict(
      `A server that you may not see has the MAC ${mac} already.`,
      'Check the MAC, or ask an administrator.',
    );
  }
}

async function check(tx: Writer, before: Row | null, after: Record<string, unknown> | null, may: Permissions) {
  if (before === null) return demandFree(tx, { ...placeIn(after!), mac: String(after!['bootMac']) }, may);
  // Unlocking is a change too, and may bring others with it.
  if (before['locked'] === true && after?.['locked'] !== false) throw lockedServer(String(before['name']));
}

export const server: Inventory = {
  kind: 'Server',
  noun: 'server',
  fields,
  derive,
  check,
  parts: PARTS.map((kind) => ({ kind, key: 'serverId' })),
  lockHead: true,
  // Networks are those of the server's own cloud and environment.
  after: async (tx, before, after) => {
    if (before === null) await twinByMac(tx, { ...placeIn(after!), id: after!.id }, String(after!['bootMac']));
    if (before && after && (before['cloud'] !== after['cloud'] || before['environment'] !== after['environment'])) {
      await relinkServers(tx, [after.id]);
    }
  },
  // Deleting a server is forgetting it: its bastion has to agree, or the next sighting would bring it back.
  remove: async (tx, row) => {
    const of = { serverId: row.id, finishedAt: null };
    const open = await tx.client.installAttempt.findMany({ where: of, select: { id: true, waiting: true } });
    await forgetServer(tx, row.id);
    await dropWaiting(tx, open);
    if (open.length > 0) await giveTurns(tx, settingsFor(tx));
  },
};
