// Takes bastions' acknowledgements of orders. Those that come while others are written are written together: a bastion
// that begins a thousand installs does not wait a thousand times for the head of the change log.
import { isDeepStrictEqual } from 'node:util';
import { DatabaseFault } from '../../../store/errors.ts';
import type { Database, Origin, Writer } from '../../../store/types.ts';
import type { PowerState } from '../../../../common/power/actions.ts';
import {
  type EndedPower,
  endPower,
  keepPower,
  neverSent,
  placePower,
  type Powering,
  POWERS_FROM,
  takePower,
  type WantedPower,
} from '../power/power.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { columnsOf } from '../../ledger/columns.ts';
import type { FleetSettings } from '../../ledger/settings.ts';
import { select, toArrays, unnest } from '../../ledger/sql.ts';
import { InvalidInput, NotFound, type Conflict } from '../../errors.ts';
import { failRefused } from '../installs/refusedOrder.ts';
import { takeSecrets, type GivenSecret } from '../installs/secret.ts';
import { counter, hash, limits, text } from '../contract/checks.ts';
import type { AcknowledgeOrderInput } from '../contract/input.ts';
import { fenced, unknownBastion, type OrderAcknowledged, type UplinkFenced } from '../contract/results.ts';
import { latestSessions } from './sessions.ts';

type Answer = OrderAcknowledged | UplinkFenced;
/** What one caller alone did wrong. */
type Problem = InvalidInput | Conflict | NotFound;

/** An acknowledgement, checked. */
interface Call {
  readonly origin: Origin;
  readonly bastion: string;
  readonly epoch: bigint;
  readonly order: string;
  readonly outcome: AcknowledgeOrderInput['outcome'];
  readonly message: string | null | undefined;
  readonly secretHash: string | null;
  readonly powerState: PowerState;
}

interface Waiting {
  readonly call: Call;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** What is acknowledged, as far as that needs it: a plan is long. */
interface OrderRow {
  readonly id: string;
  readonly bastionId: string;
  readonly kind: string;
  readonly attemptId: string | null;
  readonly serverId: string | null;
  readonly name: string | null;
  readonly macs: readonly string[] | null;
  /** Of one to install: how its machine is powered, so that nobody need do it by hand */
  readonly power: Powering | null;
  readonly acknowledgedAt: Date | null;
}

interface Acknowledged extends Pick<OrderRow, 'id' | 'kind' | 'acknowledgedAt'> {
  readonly outcome: string;
}

/**
 * What a bastion that failed gets again: else a machine that is gone is still there, or one that it holds is unknown to it. An
 * install that failed is people's to begin anew.
 */
const UNTIL_DONE: ReadonlySet<string> = new Set(['FORGET', 'RELOAD']);

/** Acknowledgements in one transaction. */
const AT_ONCE = 200;

/** Whose write it is as a whole: what follows from one acknowledgement is its bastion's. */
const GATHERED: Origin = { actor: 'labd', action: 'acknowledgeOrder', requestId: '', address: '' };

export class Acknowledgements {
  private readonly db: Database;
  private readonly settings: FleetSettings;
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;

  constructor(db: Database, settings: FleetSettings) {
    this.db = db;
    this.settings = settings;
  }

  /**
   * Takes a bastion's acknowledgement of an order, also repeatedly. One that UNTIL_DONE has stays open until it is done.
   * Throws InvalidInput, NotFound for an order that is not this bastion's, and Conflict for an install with another secret.
   */
  acknowledge(origin: Origin, input: AcknowledgeOrderInput): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const call = {
        origin,
        bastion: input.bastion,
        epoch: BigInt(counter(input.epoch, 'input.epoch')),
        order: input.order,
        outcome: input.outcome,
        message: text(input.message, limits.message),
        secretHash: hash(input.secretHash, 'input.secretHash'),
        powerState: input.powerState ?? 'UNKNOWN',
      };
      this.waiting.push({ call, resolve, reject });
      this.running ??= this.run().finally(() => (this.running = undefined));
    });
  }

  /** Waits until everything is answered. */
  async close(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) await this.write(this.waiting.splice(0, AT_ONCE));
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    try {
      const calls = batch.map(({ call }) => call);
      const { value } = await this.db.write(GATHERED, (tx) => acknowledgeAll(tx, calls, this.settings), {
        lockHead: true,
        ahead: true,
      });
      batch.forEach(({ resolve, reject }, i) => {
        const answer = value[i]!;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      });
    } catch (error) {
      // One may be what the write failed by; while the database is away, trying each alone would only wait again.
      if (batch.length > 1 && !(error instanceof DatabaseFault)) for (const one of batch) await this.write([one]);
      else for (const { reject } of batch) reject(error);
    }
  }
}

