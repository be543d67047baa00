// Takes the hash of the token that a bastion made for an attempt. labd never has the token itself: orders are rows.
import type { Order } from '../../../store/generated/client.ts';
import type { Writer } from '../../../store/types.ts';
import { Conflict, InvalidInput } from '../../errors.ts';

/** The first version of the uplink that has orders to install. */
export const INSTALLS_FROM = 2;

/** Whether bastions that speak this version of the uplink install; those that never said which one may. */
export const installs = (protocol: number | null): boolean => (protocol ?? INSTALLS_FROM) >= INSTALLS_FROM;

/**
 * Keeps the hash (SHA-256 in hexadecimal) on the attempt that an order to install is about. Returns whether that is open
 * and has this secret now: only then may the machine be booted into the installer. Only the bastion that holds the server
 * gives it one, once. Throws InvalidInput when there is no hash, Conflict when the attempt has another one.
 */
export async function takeSecret(tx: Writer, order: Order, secretHash: string | null): Promise<boolean> {
  if (secretHash === null)
    throw new InvalidInput(
      'input.secretHash',
      'An install that the bastion begins needs a secret.',
      'Send the SHA-256 of the token that the machine gets in its boot script.',
    );
  const { attemptId } = order.payload as { attemptId?: string };
  const [attempt] = await tx.client.$queryRawUnsafe<{ secretHash: string | null; protocol: number | null }[]>(
    `SELECT a.secret_hash AS "secretHash", b.protocol FROM install_attempt a
       JOIN server s ON s.id = a.server_id
       JOIN bastion b ON b.id = s.bastion_id
      WHERE a.id = $1::uuid AND a.finished_at IS NULL AND b.id = $2::uuid`,
    attemptId ?? null,
    order.bastionId,
  );
  if (!attempt || !installs(attempt.protocol)) return false;
  if (attempt.secretHash === secretHash) return true;
  const changed = new Conflict(
    'This install has another secret already.',
    'Go on with the first, or cancel the install.',
  );
  if (attempt.secretHash !== null) throw changed;
  const taken = await tx.client.$executeRawUnsafe(
    'UPDATE install_attempt SET secret_hash = $2 WHERE id = $1::uuid AND finished_at IS NULL AND secret_hash IS NULL',
    attemptId,
    secretHash,
  );
  if (taken === 0) throw changed;
  return true;
}
