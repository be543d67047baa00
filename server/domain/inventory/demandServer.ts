// The server that people want something done with: it is found, theirs to change, as they expect it, and not locked.
import type { InstallAttempt, Server } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { select } from '../ledger/sql.ts';
import { checkVersion, findObject, placeIn, type Permissions, type Target } from '../objects/objects.ts';
import { lockedServer } from './locked.ts';
import { server as spec } from './server.ts';

/** Throws NotFound, Conflict, Forbidden. */
export async function demandServer(
  tx: Writer,
  action: 'apply' | 'destroy',
  target: Target,
  may: Permissions,
): Promise<Server> {
  const found = (await findObject(tx, spec, target, may)) as unknown as Server;
  may.demand(action, 'Server', { ...placeIn({ ...found }), id: found.id });
  checkVersion(spec, { ...found }, target.ifVersion);
  if (found.locked) throw lockedServer(found.name);
  return found;
}

/** Its attempts, as a ledger takes them. */
export const attemptsOf = async (tx: Writer, ledger: Ledger, { id }: Server): Promise<readonly InstallAttempt[]> =>
  ledger.load('InstallAttempt', await select(tx.client, 'InstallAttempt', 't.server_id = $1::uuid', id));

/** Its row as it is now, as a ledger takes it. */
export async function rowOf(tx: Writer, ledger: Ledger, { id }: Server): Promise<Server> {
  const [row] = ledger.load('Server', await select(tx.client, 'Server', 't.id = $1::uuid', id));
  return row!;
}
