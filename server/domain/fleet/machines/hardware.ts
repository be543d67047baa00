// A server's disks and NICs: a report that lists them replaces the set. A NIC that turns up in another server has moved.
import { isMadeUp } from '../../mac.ts';
import { server as about } from '../../ledger/conditions.ts';
import type { Disk, Nic } from '../contract/validate.ts';
import type { World } from './batchState.ts';

/** Makes a server's disks those of a report; returns whether anything changed. */
export function replaceDisks(world: World, serverId: string, disks: readonly Disk[]): boolean {
  const { ledger } = world;
  const before = new Map(world.disksOf(serverId).map((disk) => [disk.name, disk]));
  let changed = false;
  for (const disk of disks) {
    const known = before.get(disk.name);
    before.delete(disk.name);
    if (known) {
      changed = ledger.update('ServerDisk', known.id, disk) || changed;
    } else {
      world.ownPart('ServerDisk', ledger.create('ServerDisk', { ...disk, serverId }));
      changed = true;
    }
  }
  for (const gone of before.values()) ledger.remove('ServerDisk', gone.id);
  return changed || before.size > 0;
}

/**
 * Makes a server's NICs those of a report; returns whether anything changed. What it has that another server had moves
 * here, unless it is contested whether these are two servers at all: then nobody loses anything.
 */
export function replaceNics(world: World, serverId: string, nics: readonly Nic[], contested: boolean): boolean {
  const { ledger } = world;
  const owned = world.nicsOf(serverId);
  const macsBefore = new Set(owned.map(({ mac }) => mac));
  const before = new Map(owned.map((nic) => [nic.name, nic]));
  let changed = false;
  for (const nic of nics) {
    const known = before.get(nic.name);
    before.delete(nic.name);
    if (known) {
      const moved = known.ip !== nic.ip;
      changed = ledger.update('ServerNic', known.id, nic) || changed;
      if (moved) world.unlinked.add(known.id);
    } else {
      const made = ledger.create('ServerNic', { ...nic, serverId, networkId: null });
      world.ownPart('ServerNic', made);
      world.unlinked.add(made.id);
      changed = true;
    }
  }
  for (const gone of before.values()) {
    ledger.remove('ServerNic', gone.id);
    endTie(world, serverId, gone.name);
  }
  const macs = new Set(nics.map(({ mac }) => mac));
  for (const mac of macs)
    if (!macsBefore.has(mac) && !contested && !isMadeUp(mac)) takeFromOthers(world, serverId, mac);
  for (const mac of macsBefore) if (!macs.has(mac)) endShared(world, serverId, mac);
  return changed || before.size > 0;
}

/** A MAC that appeared here leaves the servers that had it; if they cannot lose it, both say that they share it. */
function takeFromOthers(world: World, serverId: string, mac: string): void {
  for (const { id: otherId } of world.machines.withMac(mac)) {
    const other = world.ledger.get('Server', otherId);
    const lost = world.nicsOf(otherId).filter((nic) => nic.mac === mac);
    if (otherId === serverId || !other || lost.length === 0) continue;
    const here = world.ledger.get('Server', serverId)!;
    if (cameBack(world, serverId, otherId, mac) || other.bastionId !== here.bastionId) {
      share(world, [serverId, otherId], mac);
      continue;
    }
    for (const nic of lost) {
      world.ledger.remove('ServerNic', nic.id);
      endTie(world, otherId, nic.name);
    }
    trace(world, otherId, mac, `Its NIC ${mac} is in ${here.name} now.`, { from: otherId, to: serverId, mac });
    trace(world, serverId, mac, `It has the NIC ${mac}, which was in ${other.name}.`, {
      from: otherId,
      to: serverId,
      mac,
    });
    world.identify(otherId);
  }
}

function trace(
  world: World,
  serverId: string,
  mac: string,
  message: string,
  evidence: { from: string; to: string; mac: string },
): void {
  world.conditions.begin(about(serverId), {
    type: 'HardwareDrift',
    detail: mac,
    reason: 'NicMoved',
    message,
    evidence,
  });
}

/** Whether the other server got this MAC from this one: then it was not moved, both have it and report in turn. */
function cameBack(world: World, serverId: string, otherId: string, mac: string): boolean {
  const evidence = world.conditions.find(about(otherId), 'HardwareDrift', mac)?.evidence as
    { from?: string; to?: string } | undefined;
  return evidence?.from === serverId && evidence.to === otherId;
}

function share(world: World, serverIds: readonly string[], mac: string): void {
  for (const id of serverIds) {
    const others = serverIds.filter((one) => one !== id);
    const names = others.map((one) => world.ledger.get('Server', one)!.name).join(', ');
    world.conditions.begin(about(id), {
      type: 'Conflict',
      detail: mac,
      reason: 'SharedMac',
      message: `It has the same MAC ${mac} as ${names}. Nothing was moved.`,
      evidence: { servers: others },
    });
  }
}

/** A MAC that a server no longer has is no longer shared: it is back where it was before anybody thought that it moved. */
function endShared(world: World, serverId: string, mac: string): void {
  const shared = world.conditions.find(about(serverId), 'Conflict', mac);
  if (shared?.reason !== 'SharedMac') return;
  const { servers = [] } = shared.evidence as { servers?: string[] };
  for (const id of [serverId, ...servers]) {
    world.conditions.end(about(id), 'Conflict', mac);
    world.conditions.end(about(id), 'HardwareDrift', mac);
  }
}

function endTie(world: World, serverId: string, nicName: string): void {
  if (world.conditions.find(about(serverId), 'Conflict', nicName)?.reason === 'NetworkTie')
    world.conditions.end(about(serverId), 'Conflict', nicName);
}
