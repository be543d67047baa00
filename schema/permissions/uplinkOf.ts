// Which bastion an uplink is of. To who may not see it, a bastion is one that is not there.
import type { Bastion } from '../../server/store/generated/client.ts';
import { matches } from '../../server/domain/where.ts';
import { NO_OBJECT, recordRefusal } from '../../server/store/refusals.ts';
import { type Context, originOf } from '../base/context.ts';
import { demand, placesFor } from './scope.ts';

/** Whether a caller may know a bastion that it calls for. That it may not is recorded, where the bastion is. */
export async function mayKnow(context: Context, action: string, bastion: Bastion): Promise<boolean> {
  const known = (['read', 'uplink'] as const).some((one) =>
    matches(placesFor(context.caller.scope, one, 'Bastion'), bastion),
  );
  if (!known) {
    const { id, name, cloud, environment } = bastion;
    await recordRefusal(context.database, originOf(context, action), { kind: 'Bastion', id, name, cloud, environment });
  }
  return known;
}

/**
 * The uuid of the bastion that calls: it needs the permission for the uplink at its place. For one that the caller may
 * not know it is the id of none, which the fleet answers as one that is gone. Throws Forbidden.
 */
export async function uplinkOf(context: Context, action: string, id: string): Promise<string> {
  const bastion = await context.database.prisma.bastion.findUnique({ where: { id } });
  if (!bastion) return id;
  if (!(await mayKnow(context, action, bastion))) return NO_OBJECT;
  demand(context.caller.scope, 'uplink', 'Bastion', bastion);
  return id;
}