/** In six statements at most for any number, and more for each install that a bastion refused. */
async function acknowledgeAll(
  tx: Writer,
  calls: readonly Call[],
  settings: FleetSettings,
): Promise<(Answer | Problem)[]> {
  const { client } = tx;
  const sessions = await latestSessions(client, [...new Set(calls.map(({ bastion }) => bastion))]);
  const rows = await client.$queryRawUnsafe<OrderRow[]>(
    `SELECT id, bastion_id AS "bastionId", server_id AS "serverId", kind, payload->>'attemptId' AS "attemptId", payload->>'name' AS name,
            payload->'macs' AS macs, payload->'power' AS power, acknowledged_at AS "acknowledgedAt"
       FROM bastion_order WHERE id = ANY($1::uuid[])`,
    calls.map(({ order }) => order),
  );
  const found = new Map(rows.map((row) => [row.id, row]));
  const known = calls.map((call): { call: Call; order: OrderRow } | UplinkFenced | Problem => {
    const session = sessions.get(call.bastion);
    if (!session) return unknownBastion(Number(call.epoch));
    if (session.epoch !== call.epoch) return fenced(Number(session.epoch));
    const order = found.get(call.order);
    return order?.bastionId === call.bastion ? { call, order } : unknownOrder(call.order);
  });
  const begun = known.flatMap((one): GivenSecret[] =>
    'order' in one && begins(one.call, one.order) ? [{ ...one.order, secretHash: one.call.secretHash }] : [],
  );
  const taken = (await takeSecrets(client, begun)).values();
  const asked = known.flatMap((one) => ('order' in one && one.call.outcome === 'TAKEN' ? [one.order.id] : []));
  const wanted = await takePower(client, asked, settings);
  const acknowledged = new Map<string, Acknowledged>();
  const refused: { call: Call; attemptId: string }[] = [];
  const powered: EndedPower[] = [];
  const toPower: WantedPower[] = [];
  const answers = known.map((one): Answer | Problem => {
    if (!('order' in one)) return one;
    const { call, order } = one;
    if (call.outcome === 'TAKEN')
      return order.kind === 'POWER'
        ? // Of two that ask at once, one.
          { __typename: 'OrderAcknowledged', order: order.id, attemptOpen: null, stillWanted: wanted.delete(order.id) }
        : onlyPower();
    const attemptOpen = begins(call, order) ? taken.next().value! : null;
    if (attemptOpen instanceof Error) return attemptOpen;
    const before = acknowledged.get(order.id)?.acknowledgedAt ?? order.acknowledgedAt;
    if (!before) {
      const undone = UNTIL_DONE.has(order.kind) && call.outcome !== 'DONE';
      const acknowledgedAt = undone ? null : settings.now();
      acknowledged.set(order.id, { ...order, acknowledgedAt, outcome: call.outcome });
      if (order.kind === 'INSTALL' && call.outcome !== 'DONE' && order.attemptId !== null)
        refused.push({ call, attemptId: order.attemptId });
      if (order.kind === 'POWER') powered.push(endedBy(call, order));
      if (attemptOpen === true && order.power !== null) toPower.push(netboot(call, order, order.power));
    }
    return { __typename: 'OrderAcknowledged', order: order.id, attemptOpen, stillWanted: null };
  });
  await keep(tx, [...acknowledged.values()]);
  await endPower(tx, powered, settings);
  await powerAll(tx, toPower, settings);
  for (const { call, attemptId } of refused) await failRefused(tx, call.origin, attemptId, call.message, settings);
  return answers;
}

