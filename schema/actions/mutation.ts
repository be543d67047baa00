// How every mutation runs: one transaction, its origin in every change, and errors as types.
import type { Action } from '../../server/caller.ts';
import type { Permissions } from '../../server/domain/inventory/objects.ts';
import type { Origin, Writer } from '../../server/store/types.ts';
import { demand, placesFor } from '../access.ts';
import type { KindName } from '../catalog.ts';
import type { Context } from '../context.ts';
import { orUserError, type Result } from '../errors.ts';
import { resources } from '../kinds/index.ts';

/** Who changes what through which mutation, as the change log keeps it. */
export const originOf = ({ caller, requestId, address }: Context, action: string): Origin => ({
  actor: caller.actor,
  action,
  requestId,
  address,
});

/** The caller's permissions, as the domain asks for them. */
export function permissionsOf({ caller }: Context): Permissions {
  return {
    actor: caller.actor,
    demand: (action: Action, kind, place) => demand(caller.scope, action, kind as KindName, place),
    visible: (kind) => resources[kind as KindName].access(placesFor(caller.scope, 'read', kind as KindName)),
  };
}

/** Runs a mutation's work in one write transaction and says which type the outcome is. */
export function mutate(
  context: Context,
  action: string,
  kind: KindName,
  work: (tx: Writer, may: Permissions) => Promise<object>,
  lockHead = false,
): Promise<Result> {
  return orUserError(async () => {
    const may = permissionsOf(context);
    const { value } = await context.database.write(originOf(context, action), (tx) => work(tx, may), { lockHead });
    return { ...value, __typename: kind };
  });
}
