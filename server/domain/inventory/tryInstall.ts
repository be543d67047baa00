// What an install would be told, tried: planned and rendered as it would be, and nothing is written.
import type { Server } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { findObject, type Permissions, placeIn, type Target } from '../objects/objects.ts';
import { planInstall, type Planned, type WantedInstall } from './planInstall.ts';
import { server as spec } from './server.ts';

export interface Tried extends Planned {
  readonly server: Server;
}

/** Plans and renders an install of a server. Throws NotFound, Conflict, InvalidInput, Forbidden, as doing it would. */
export async function tryInstall(tx: Writer, target: Target, wanted: WantedInstall, may: Permissions): Promise<Tried> {
  const server = (await findObject(tx, spec, target, may)) as unknown as Server;
  may.demand('apply', 'Server', { ...placeIn({ ...server }), id: server.id });
  return { ...(await planInstall(tx, server, wanted, may)), server };
}
