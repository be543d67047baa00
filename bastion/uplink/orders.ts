// Carries out labd's orders one after the other and acknowledges each.
import {
  AcknowledgeOrderDocument,
  BastionOrdersDocument,
  PushUplinkDocument,
  type BastionOrdersSubscription,
  type OrderKind,
  type OrderOutcome,
} from '../generated/documents.ts';
import type { Connection } from './connection.ts';
import { fenced, Reopen, type UplinkContext } from './context.ts';

type Order = BastionOrdersSubscription['bastionOrders'];

interface Done {
  outcome: OrderOutcome;
  message?: string;
}

const refuse = (what: string) => async (): Promise<Done> => ({
  outcome: 'REFUSED',
  message: `This bastion cannot ${what} machines: it runs without boot services.`,
});

const handlers: Readonly<Record<OrderKind, (context: UplinkContext, order: Order) => Promise<Done>>> = {
  FORGET: forget,
  INSTALL: refuse('install'),
  CANCEL: refuse('cancel the installs of'),
};

/** Follows the orders until the subscription ends, and then throws: Reopen, or Refused when labd does. */
export async function followOrders(
  context: UplinkContext,
  connection: Connection,
  bastion: string,
  epoch: number,
): Promise<never> {
  let queue = Promise.resolve();
  let fail!: (error: unknown) => void;
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  const ended = connection.subscribe(BastionOrdersDocument, { bastion, epoch }, ({ bastionOrders: order }) => {
    queue = queue.then(() => handle(order)).catch(fail);
  });
  await Promise.race([ended, failed]);
  // labd ends it when a newer session took over, and also for reasons of its own: only an answer says which.
  const { pushUplink } = await connection.request(PushUplinkDocument, { input: { bastion, epoch, items: [] } });
  if (pushUplink.__typename === 'UplinkFenced') throw fenced(context, pushUplink.message);
  throw new Reopen('labd ended the subscription of orders');

  async function handle(order: Order): Promise<void> {
    const { outcome, message } = await handlers[order.kind](context, order).catch((error: unknown): Done => {
      context.log.error({ err: error, order: order.id }, 'An order failed');
      return { outcome: 'FAILED', message: error instanceof Error ? error.message : 'It failed' };
    });
    const input = { bastion, epoch, order: order.id, outcome, ...(message === undefined ? {} : { message }) };
    const { acknowledgeOrder } = await connection.request(AcknowledgeOrderDocument, { input });
    if (acknowledgeOrder.__typename === 'UplinkFenced') throw fenced(context, acknowledgeOrder.message);
    context.log.info({ order: order.id, kind: order.kind, server: order.name, outcome }, 'Order acknowledged');
  }
}

/**
 * Drops the machine, and says so only when labd has taken every report of it from before: a late one would otherwise
 * come after the tombstone is gone, and bring the machine back.
 */
async function forget({ spool, cache, machines, waits: progress }: UplinkContext, { macs }: Order): Promise<Done> {
  let before = 0;
  await spool.append(() => {
    before = spool.newest;
    machines.forget(macs);
    return [];
  });
  await cache.save();
  await progress.acknowledged(before);
  return { outcome: 'DONE' };
}
