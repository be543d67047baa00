// A MAC that appears in a server while others have it: either a NIC was moved there, or all of them really have it, as with an
// adapter that is plugged in where it is needed. That shows when one that lost it reports it again.
import type { ServerNic } from '../../../store/generated/client.ts';
import { type Evidence, refer, server as about } from '../../ledger/conditions.ts';
import type { BatchState, Reporter } from './batchState.ts';

/**
 * A server has a MAC that it did not have: it is taken from those that had it, or all get a Conflict condition. Those that
 * the bastion may not know keep it, and that both have it is for who may see both.
 */
export function macAppeared(batch: BatchState, reporter: Reporter, serverId: string, mac: string): void {
  const known = batch.knownTo(reporter);
  const others = batch.machines.withMac(mac, () => true).map(({ id }) => id);
  for (const id of others) if (!known(id)) batch.addTwin(serverId, { id, because: [`MAC ${mac}`] });
  const owners = others.filter((id) => id !== serverId && known(id) && nicsWith(batch, id, mac).length > 0);
  if (owners.length > 0 && haveIt(batch, serverId, owners, mac)) markShared(batch, [serverId, ...owners], mac);
  else {
    batch.conditions.end(about(serverId), 'HardwareDrift', mac);
    for (const id of owners) takeFrom(batch, id, serverId, mac);
  }
}

/** A server has a MAC no longer, and says so itself. */
export function macLeft(batch: BatchState, serverId: string, mac: string): void {
  batch.conditions.end(about(serverId), 'HardwareDrift', mac);
  const shared = sharedBy(batch, serverId, mac);
  if (!shared) return;
  batch.conditions.end(about(serverId), 'Conflict', mac);
  const others = shared.filter((id) => batch.ledger.get('Server', id) !== undefined);
  if (others.length > 1) markShared(batch, others, mac);
  else for (const id of others) batch.conditions.end(about(id), 'Conflict', mac);
}

/** Removes a NIC, with what is said of it. */
export function removeNic(batch: BatchState, { id, serverId, name }: ServerNic): void {
  batch.ledger.remove('ServerNic', id);
  const subject = about(serverId!);
  if (batch.conditions.find(subject, 'Conflict', name)?.reason === 'NetworkTie')
    batch.conditions.end(subject, 'Conflict', name);
}

const nicsWith = (batch: BatchState, serverId: string, mac: string): ServerNic[] =>
  batch.nicsOf(serverId).filter((nic) => nic.mac === mac);

/** The others that a server shares a MAC with; undefined for one that it does not. */
function sharedBy(batch: BatchState, serverId: string, mac: string): readonly string[] | undefined {
  const condition = batch.conditions.find(about(serverId), 'Conflict', mac);
  return condition?.reason === 'SharedMac' ? ((condition.evidence as Evidence).servers ?? []) : undefined;
}

/**
 * Whether a server really has a MAC that others have too, rather than has got it from them: it lost it to one of them before,
 * they share it already, or another bastion holds one of them.
 */
function haveIt(batch: BatchState, serverId: string, owners: readonly string[], mac: string): boolean {
  const moved = batch.conditions.find(about(serverId), 'HardwareDrift', mac)?.evidence as Evidence | undefined;
  if (moved?.from === serverId) return true;
  const holder = batch.ledger.get('Server', serverId)!.bastionId;
  return owners.some(
    (id) => sharedBy(batch, id, mac) !== undefined || batch.ledger.get('Server', id)!.bastionId !== holder,
  );
}

function takeFrom(batch: BatchState, from: string, to: string, mac: string): void {
  for (const nic of nicsWith(batch, from, mac)) removeNic(batch, nic);
  const evidence = { from, to, mac };
  const say = (id: string, message: string) =>
    batch.conditions.begin(about(id), {
      type: 'HardwareDrift',
      detail: mac,
      reason: 'NicMoved',
      message,
      evidence,
    });
  say(from, `Its NIC ${mac} is in ${refer('Server', to)} now.`);
  say(to, `It has the NIC ${mac}, which was in ${refer('Server', from)}.`);
  batch.identify(from);
}

/** Says on each of some servers that all of them have a MAC. That it moved was not so. */
function markShared(batch: BatchState, serverIds: readonly string[], mac: string): void {
  for (const id of serverIds) {
    const others = serverIds.filter((one) => one !== id).toSorted();
    const names = others.map((one) => refer('Server', one)).join(', ');
    batch.conditions.end(about(id), 'HardwareDrift', mac);
    batch.conditions.begin(about(id), {
      type: 'Conflict',
      detail: mac,
      reason: 'SharedMac',
      message: `It has the same MAC ${mac} as ${names}. Nothing was moved.`,
      evidence: { servers: others },
    });
  }
}
