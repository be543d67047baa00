// The orders of labd to a bastion, as a subscription of the bastion's. When the subscription ends, labd takes the bastion
// for gone.
import type { OutgoingOrder } from '../../server/domain/fleet/uplink/orders.ts';
import { uplinkOf } from '../permissions/uplinkOf.ts';
import { builder } from '../base/builder.ts';
import { type Context, originOf } from '../base/context.ts';
import { ServerRole, ServerStatus } from '../kinds/enums.ts';
import { decodeId, encodeId, encodeOrderId } from '../base/ids.ts';

const OrderKind = builder.enumType('OrderKind', {
  description: 'What an order asks of a bastion.',
  values: {
    INSTALL: { description: 'Install the machine at its next boot.' },
    CANCEL: { description: 'Stop installing it.' },
    FORGET: { description: 'Drop all that is kept of it.' },
    RELOAD: { description: 'Load anew which servers it holds: one was given to it, or taken from it.' },
    POWER: { description: 'Switch its power, if that is still wanted when the bastion takes the order.' },
  } as const,
});

const Order = builder.objectRef<OutgoingOrder>('Order').implement({
  description: 'What labd asks a bastion to do, sent until the bastion acknowledges it.',
  fields: (t) => ({
    id: t.id({ description: 'The id, for acknowledgeOrder.', resolve: ({ id }) => encodeOrderId(id) }),
    kind: t.field({
      type: OrderKind,
      description: 'What the bastion is to do with the machine.',
      resolve: ({ kind }) => kind,
    }),
    serverId: t.id({
      nullable: true,
      description: 'The server it is about, which may be gone already.',
      resolve: ({ serverId }) => serverId && encodeId('Server', serverId),
    }),
    name: t.exposeString('name', { description: "The server's name when the order was made." }),
    macs: t.exposeStringList('macs', { description: 'The MAC addresses that the machine is known by.' }),
    attempt: t.exposeInt('attempt', {
      nullable: true,
      description: "The number of the install attempt among its server's; null of an order that is about none.",
    }),
    os: t.exposeString('os', { nullable: true, description: 'The OS profile to install.' }),
    role: t.field({
      type: ServerRole,
      nullable: true,
      description: 'What it is to do in a cluster.',
      resolve: ({ role }) => role as 'WORKER' | null,
    }),
    plan: t.expose('plan', {
      type: 'JSON',
      nullable: true,
      description: 'How to install it, as common/install/plan.ts says; null of an order that installs nothing.',
    }),
    secrets: t.expose('secrets', {
      type: 'JSON',
      nullable: true,
      description: 'What the Secrets that the plan names keep, by their names; null of an order that installs nothing.',
    }),
    power: t.expose('power', {
      type: 'JSON',
      nullable: true,
      description:
        'What is to be done with its power, and how: `action`, and `bmc` as `bmc` of a server, with the password itself, and its `firmware`. Null of an order that is not about it.',
    }),
    status: t.field({
      type: ServerStatus,
      nullable: true,
      description: "The server's status when the order was sent; null when it is gone.",
      resolve: ({ status }) => status as 'PROVISIONING' | null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the order was made.' }),
  }),
});

/** Follows the orders of one session, and ends the session with the subscription. */
function follow(context: Context, bastion: string, epoch: number): AsyncIterableIterator<OutgoingOrder> {
  const ended = new AbortController();
  const orders = context.fleet.follow(bastion, epoch, ended.signal);
  const end = async (): Promise<IteratorResult<OutgoingOrder>> => {
    if (!ended.signal.aborted) {
      ended.abort();
      await context.fleet.disconnect(originOf(context, 'closeUplink'), bastion, epoch);
    }
    return { done: true, value: undefined };
  };
  return {
    next: async () => {
      const next = await orders.next();
      return next.done ? end() : next;
    },
    return: end,
    throw: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

builder.subscriptionField('bastionOrders', (t) =>
  t.field({
    type: Order,
    action: 'uplink',
    description: 'All orders that the bastion has not acknowledged, then new ones. Ends when the session is fenced.',
    args: {
      bastion: t.arg.id({ required: true, description: 'The id of the bastion whose orders to follow.' }),
      epoch: t.arg({ type: 'Counter', required: true, description: 'The epoch that openUplink answered.' }),
    },
    subscribe: async (_root, { bastion, epoch }, context) => {
      const id = await uplinkOf(context, 'bastionOrders', decodeId(bastion, 'Bastion'));
      return follow(context, id, epoch);
    },
    resolve: (order) => order,
  }),
);
