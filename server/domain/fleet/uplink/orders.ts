// Delivers orders to bastions: each is sent on the bastion's latest session until the bastion acknowledges it.
import type { InstallPlan } from '../../../../common/install/plan.ts';
import type { PowerAction } from '../../../../common/power/actions.ts';
import type { Bmc } from '../../../../common/power/bmc.ts';
import type { Prisma } from '../../../store/generated/client.ts';
import type { Database } from '../../../store/types.ts';
import { goodAt, type Powering, POWERS_FROM } from '../power/power.ts';
import { latestSessions } from './sessions.ts';
import type { Reveal } from '../installs/reveal.ts';
import { INSTALLS_FROM } from '../installs/secret.ts';

type Client = Prisma.TransactionClient;

/** An order as a bastion gets it; ids are bare uuids. */
export interface OutgoingOrder {
  id: string;
  bastionId: string;
  kind: 'INSTALL' | 'CANCEL' | 'FORGET' | 'RELOAD' | 'POWER';
  serverId: string | null;
  /** What labd says of the server now; null when it is gone */
  status: string | null;
  name: string;
  macs: string[];
  /** What is to be installed; only of orders about an install */
  attempt: number | null;
  os: string | null;
  role: string | null;
  /** How it is to be installed; only of orders to install */
  plan: InstallPlan | null;
  /** What the Secrets that the plan names keep, by their names: read as it is sent, and kept in no row */
  secrets: Readonly<Record<string, string>> | null;
  /** What is to be done with its power, and how; only of orders about that. The password is as `secrets` are */
  power: { action: PowerAction; bmc: Bmc; firmware: string | null } | null;
  createdAt: Date;
}

/** The first version of the uplink whose bastions load anew what they hold; earlier ones do so when they connect. */
const RELOADS_FROM = 4;

/** Orders of each bastion that are looked at; the rest follow as these are acknowledged. */
const AT_ONCE = 1_000;
/** Of these, how many are sent before some are acknowledged: each to install has a plan with all its templates. */
const ON_THE_WAY = 50;

/** The content of an order, besides its server. */
type Payload = Pick<OutgoingOrder, 'name' | 'macs' | 'attempt' | 'os' | 'role' | 'plan'>;

interface OrderRow extends Omit<OutgoingOrder, keyof Payload | 'secrets' | 'power'> {
  payload: Partial<Payload> & {
    secretIds?: Readonly<Record<string, string>>;
    power?: Powering & { action: PowerAction };
  };
  firmware: string | null;
}

/** An order that a bastion has not acknowledged; without what it says, since most were sent already. */
type PendingOrder = Pick<OutgoingOrder, 'id' | 'bastionId'>;

/** Those of some bastions, the oldest first: what the version of the uplink that each speaks has. */
export function pendingOrders(client: Client, bastions: readonly string[], now: number): Promise<PendingOrder[]> {
  const { since, until } = goodAt(now);
  return client.$queryRawUnsafe<PendingOrder[]>(
    `SELECT o.id, o.bastion_id AS "bastionId"
       FROM bastion b
      CROSS JOIN LATERAL (SELECT id, bastion_id, created_at FROM bastion_order
                           WHERE bastion_id = b.id AND acknowledged_at IS NULL AND NOT waiting
                             AND (kind <> 'INSTALL' OR b.protocol IS NULL OR b.protocol >= ${INSTALLS_FROM})
                             AND (kind <> 'RELOAD' OR b.protocol >= ${RELOADS_FROM})
                             AND (kind <> 'POWER' OR (b.protocol >= ${POWERS_FROM} AND taken_at IS NULL
                                                      AND created_at BETWEEN $2::timestamptz AND $3::timestamptz
                                                      AND EXISTS (SELECT 1 FROM server s WHERE s.id = bastion_order.server_id AND s.bastion_id = b.id)))
                           ORDER BY created_at, id LIMIT ${AT_ONCE}) o
      WHERE b.id = ANY($1::uuid[])
      ORDER BY o.created_at, o.id`,
    bastions,
    since.toISOString(),
    until.toISOString(),
  );
}

/** What these orders say, the oldest first. */
export async function outgoingOrders(client: Client, ids: readonly string[], reveal: Reveal): Promise<OutgoingOrder[]> {
  const rows = await client.$queryRawUnsafe<OrderRow[]>(
    `SELECT o.id, o.bastion_id AS "bastionId", o.kind, o.server_id AS "serverId", o.payload, o.created_at AS "createdAt", s.status, s.firmware
       FROM bastion_order o
       LEFT JOIN server s ON s.id = o.server_id
      WHERE o.id = ANY($1::uuid[])
      ORDER BY o.created_at, o.id`,
    ids,
  );
  const named = rows.flatMap(({ kind, payload: { secretIds = {}, power } }) => [
    ...Object.values(secretIds),
    ...(kind === 'POWER' && power?.secretId ? [power.secretId] : []),
  ]);
  const values = named.length === 0 ? {} : await reveal(client, named);
  return rows.map(({ payload, firmware, ...order }) => {
    const { name = '', macs = [], attempt = null, os = null, role = null, plan = null, secretIds = {} } = payload;
    const there = Object.entries(secretIds).filter(([, id]) => Object.hasOwn(values, id));
    const secrets = plan && Object.fromEntries(there.map(([one, id]) => [one, values[id]!]));
    const power = order.kind === 'POWER' ? { ...withPassword(payload.power!, values), firmware } : null;
    return { ...order, name, macs, attempt, os, role, plan, secrets, power };
  });
}

