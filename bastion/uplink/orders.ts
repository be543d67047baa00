// Carries out labd's orders and acknowledges each: those about one machine one after the other, others beside them, so that
// whoever has a thousand machines installed does not wait for a thousand answers in a row.
import {
  AcknowledgeOrderDocument,
  BastionOrdersDocument,
  PushUplinkDocument,
  type AcknowledgeOrderInput,
  type BastionOrdersSubscription,
  type OrderKind,
} from '../generated/documents.ts';
import type { InstallPlan } from '../../common/install/plan.ts';
import type { Attempt } from '../install/attempts.ts';
import type { AttemptState } from '../install/states.ts';
import type { Connection } from './connection.ts';
import type { PowerOrder } from '../power/power.ts';
import { PowerTrouble } from '../power/trouble.ts';
import { fenced, Reopen, type UplinkContext } from './context.ts';

type Order = BastionOrdersSubscription['bastionOrders'];

type Done = Pick<AcknowledgeOrderInput, 'outcome' | 'message' | 'secretHash' | 'powerState'>;

/** What an order takes besides the bastion itself. */
interface Means {
  /** Asks labd anew which servers this bastion holds */
  readonly reload: () => Promise<void>;
  /** Takes an order that is good for a moment; whether labd still wants it */
  readonly take: (order: Order) => Promise<boolean>;
}

/** Undefined: labd does not want it any more, and hears nothing */
type Handler = (context: UplinkContext, order: Order, means: Means) => Promise<Done | undefined>;

const refuse = (what: string): Done => ({
  outcome: 'REFUSED',
  message: `This bastion cannot ${what} machines: it runs without boot services.`,
});

const handlers: Readonly<Record<OrderKind, Handler>> = {
  FORGET: forget,
  INSTALL: install,
  CANCEL: cancel,
  RELOAD: async (_context, _order, { reload }) => reload().then(() => ({ outcome: 'DONE' })),
  POWER: (context, order, means) => context.places.hold(() => power(context, order, means)),
};

/** Follows the orders until the subscription ends, and then throws: Reopen, or Refused when labd does. */
export async function followOrders(
  context: UplinkContext,
  connection: Connection,
  bastion: string,
  epoch: number,
  reload: () => Promise<void>,
): Promise<never> {
  const { attempts, log } = context;
  // It ended between labd's answer and the note of it, so that labd does not send these orders again.
  await Promise.all(
    attempts
      .offered()
      .map((attempt) =>
        acknowledge({ id: attempt.order }, context.boots ? begun(attempt) : refuse('install'), attempt),
      ),
  );
  /** The last order about a machine that goes on, by all that the machine is known by */
  const queues = new Map<string, Promise<void>>();
  let fail!: (error: unknown) => void;
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  context.unheard.follow((id, ended) => void acknowledge({ id, kind: 'POWER' }, ended).catch(fail));
  const ended = connection.subscribe(BastionOrdersDocument, { bastion, epoch }, ({ bastionOrders: order }) => {
    const machine = [order.serverId ?? order.id, ...order.macs];
    // Powering one takes minutes, and may outlive this connection: what else is done about the machine does not wait for that.
    const inTurn = order.kind === 'POWER' ? context.powering : queues;
    const queue = Promise.all(machine.flatMap((one) => inTurn.get(one) ?? []))
      .then(() => handle(order))
      .catch(fail)
      .finally(() => machine.forEach((one) => inTurn.get(one) === queue && inTurn.delete(one)));
    for (const one of machine) inTurn.set(one, queue);
  });
  await Promise.race([ended, failed]);
  // labd ends it when a newer session took over, and also for reasons of its own: only an answer says which.
  const { pushUplink } = await connection.request(PushUplinkDocument, { input: { bastion, epoch, items: [] } });
  if (pushUplink.__typename === 'UplinkFenced') throw fenced(context, pushUplink.message);
  throw new Reopen('labd ended the subscription of orders');

  async function handle(order: Order): Promise<void> {
    const done = await handlers[order.kind](context, order, { reload, take }).catch((error: unknown): Done => {
      log.error({ err: error, order: order.id }, 'An order failed');
      return { outcome: 'FAILED', message: error instanceof Error ? error.message : 'It failed' };
    });
    if (done === undefined)
      return void log.info({ order: order.id, server: order.name }, 'An order is not wanted any more');
    if (order.kind === 'POWER') return context.unheard.add(order.id, done);
    await acknowledge(
      order,
      done,
      attempts.offered().find((attempt) => attempt.order === order.id),
    );
  }

  async function take({ id }: Order): Promise<boolean> {
    const input = { bastion, epoch, order: id, outcome: 'TAKEN' } as const;
    // Without an answer nobody knows whether it is wanted: labd tells, once it has waited, that it was lost.
    const said = await connection.request(AcknowledgeOrderDocument, { input }).catch(() => undefined);
    const answer = said?.acknowledgeOrder;
    return answer?.__typename === 'OrderAcknowledged' && answer.stillWanted === true;
  }

  /** Only once labd has the hash of its token may a machine be booted into the installer. */
  async function acknowledge(order: Partial<Order> & { id: string }, done: Done, attempt?: Attempt): Promise<void> {
    const input = { bastion, epoch, order: order.id, ...done };
    const { acknowledgeOrder: answer } = await connection.request(AcknowledgeOrderDocument, { input });
    if (answer.__typename === 'UplinkFenced') throw fenced(context, answer.message);
    const about = { order: order.id, kind: order.kind, server: order.name, outcome: done.outcome };
    const taken = answer.__typename === 'OrderAcknowledged';
    context.unheard.heard(order.id);
    if (attempt) await attempts.note(attempt, taken && answer.attemptOpen ? 'taken' : 'cancelled');
    if (taken) log.info(about, 'Order acknowledged');
    else log.error(about, `labd does not take the acknowledgement of an order: ${answer.message} ${answer.remedy}`);
  }
}

