// Has another bastion hold a server: it boots and installs the machine from then on.
import { Conflict } from '../errors.ts';
import { Ledger } from '../ledger/ledger.ts';
import { settingsFor, type FleetSettings } from '../ledger/settings.ts';
import type { Server } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { isErrand } from '../fleet/installs/errands.ts';
import { placeReload } from '../fleet/installs/orders.ts';
import { openOf, stop } from './attempts.ts';
import { attemptsOf, demandServer, rowOf } from './demandServer.ts';
import type { Permissions, Target } from '../objects/objects.ts';
import { resolveReference, type Ways } from '../objects/reference.ts';

/** Makes the bastion that is meant the server's holder. Throws NotFound, InvalidInput, Conflict, Forbidden. */
export async function moveServer(
  tx: Writer,
  target: Target,
  bastion: Ways,
  may: Permissions,
  settings: FleetSettings = settingsFor(tx),
): Promise<Server> {
  const found = await demandServer(tx, 'apply', target, may);
  const bastionId = await resolveReference(tx, 'Bastion', bastion, 'bastion', may);
  const to = await tx.client.bastion.findUniqueOrThrow({ where: { id: bastionId } });
  if (to.cloud !== found.cloud || to.environment !== found.environment)
    throw new Conflict(
      `Bastion "${to.name}" is in ${to.cloud}/${to.environment}, and server "${found.name}" in ${found.cloud}/${found.environment}.`,
      'A server is held by a bastion of its own place: choose another bastion, or change the place of one of them.',
    );
  if (to.revokedAt !== null)
    throw new Conflict(`Bastion "${to.name}" was revoked.`, 'Choose another one, or enrol it anew.');
  const ledger = new Ledger(settings.now(), settings.ids);
  const attempts = await attemptsOf(tx, ledger, found);
  const open = openOf(attempts);
  const server = await rowOf(tx, ledger, found);
  if (bastionId === found.bastionId) return server;
  if (open && !isErrand(open))
    throw new Conflict(
      `Server "${found.name}" is being installed by the bastion that holds it.`,
      `Wait until that is over, or end it: lab cancel ${found.name}.`,
    );
  // The other bastion knows nothing of a shell or a wipe, and who holds it may never be back to carry it out.
  if (open) await stop({ tx, ledger, server, attempts, settings }, { outcome: 'CANCELLED' });
  ledger.update('Server', found.id, { bastionId, heldSince: ledger.now });
  await ledger.flush(tx);
  await placeReload(
    tx,
    [found.bastionId, bastionId].filter((one) => one !== null),
    settings,
  );
  return ledger.get('Server', found.id)!;
}