/** Without one when the Secret is gone meanwhile, or cannot be read. */
function withPassword(
  { action, bmc, secretId }: Powering & { action: PowerAction },
  values: Readonly<Record<string, string>>,
): Omit<NonNullable<OutgoingOrder['power']>, 'firmware'> {
  const { password: _name, ...rest } = bmc;
  const password = secretId === null ? undefined : values[secretId];
  return { action, bmc: password === undefined ? rest : { ...rest, password } };
}

/** One subscription of one session. */
interface Follower {
  bastionId: string;
  epoch: bigint;
  /** When each was sent, milliseconds */
  sent: Map<string, number>;
  queue: OutgoingOrder[];
  ended: boolean;
  wake(): void;
}

/** Milliseconds between polls, which find orders of which no hint told; at least between two; and until sent again. */
const times = { poll: 1_000, atMost: 100, again: 30_000 };

/** Follows the orders of all bastions that are connected to this labd, with one poll for all of them. */
export class Orders {
  private readonly db: Database;
  private readonly followers = new Set<Follower>();
  private readonly stopListening: () => void;
  private readonly pollEvery: number;
  private timer: NodeJS.Timeout | undefined;
  private due = 0;
  private polling = false;
  private hinted = false;

  private readonly reveal: Reveal;

  /** `pollEvery` milliseconds at most pass between two looks for what no hint told of. */
  constructor(db: Database, pollEvery = times.poll, reveal: Reveal = () => Promise.resolve({})) {
    this.db = db;
    this.reveal = reveal;
    this.pollEvery = pollEvery;
    this.stopListening = db.onNews(() => this.hint());
  }

  /** All orders of a bastion that are unacknowledged, then new ones. Ends when the session is fenced, or aborted. */
  async *follow(bastionId: string, epoch: number, signal?: AbortSignal): AsyncGenerator<OutgoingOrder, void> {
    let wake = () => {};
    const follower: Follower = {
      bastionId,
      epoch: BigInt(epoch),
      sent: new Map(),
      queue: [],
      ended: signal?.aborted ?? false,
      wake: () => wake(),
    };
    const abort = () => this.end(follower);
    signal?.addEventListener('abort', abort);
    this.followers.add(follower);
    this.hint();
    try {
      while (!follower.ended) {
        const order = follower.queue.shift();
        if (order) yield order;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.followers.delete(follower);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Sends a bastion's orders again: it just reported a machine that it was told to forget. */
  remind(bastionId: string): void {
    for (const follower of this.followers) if (follower.bastionId === bastionId) follower.sent.clear();
    this.hint();
  }

  /** Ends all subscriptions. */
  close(): void {
    this.stopListening();
    clearTimeout(this.timer);
    for (const follower of this.followers) this.end(follower);
  }

  private end(follower: Follower): void {
    follower.ended = true;
    this.followers.delete(follower);
    follower.wake();
  }

  /** Polls soon. */
  private hint(): void {
    this.hinted = true;
    this.plan(Math.max(0, this.due + times.atMost - this.db.system.elapsed()));
  }

  private plan(pause: number): void {
    if (this.polling || this.followers.size === 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.poll(), pause);
  }

  private async poll(): Promise<void> {
    this.polling = true;
    this.hinted = false;
    this.due = this.db.system.elapsed();
    try {
      await this.deliver();
    } catch (error) {
      this.db.logger.warn({ reason: (error as Error).message }, 'Orders cannot be read now');
    } finally {
      this.polling = false;
      this.plan(this.hinted ? times.atMost : this.pollEvery);
    }
  }

  private async deliver(): Promise<void> {
    const followers = [...this.followers];
    const ids = [...new Set(followers.map(({ bastionId }) => bastionId))];
    const sessions = await latestSessions(this.db.prisma, ids);
    const pending = await pendingOrders(this.db.prisma, ids, this.db.system.now());
    const at = this.db.system.elapsed();
    const due = new Map<Follower, ReadonlySet<string>>();
    for (const follower of followers) {
      if (sessions.get(follower.bastionId)?.epoch !== follower.epoch) this.end(follower);
      else due.set(follower, dueTo(follower, pending, at));
    }
    const wanted = [...new Set([...due.values()].flatMap((one) => [...one]))];
    if (wanted.length === 0) return;
    const orders = await outgoingOrders(this.db.prisma, wanted, this.reveal);
    for (const [follower, mine] of due) {
      for (const order of orders.filter(({ id }) => mine.has(id))) {
        follower.sent.set(order.id, at);
        follower.queue.push(order);
      }
      follower.wake();
    }
  }
}

/** The ids of those that are to be sent to a follower now; it forgets what was acknowledged. */
function dueTo(
  { bastionId, sent, queue }: Follower,
  pending: readonly PendingOrder[],
  at: number,
): ReadonlySet<string> {
  const ids = new Set(pending.filter((order) => order.bastionId === bastionId).map(({ id }) => id));
  for (const id of sent.keys()) if (!ids.has(id)) sent.delete(id);
  const queued = new Set(queue.map(({ id }) => id));
  const isOnTheWay = (id: string) => queued.has(id) || at - (sent.get(id) ?? -Infinity) < times.again;
  const waiting = [...ids].filter((id) => !isOnTheWay(id));
  return new Set(waiting.slice(0, Math.max(0, ON_THE_WAY - (ids.size - waiting.length))));
}
