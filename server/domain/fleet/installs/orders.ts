// Places orders in the same transaction as the change that they follow from: to begin or cancel an install, and to look anew at
// who holds what.
import type { InstallPlan } from '../../../../common/install/plan.ts';
import type { InstallAttempt, Server } from '../../../store/generated/client.ts';
import type { Writer } from '../../../store/types.ts';
import type { FleetSettings } from '../../ledger/settings.ts';

interface Ordered {
  readonly server: Server;
  readonly bastionId: string;
  readonly attempt: InstallAttempt;
  readonly settings: FleetSettings;
}

/** The MAC addresses of a server, the one that it boots from first. */
export async function macsOf({ client }: Writer, { id, bootMac }: Server): Promise<string[]> {
  const nics = await client.serverNic.findMany({
    where: { serverId: id },
    select: { mac: true },
    orderBy: { name: 'asc' },
  });
  return [...new Set([bootMac, ...nics.map(({ mac }) => mac)])];
}

/**
 * Orders the bastion that holds a server to begin an attempt by a plan, once it is its turn, or to cancel it. Values of
 * secrets are in no row.
 */
export async function placeOrder(
  tx: Writer,
  kind: 'INSTALL' | 'CANCEL',
  { server, bastionId, attempt, settings }: Ordered,
  more:
    | { readonly plan: InstallPlan; readonly secretIds: Readonly<Record<string, string>>; readonly power?: object }
    | undefined = undefined,
): Promise<void> {
  const macs = more?.plan.machine.macs ?? (await macsOf(tx, server));
  const { id: attemptId, number, profile: os, role } = attempt;
  const payload = { name: server.name, macs, attemptId, attempt: number, os, role, ...more } as object;
  const createdAt = settings.now();
  // The order to begin is found again by its attempt.
  const id = kind === 'INSTALL' ? attemptId : settings.ids();
  await tx.client.order.create({
    data: { id, bastionId, serverId: server.id, kind, payload, createdAt, waiting: attempt.waiting },
  });
}

/** Has bastions load anew which servers they hold: one was given to them, or taken from them. */
export async function placeReload(
  { client }: Writer,
  bastions: readonly string[],
  { now, ids }: Pick<FleetSettings, 'now' | 'ids'>,
): Promise<void> {
  if (bastions.length === 0) return;
  const createdAt = now();
  await client.order.createMany({
    data: bastions.map((bastionId) => ({ id: ids(), bastionId, kind: 'RELOAD', createdAt })),
  });
}
