// Turns: a bastion runs so many installs at once, and the others wait in the order in which they were asked for. Whoever
// ends one gives its turn to the next in the same transaction, with the head of the change log locked; the sweep finds what is left.
import type { Prisma } from '../../../store/generated/client.ts';
import type { Database, Origin, Writer } from '../../../store/types.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { settingsFor, type FleetSettings } from '../../ledger/settings.ts';
import { select } from '../../ledger/sql.ts';
import { deadlines } from './attempts.ts';

type Client = Prisma.TransactionClient;

/** Turns that are given in one transaction. */
const AT_ONCE = 500;

/** Who gives turns: not whoever ended another install. */
const giver: Origin = { actor: 'labd', action: 'giveTurns', requestId: '', address: '' };

/** How many installs of a bastion have their turn: of its servers that are being provisioned, those that do not wait. */
const RUNNING = (bastion: string) => `(SELECT count(*) FROM server s JOIN install_attempt a ON a.server_id = s.id
      WHERE s.bastion_id = ${bastion} AND s.status = 'PROVISIONING' AND a.finished_at IS NULL AND NOT a.waiting)`;

/** Whether an install that is asked for now has to wait: as many run as may, or others wait already. */
export async function mustWait(client: Client, bastionId: string): Promise<boolean> {
  const [row] = await client.$queryRawUnsafe<{ full: boolean }[]>(
    `SELECT ${RUNNING('b.id')} >= b.max_installs
         OR EXISTS (SELECT 1 FROM install_attempt a JOIN server s ON s.id = a.server_id WHERE a.waiting AND s.bastion_id = b.id) AS "full"
       FROM bastion b WHERE b.id = $1::uuid`,
    bastionId,
  );
  return row?.full ?? false;
}

/** An attempt whose turn it is, and the bastion that holds its server now. */
interface Due {
  readonly id: string;
  readonly bastionId: string;
}

const findDue = (client: Client): Promise<Due[]> =>
  client.$queryRawUnsafe(
    `WITH queue AS (
       SELECT a.id, a.created_at, s.bastion_id, row_number() OVER (PARTITION BY s.bastion_id ORDER BY a.created_at, a.id) AS place
         FROM install_attempt a JOIN server s ON s.id = a.server_id
        WHERE a.waiting AND s.bastion_id IS NOT NULL),
     room AS (
       SELECT b.id, b.max_installs - ${RUNNING('b.id')} AS free
         FROM bastion b WHERE b.id IN (SELECT bastion_id FROM queue))
     SELECT q.id, q.bastion_id AS "bastionId" FROM queue q JOIN room r ON r.id = q.bastion_id
      WHERE q.place <= r.free ORDER BY q.created_at, q.id LIMIT ${AT_ONCE}`,
  );

/** The place of an attempt among those that wait at the same bastion. */
export interface Turn {
  readonly id: string;
  /** From 1 */
  readonly position: number;
  /** How many wait there */
  readonly waiting: number;
}

/** The places of some attempts that wait. */
export const turnsOf = (client: Client, ids: readonly string[]): Promise<Turn[]> =>
  client.$queryRawUnsafe(
    `SELECT * FROM (
       SELECT a.id, (row_number() OVER (PARTITION BY s.bastion_id ORDER BY a.created_at, a.id))::int4 AS position,
              (count(*) OVER (PARTITION BY s.bastion_id))::int4 AS waiting
         FROM install_attempt a JOIN server s ON s.id = a.server_id WHERE a.waiting) q
      WHERE id = ANY($1::uuid[])`,
    ids,
  );

/** Begins the installs that wait and for which there is room; returns how many. The caller has locked the head. */
export async function giveTurns(tx: Writer, settings: FleetSettings): Promise<number> {
  const due = await findDue(tx.client);
  if (due.length === 0) return 0;
  const ids = due.map(({ id }) => id);
  const ledger = new Ledger(settings.now(), settings.ids);
  ledger.onBehalfOf(giver);
  const servers = 't.id IN (SELECT server_id FROM install_attempt WHERE id = ANY($1::uuid[]))';
  ledger.load('Server', await select(tx.client, 'Server', servers, ids));
  ledger.load('InstallAttempt', await select(tx.client, 'InstallAttempt', 't.id = ANY($1::uuid[])', ids));
  for (const id of ids) ledger.update('InstallAttempt', id, { waiting: false, ...deadlines(ledger.now, settings) });
  await ledger.flush(tx);
  // Its holder may be another one than when it was asked for.
  for (const bastionId of new Set(due.map((one) => one.bastionId)))
    await tx.client.order.updateMany({
      where: { id: { in: due.filter((one) => one.bastionId === bastionId).map(({ id }) => id) } },
      data: { bastionId, waiting: false, createdAt: ledger.now },
    });
  return due.length;
}

/** Begins what waits although there is room: a limit was raised, or a server went to another bastion. */
export async function sweepTurns(db: Database, settings: FleetSettings = settingsFor(db)): Promise<void> {
  if ((await db.read(findDue)).length === 0) return;
  await db.write(giver, (tx) => giveTurns(tx, settings), { lockHead: true });
}

/** Takes back the orders of attempts that end while they wait: no bastion has heard of them. */
export async function dropWaiting(
  { client }: Writer,
  attempts: readonly { id: string; waiting: boolean }[],
): Promise<void> {
  const ids = attempts.filter(({ waiting }) => waiting).map(({ id }) => id);
  if (ids.length > 0) await client.order.deleteMany({ where: { id: { in: ids }, waiting: true } });
}
