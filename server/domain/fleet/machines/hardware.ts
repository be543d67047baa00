// Updates a server's disks and NICs from a machine report, which replaces the whole set. A NIC whose MAC appears in
// another server has moved there.
import { isMadeUp } from '../../../../common/mac.ts';
import { refer, server as about } from '../../ledger/conditions.ts';
import type { Disk, Nic } from '../contract/validate.ts';
import type { BatchState, Reporter } from './batchState.ts';

/** Makes a server's disks those of a report; returns whether anything changed. */
export function replaceDisks(batch: BatchState, serverId: string, disks: readonly Disk[]): boolean {
  const { ledger } = batch;
  const before = new Map(batch.disksOf(serverId).map((disk) => [disk.name, disk]));
  let changed = false;
  for (const disk of disks) {
    const known = before.get(disk.name);
    before.delete(disk.name);
    if (known) {
      changed = ledger.update('ServerDisk', known.id, disk) || changed;
    } else {
      batch.ownPart('ServerDisk', ledger.create('ServerDisk', { ...disk, serverId }));
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
export function replaceNics(
  batch: BatchState,
  reporter: Reporter,
  serverId: string,
  nics: readonly Nic[],
  contested: boolean,
): boolean {
  const { ledger } = batch;
  const owned = batch.nicsOf(serverId);
  const macsBefore = new Set(owned.map(({ mac }) => mac));
  const before = new Map(owned.map((nic) => [nic.name, nic]));
  let changed = false;
  for (const nic of nics) {
    const known = before.get(nic.name);
    before.delete(nic.name);
    if (known) {
      const moved = known.ip !== nic.ip;
      changed = ledger.update('ServerNic', known.id, nic) || changed;
      if (moved) batch.unlinked.add(known.id);
    } else {
      const made = ledger.create('ServerNic', { ...nic, serverId, networkId: null });
      batch.ownPart('ServerNic', made);
      batch.unlinked.add(made.id);
      changed = true;
    }
  }
  for (const gone of before.values()) {
    ledger.remove('ServerNic', gone.id);
    endTie(batch, serverId, gone.name);
  }
  const macs = new Set(nics.map(({ mac }) => mac));
  for (const mac of macs)
    if (!macsBefore.has(mac) && !contested && !isMadeUp(mac)) takeFromOthers(batch, reporter, serverId, mac);
  for (const mac of macsBefore) if (!macs.has(mac)) endShared(batch, serverId, mac);
  return changed || before.size > 0;
}

/**
 * Takes a MAC that appeared here from the servers that had it; where it cannot, both get a Conflict condition. One that
 * the bastion may not know keeps it, and that both have it is for who may see both.
 */
function takeFromOthers(batch: BatchState, reporter: Reporter, serverId: string, mac: string): void {
  const known = batch.knownTo(reporter);
  for (const { id: otherId } of batch.machines.withMac(mac, () => true)) {
    const other = batch.ledger.get('Server', otherId);
    if (!known(otherId)) {
      batch.addTwin(serverId, { id: otherId, because: [`MAC ${mac}`] });
      continue;
    }
    const lost = batch.nicsOf(otherId).filter((nic) => nic.mac === mac);
    if (otherId === serverId || !other || lost.length === 0) continue;
    const here = batch.ledger.get('Server', serverId)!;
    if (tookFrom(batch, serverId, otherId, mac) || other.bastionId !== here.bastionId) {
      markShared(batch, [serverId, otherId], mac);
      continue;
    }
    for (const nic of lost) {
      batch.ledger.remove('ServerNic', nic.id);
      endTie(batch, otherId, nic.name);
    }
    const evidence = { from: otherId, to: serverId, mac };
    recordMove(batch, otherId, `Its NIC ${mac} is in ${refer('Server', serverId)} now.`, evidence);
    recordMove(batch, serverId, `It has the NIC ${mac}, which was in ${refer('Server', otherId)}.`, evidence);
    batch.identify(otherId);
  }
}

function recordMove(
  batch: BatchState,
  serverId: string,
  message: string,
  evidence: { from: string; to: string; mac: string },
): void {
  const { mac: detail } = evidence;
  batch.conditions.begin(about(serverId), { type: 'HardwareDrift', detail, reason: 'NicMoved', message, evidence });
}

/** Whether the other server took this MAC from this one before: then both have it and report it in turn. */
function tookFrom(batch: BatchState, serverId: string, otherId: string, mac: string): boolean {
  const evidence = batch.conditions.find(about(otherId), 'HardwareDrift', mac)?.evidence as
    { from?: string; to?: string } | undefined;
  return evidence?.from === serverId && evidence.to === otherId;
}

function markShared(batch: BatchState, serverIds: readonly string[], mac: string): void {
  for (const id of serverIds) {
    const others = serverIds.filter((one) => one !== id);
    const names = others.map((one) => refer('Server', one)).join(', ');
    batch.conditions.begin(about(id), {
      type: 'Conflict',
      detail: mac,
      reason: 'SharedMac',
      message: `It has the same MAC ${mac} as ${names}. Nothing was moved.`,
      evidence: { servers: others },
    });
  }
}

/** Ends the conditions about a shared MAC, on all servers that share it: this server has it no longer. */
function endShared(batch: BatchState, serverId: string, mac: string): void {
  const shared = batch.conditions.find(about(serverId), 'Conflict', mac);
  if (shared?.reason !== 'SharedMac') return;
  const { servers = [] } = shared.evidence as { servers?: string[] };
  for (const id of [serverId, ...servers]) {
    batch.conditions.end(about(id), 'Conflict', mac);
    batch.conditions.end(about(id), 'HardwareDrift', mac);
  }
}

function endTie(batch: BatchState, serverId: string, nicName: string): void {
  if (batch.conditions.find(about(serverId), 'Conflict', nicName)?.reason === 'NetworkTie')
    batch.conditions.end(about(serverId), 'Conflict', nicName);
}
