// Orders to power machines on and off. Such an order is good for a minute, and is carried out once: a bastion takes it before it
// touches the machine, and labd says then whether it is still wanted. How it ended is kept with the server.
import type { Bmc } from '../../../../common/power/bmc.ts';
import type { PowerAction, PowerState } from '../../../../common/power/actions.ts';
import type { Prisma, Server } from '../../../store/generated/client.ts';
import type { Origin, Writer } from '../../../store/types.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { FleetSettings } from '../../ledger/settings.ts';
import { select } from '../../ledger/sql.ts';

/** The first version of the uplink that has orders to power. */
export const POWERS_FROM = 5;

/** Milliseconds for which an order is good: one to switch off that comes hours later would be a disaster. */
const GOOD_FOR = 60_000;
/** Milliseconds after which nobody waits any more for the bastion that took one. */
const ENDS_WITHIN = 180_000;

/** What is known of the last time that a server was to be powered, as its row has it. */
export interface LastPower {
  /** The order's id */
  readonly order: string;
  readonly action: Uppercase<PowerAction>;
  /** When it was ordered */
  readonly at: string;
  readonly outcome: 'WAITING' | 'DONE' | 'FAILED' | 'EXPIRED';
  readonly state: PowerState;
  /** Since when it is known to be in that state; null while that is unknown */
  readonly since: string | null;
  readonly message: string | null;
}

/** How a server is powered: in place of the password the Secret that keeps it. */
export interface Powering {
  readonly bmc: Bmc;
  readonly secretId: string | null;
}

export interface WantedPower {
  readonly server: Pick<Server, 'id' | 'name'>;
  readonly bastionId: string;
  readonly macs: readonly string[];
  readonly action: PowerAction;
  readonly powering: Powering;
  /** The attempt that it is for: once that is over, it is wanted no more */
  readonly attemptId?: string;
  /** Who wants it, if that is not whoever the transaction is of */
  readonly origin?: Origin;
}

/** From when to when an order was made that is good now: clocks of several labds, and one that was set back, are bounded. */
export const goodAt = (now: number): { readonly since: Date; readonly until: Date } => ({
  since: new Date(now - GOOD_FOR),
  until: new Date(now + GOOD_FOR),
});

export const lastPower = ({ power }: Pick<Server, 'power'>): LastPower | undefined => {
  const last = power as Partial<LastPower> | undefined;
  return last?.order === undefined ? undefined : (last as LastPower);
};

/** Whether nobody knows yet how the last one ends, and somebody may still say it. */
export const isUnderWay = ({ outcome, at }: LastPower, now: number): boolean =>
  outcome === 'WAITING' && Math.abs(now - Date.parse(at)) < GOOD_FOR + ENDS_WITHIN;

export const keepPower = (ledger: Ledger, id: string, power: LastPower): boolean =>
  ledger.update('Server', id, { power: power as unknown as Prisma.JsonObject });

/** Of one that ends as it is made: it never reaches the bastion. */
export const neverSent = (
  ledger: Ledger,
  settings: FleetSettings,
  action: PowerAction,
  message: string,
): LastPower => ({ ...begun(settings.ids(), action, ledger.now, undefined), outcome: 'FAILED', message });

const begun = (order: string, action: PowerAction, at: Date, before: LastPower | undefined): LastPower => ({
  order,
  action: action.toUpperCase() as Uppercase<PowerAction>,
  at: at.toISOString(),
  outcome: 'WAITING',
  state: before?.state ?? 'UNKNOWN',
  since: before?.since ?? null,
  message: null,
});

/** Places orders for servers that the ledger has; the password is in no row. */
export async function placePower(
  { client }: Writer,
  ledger: Ledger,
  wanted: readonly WantedPower[],
  settings: FleetSettings,
): Promise<void> {
  const orders = wanted.map(({ server, bastionId, macs, action, powering, attemptId, origin }) => {
    const id = settings.ids();
    ledger.onBehalfOf(origin);
    keepPower(ledger, server.id, begun(id, action, ledger.now, lastPower(ledger.get('Server', server.id)!)));
    const payload = {
      name: server.name,
      macs,
      power: { action, ...powering },
      ...(attemptId && { attemptId }),
    } as object;
    return { id, bastionId, serverId: server.id, kind: 'POWER', payload, createdAt: ledger.now };
  });
  ledger.onBehalfOf(undefined);
  const serverId = { in: wanted.map(({ server }) => server.id) };
  // The server keeps how the last one ended.
  await client.order.deleteMany({ where: { serverId, kind: 'POWER', acknowledgedAt: { not: null } } });
  await client.order.createMany({ data: orders });
}

/**
 * The ids of those of these orders that their bastion is to carry out: each is taken once, by whoever comes first, while the
 * bastion holds the server, and the attempt that it is for goes on.
 */
export async function takePower(
  client: Prisma.TransactionClient,
  ids: readonly string[],
  { now }: FleetSettings,
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const at = now();
  const { since, until } = goodAt(at.getTime());
  const taken = await client.$queryRawUnsafe<{ id: string }[]>(
    `UPDATE bastion_order SET taken_at = $2::timestamptz
      WHERE id = ANY($1::uuid[]) AND kind = 'POWER' AND taken_at IS NULL AND acknowledged_at IS NULL
        AND created_at BETWEEN $3::timestamptz AND $4::timestamptz
        AND EXISTS (SELECT 1 FROM server s WHERE s.id = bastion_order.server_id AND s.bastion_id = bastion_order.bastion_id)
        AND (payload->>'attemptId' IS NULL
             OR EXISTS (SELECT 1 FROM install_attempt a WHERE a.id = (payload->>'attemptId')::uuid AND a.finished_at IS NULL))
     RETURNING id`,
    ids,
    ...[at, since, until].map((one) => one.toISOString()),
  );
  return new Set(taken.map(({ id }) => id));
}

/** How an order ended. */
export interface EndedPower extends Pick<LastPower, 'order' | 'outcome' | 'message'> {
  readonly serverId: string | null;
  readonly state: PowerState;
  readonly origin?: Origin;
}

/** Keeps with each server how the order about it ended, unless a later one was made meanwhile. */
export async function endPower(tx: Writer, ended: readonly EndedPower[], settings: FleetSettings): Promise<void> {
  const ids = ended.flatMap(({ serverId }) => serverId ?? []);
  if (ids.length === 0) return;
  const ledger = new Ledger(settings.now(), settings.ids);
  ledger.load('Server', await select(tx.client, 'Server', 't.id = ANY($1::uuid[])', ids));
  for (const { serverId, order, outcome, state, message, origin } of ended) {
    const server = serverId === null ? undefined : ledger.get('Server', serverId);
    const last = server && lastPower(server);
    if (!server || last?.order !== order) continue;
    ledger.onBehalfOf(origin);
    const stays = last.state === state && last.since !== null;
    const since = state === 'UNKNOWN' ? null : stays ? last.since : ledger.now.toISOString();
    keepPower(ledger, server.id, { ...last, outcome, state, since, message });
  }
  await ledger.flush(tx);
}

/** Before and after when those were made, and taken, of which nobody will hear any more; after now by a clock that was set back. */
export const overdueAt = (now: number) => ({
  made: [new Date(now - GOOD_FOR), new Date(now + GOOD_FOR)],
  taken: [new Date(now - ENDS_WITHIN), new Date(now + ENDS_WITHIN)],
});

export const seconds = { good: GOOD_FOR / 1000, ends: ENDS_WITHIN / 1000 } as const;
