// Decides what a callback is of: the attempt whose token came with it, as the hash that its bastion passes on proves. A
// MAC address is no proof, so that a callback without one is at most a sighting of the machine.
import { timingSafeEqual } from 'node:crypto';
import type { InstallAttempt, Server } from '../../../store/generated/client.ts';
import type { BatchState, Reporter } from '../machines/batchState.ts';
import { recordSighting } from '../machines/report.ts';
import { tombstoneOf } from '../machines/tombstones.ts';

/** What a callback says of where it comes from. */
export interface Callback {
  readonly mac: string;
  /** SHA-256 of the attempt's token, in hexadecimal; null when the machine sent none */
  readonly proof: string | null;
}

/** The attempt that a callback is proven to be of, and its server. */
export interface Proven {
  readonly server: Server;
  readonly attempt: InstallAttempt;
}

/**
 * The attempt with this secret on a server that has this MAC and that the reporter holds. Undefined when there is none:
 * then all that is kept is that the machine was seen.
 */
export function provenAttempt(batch: BatchState, reporter: Reporter, callback: Callback): Proven | undefined {
  const held = heldServers(batch, reporter, callback.mac);
  for (const server of held) {
    const attempt = batch.attemptsOf(server.id).find((one) => isProof(one.secretHash, callback.proof));
    if (attempt) return { server, attempt };
  }
  if (tombstoneOf(batch.tombstones, { bastionId: reporter.id, macs: [callback.mac] })) batch.reminded.add(reporter.id);
  else if (held[0]) recordSighting(batch, reporter, held[0].id, 'callback');
  return undefined;
}

/** The servers with a MAC that the reporter holds, the one that boots from it first. */
export function heldServers(batch: BatchState, reporter: Reporter, mac: string): Server[] {
  const isHeld = (id: string) => batch.ledger.get('Server', id)?.bastionId === reporter.id;
  const boots = (server: Server) => (server.bootMac === mac ? 0 : 1);
  return batch.machines
    .withMac(mac, isHeld)
    .flatMap(({ id }) => batch.ledger.get('Server', id) ?? [])
    .toSorted((a, b) => boots(a) - boots(b) || (a.id < b.id ? -1 : 1));
}

function isProof(secretHash: string | null, proof: string | null): boolean {
  if (secretHash === null || proof?.length !== secretHash.length) return false;
  return timingSafeEqual(Buffer.from(secretHash), Buffer.from(proof));
}
