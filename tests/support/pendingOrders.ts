// The orders that some bastions have not acknowledged, with all that they say.
import type { Reveal } from '../../server/domain/fleet/installs/reveal.ts';
import { type OutgoingOrder, outgoingOrders, pendingOrders as idsOf } from '../../server/domain/fleet/uplink/orders.ts';
import type { Database } from '../../server/store/types.ts';

/** The oldest first. */
export async function pendingOrders(
  prisma: Database['prisma'],
  bastions: readonly string[],
  reveal: Reveal = () => Promise.resolve({}),
  now = Date.now(),
): Promise<OutgoingOrder[]> {
  const ids = (await idsOf(prisma, bastions, now)).map(({ id }) => id);
  return outgoingOrders(prisma, ids, reveal);
}
