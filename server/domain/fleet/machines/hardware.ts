// Updates a server's disks and NICs from a machine report, which replaces the whole set.
import { isMadeUp } from '../../../../common/mac.ts';
import type { Disk, Nic } from '../contract/validate.ts';
import type { BatchState, Reporter } from './batchState.ts';
import { macAppeared, macLeft, removeNic } from './movedMacs.ts';
import { isRespelt, serialOf } from './recognise.ts';

/** Makes a server's disks those of a report; returns whether anything changed. */
export function replaceDisks(batch: BatchState, serverId: string, disks: readonly Disk[]): boolean {
  const { ledger } = batch;
  const before = new Map(batch.disksOf(serverId).map((disk) => [disk.name, disk]));
  let changed = false;
  for (const disk of disks) {
    const known = before.get(disk.name);
    before.delete(disk.name);
    if (known) {
      // Of two programs that report it one may write the serial number in another case.
      const serial = isRespelt(disk.serial, known.serial, serialOf) && { serial: known.serial };
      changed = ledger.update('ServerDisk', known.id, { ...disk, ...serial }) || changed;
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
    removeNic(batch, gone);
  }
  const macs = new Set(nics.map(({ mac }) => mac));
  for (const mac of macs)
    if (!macsBefore.has(mac) && !contested && !isMadeUp(mac)) macAppeared(batch, reporter, serverId, mac);
  for (const mac of macsBefore) if (!macs.has(mac)) macLeft(batch, serverId, mac);
  return changed || before.size > 0;
}