const endedBy = ({ origin, outcome, powerState, message }: Call, { id, serverId }: OrderRow): EndedPower => ({
  order: id,
  serverId,
  outcome: outcome === 'DONE' ? 'DONE' : 'FAILED',
  state: powerState,
  message: message ?? null,
  origin,
});

/** Its bastion waits for the machine now: it has to boot from the network. */
const netboot = ({ origin }: Call, order: OrderRow, powering: Powering): WantedPower => ({
  server: { id: order.serverId!, name: order.name ?? '' },
  bastionId: order.bastionId,
  macs: order.macs ?? [],
  action: 'netboot',
  powering,
  attemptId: order.attemptId!,
  origin,
});

async function powerAll(tx: Writer, wanted: readonly WantedPower[], settings: FleetSettings): Promise<void> {
  if (wanted.length === 0) return;
  const ledger = new Ledger(settings.now(), settings.ids);
  const ids = wanted.map(({ server }) => server.id);
  ledger.load('Server', await select(tx.client, 'Server', 't.id = ANY($1::uuid[])', ids));
  const protocols = await tx.client.bastion.findMany({
    where: { id: { in: wanted.map(({ bastionId }) => bastionId) } },
    select: { id: true, protocol: true },
  });
  const versions = new Map(protocols.map(({ id, protocol }) => [id, protocol ?? 0]));
  const place: WantedPower[] = [];
  for (const one of wanted) {
    const server = ledger.get('Server', one.server.id);
    if (server === undefined) continue;
    const why = unpowerable(versions.get(one.bastionId) ?? 0, isDeepStrictEqual(server.bmc, one.powering.bmc));
    if (why === undefined) {
      place.push(one);
      continue;
    }
    ledger.onBehalfOf(one.origin);
    keepPower(ledger, server.id, neverSent(ledger, settings, one.action, why));
    ledger.onBehalfOf(undefined);
  }
  await placePower(tx, ledger, place, settings);
  await ledger.flush(tx);
}

/** Why the machine of an install is not made to boot from the network; undefined when it is. */
function unpowerable(version: number, isAsBefore: boolean): string | undefined {
  if (!isAsBefore) return 'spec.bmc was changed since the install was asked for.';
  return version < POWERS_FROM
    ? `Its bastion speaks version ${version} of the uplink, which has no power: that came with version ${POWERS_FROM}.`
    : undefined;
}

const begins = ({ outcome }: Call, { kind }: OrderRow): boolean => kind === 'INSTALL' && outcome === 'DONE';

/** The attempt says what was planned, and the bastion has the plan now. */
async function keep({ client }: Writer, orders: readonly Acknowledged[]): Promise<void> {
  if (orders.length === 0) return;
  const columns = columnsOf('Order', 'id', 'acknowledgedAt', 'outcome');
  const {
    from,
    casts: [id, at, outcome],
  } = unnest(columns);
  await client.$executeRawUnsafe(
    `UPDATE bastion_order SET acknowledged_at = ${at}, outcome = ${outcome}, payload = CASE WHEN ${at} IS NULL THEN payload ELSE payload - 'plan' END
       FROM ${from} WHERE bastion_order.id = ${id}`,
    ...toArrays(
      columns,
      orders.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
    ),
  );
  const forgotten = orders.filter(({ kind, acknowledgedAt }) => kind === 'FORGET' && acknowledgedAt !== null);
  if (forgotten.length > 0)
    await client.tombstone.updateMany({
      where: { orderId: { in: forgotten.map((order) => order.id) }, acknowledgedAt: null },
      data: { acknowledgedAt: forgotten[0]!.acknowledgedAt },
    });
}

const onlyPower = (): InvalidInput =>
  new InvalidInput('input.outcome', 'Only an order to power is taken before it is done.', 'Say how it ended.');

const unknownOrder = (order: string): NotFound =>
  new NotFound(`There is no order ${order} for this bastion.`, 'Drop it, and go on with the orders that labd sends.');