const begun = ({ hash }: Attempt): Done => ({ outcome: 'DONE', secretHash: hash });

/** Makes the token of the attempt; labd gets its hash. */
async function install(context: UplinkContext, order: Order): Promise<Done> {
  const { id, serverId, attempt: number, macs, os, role } = order;
  const [plan, secrets] = [order.plan as InstallPlan | null, order.secrets as Record<string, string> | null];
  if (!context.boots) return refuse('install');
  if (serverId === null || number === null) return { outcome: 'FAILED', message: 'The order names no attempt.' };
  const planned = { ...(plan && { plan }), ...(secrets && { secrets }) };
  const attempt = await context.attempts.offer({ order: id, server: serverId, number, macs, os, role, ...planned });
  decide(context, order);
  return begun(attempt);
}

async function cancel(context: UplinkContext, order: Order): Promise<Done> {
  const { serverId: server, attempt: number, macs } = order;
  const known = server !== null && number !== null && (await context.attempts.cancel({ server, number, macs }));
  if (!known && !context.boots) return refuse('cancel the installs of');
  decide(context, order);
  return { outcome: 'DONE' };
}

/** States of an attempt whose machine has its boot script. */
const BEGUN: ReadonlySet<AttemptState | undefined> = new Set(['booting', 'running', 'disarmed']);

/**
 * Powers the machine, if labd still wants that as the bastion is about to: an order that was long on its way, or that another
 * connection carried out, is none any more.
 */
async function power(context: UplinkContext, order: Order, { take }: Means): Promise<Done | undefined> {
  const { action, bmc, firmware } = order.power as Omit<PowerOrder, 'macs'>;
  const { macs } = order;
  if (!(await take(order))) return undefined;
  if (action === 'netboot') {
    if (context.waitsInRamdisk(macs))
      return {
        outcome: 'DONE',
        powerState: 'ON',
        message: 'It waits in the ramdisk, and goes on from there by itself.',
      };
    // It came from the network by itself meanwhile: to start it again would end its install.
    if (macs.some((mac) => BEGUN.has(context.attempts.openFor(mac)?.state)))
      return { outcome: 'DONE', powerState: 'ON', message: 'It has booted from the network already.' };
  }
  const done = await context.power({ action, bmc, firmware, macs }).then(
    ({ state, message }): Done => ({ outcome: 'DONE', powerState: state, ...(message !== undefined && { message }) }),
    (error: unknown): Done => {
      if (error instanceof PowerTrouble) return { outcome: 'FAILED', powerState: 'UNKNOWN', message: error.message };
      context.log.error({ err: error, order: order.id }, 'A machine could not be powered');
      return { outcome: 'FAILED', powerState: 'UNKNOWN', message: 'The bastion could not do it: its log says why.' };
    },
  );
  if (action === 'netboot')
    await context.noteNetboot(macs, done.outcome === 'DONE', done.message ?? undefined).catch((error: unknown) => {
      // What was done is done, also where the disk takes no line.
      context.log.warn(
        { err: error, order: order.id },
        'The log of an install does not say that its machine was powered',
      );
    });
  return done;
}

/** What the order means for the server is labd's to say. */
function decide({ machines, cache }: UplinkContext, { macs, status }: Order): void {
  if (status === null) return;
  machines.decide(macs, status);
  cache.touch();
}

/**
 * Drops the machine, and says so only when labd has taken every report of it from before: a late one would otherwise
 * come after the tombstone is gone, and bring the machine back.
 */
async function forget(context: UplinkContext, { macs }: Order): Promise<Done> {
  const { spool, cache, machines, attempts, waits: progress } = context;
  await attempts.forget(macs);
  let before = 0;
  await spool.append(() => {
    before = spool.newest;
    machines.forget(macs);
    return [];
  });
  await context.forget(macs);
  await cache.save();
  await progress.acknowledged(before);
  return { outcome: 'DONE' };
}
