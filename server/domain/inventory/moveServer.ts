// Has another bastion hold a server: it boots and installs the machine from then on.
import { Conflict } from '../errors.ts';
import { Ledger } from '../ledger/ledger.ts';
import { settingsFor, type FleetSettings } from '../ledger/settings.ts';
import { select } from '../ledger/sql.ts';
import type { Server } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { isErrand } from '../fleet/installs/errands.ts';
import { openOf, stop } from './attempts.ts';
import { lockedServer } from './locked.ts';
import { checkVersion, findObject, placeIn, type Permissions, type Target } from '../objects/objects.ts';
import { resolveReference, type Ways } from '../objects/reference.ts';
import { server as spec } from './server.ts';

/** Makes the bastion that is meant the server's holder. Throws NotFound, InvalidInput, Conflict, Forbidden. */
export async function moveServer(
  tx: Writer,
  target: Target,
  bastion: Ways,
  may: Permissions,
  settings: FleetSettings = settingsFor(tx),
): Promise<Server> {
  const found = (await findObject(tx, spec, target, may)) as unknown as Server;
  may.demand('apply', 'Server', { ...placeIn({ ...found }), id: found.id });
  checkVersion(spec, { ...found }, target.ifVersion);
  if (found.locked) throw lockedServer(found.name);
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
  const own = await select(tx.client, 'InstallAttempt', 't.server_id = $1::uuid', found.id);
  const attempts = ledger.load('InstallAttempt', own);
  const open = openOf(attempts);
  const [server] = ledger.load('Server', await select(tx.client, 'Server', 't.id = $1::uuid', found.id));
  if (bastionId === found.bastionId) return server!;
  if (open && !isErrand(open))
    throw new Conflict(
      `Server "${found.name}" is being installed by the bastion that holds it.`,
      `Wait until that is over, or end it: lab cancel ${found.name}.`,
    );
  // The other bastion knows nothing of a shell or a wipe, and who holds it may never be back to carry it out.
  if (open) await stop({ tx, ledger, server: server!, attempts, settings }, { outcome: 'CANCELLED' });
  ledger.update('Server', found.id, { bastionId, heldSince: ledger.now });
  await ledger.flush(tx);
  return ledger.get('Server', found.id)!;
}
