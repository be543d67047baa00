// How mutations of one object run: in one transaction, with their origin in every change. Applying manifests and the
// uplink do it themselves; permissions/guard.ts turns errors into types.
import type { Action } from '../../server/domain/access/caller.ts';
import type { Permissions } from '../../server/domain/objects/objects.ts';
import type { Writer } from '../../server/store/types.ts';
import { demand, placesFor } from '../permissions/scope.ts';
import { catalog, type Kind, type KindName } from '../catalog.ts';
import { type Context, originOf } from '../base/context.ts';
import type { Result } from '../base/errors.ts';
import { resources } from '../kinds/index.ts';

/** The caller's permissions, as the domain asks for them. */
export function permissionsOf({ caller, secrets }: Context): Permissions {
  return {
    actor: caller.actor,
    userId: caller.kind === 'user' ? caller.id : null,
    scope: caller.scope,
    maker: caller.maker,
    secrets,
    demand: (action: Action, kind, place) => demand(caller.scope, action, kind as KindName, place),
    visible: (kind) => resources[kind as KindName].access.where(placesFor(caller.scope, 'read', kind as KindName)),
  };
}

/** The part of a mutation that runs in its transaction, perhaps several times. */
type Work<T> = (tx: Writer, may: Permissions) => Promise<T>;

/**
 * Runs a mutation's work in one write transaction; `prepare` does slow work before it. A change of who may do what takes
 * effect for every caller of this labd before it is answered.
 */
export async function change<T>(
  context: Context,
  action: string,
  kind: KindName,
  prepare: () => Work<T> | Promise<Work<T>>,
  lockHead = false,
): Promise<T> {
  const may = permissionsOf(context);
  const work = await prepare();
  const goOn = () => context.beforeWriting();
  const { value, revision } = await context.database.write(originOf(context, action), (tx) => work(tx, may), {
    lockHead,
    goOn,
  });
  if ((catalog[kind] as Kind).administered && revision !== null) await context.hub.reached(revision);
  return value;
}

/** The same, answering with the object. */
export const mutate = async (
  context: Context,
  action: string,
  kind: KindName,
  prepare: () => Work<object> | Promise<Work<object>>,
  lockHead = false,
): Promise<Result> => ({ ...(await change(context, action, kind, prepare, lockHead)), __typename: kind });
