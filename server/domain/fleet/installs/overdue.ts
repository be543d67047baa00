// Finds and fails overdue installs. While the bastion is offline nobody knows how far a machine is, so the deadlines are
// paused, and moved by the length of the pause when the bastion is back.
import type { InstallAttempt, Prisma } from '../../../store/generated/client.ts';
import type { Database, Writer } from '../../../store/types.ts';
import { endAttempt } from './attempts.ts';
import { isErrand } from './errands.ts';
import { placeOrder } from './orders.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { giveTurns } from './turns.ts';
import { lastLines } from './installerOutput.ts';
import { settingsFor, type FleetSettings } from '../../ledger/settings.ts';
import { select } from '../../ledger/sql.ts';
import { assertTransition } from '../../../../common/install/transitions.ts';

type Client = Prisma.TransactionClient;

/** Attempts that are dealt with in one transaction; the rest follow at the next look. */
const AT_ONCE = 100;

type Turn = 'pause' | 'resume' | 'fail' | 'bound';

/** Milliseconds by which a deadline may be later than possible: several labds have several clocks. */
const SLACK = 60_000;

/** An attempt that a look has found to be paused, resumed, failed, or given deadlines that are possible. */
interface Due {
  readonly id: string;
  readonly turn: Turn;
  /** When its bastion was last heard of */
  readonly seen: Date | null;
  /** When the machine itself was last seen on the network */
  readonly sighted: Date | null;
}

/** Selects only attempts that need something done. Without a bastion deadlines are not paused: none will come back. */
const findDue = (client: Client, now: Date, { phaseTime, installTime }: FleetSettings): Promise<Due[]> =>
  client.$queryRawUnsafe(
    `SELECT * FROM (
       SELECT a.id, a.phase_deadline, l.seen,
              (SELECT max(last_seen_at) FROM sighting WHERE server_id = s.id) AS sighted,
              CASE WHEN a.paused_at IS NULL AND s.bastion_id IS NOT NULL AND NOT COALESCE(c.status, false) THEN 'pause'
                   WHEN a.paused_at IS NOT NULL AND (s.bastion_id IS NULL OR c.status) THEN 'resume'
                   WHEN a.paused_at IS NULL AND a.phase_deadline < $1::timestamptz THEN 'fail'
                   WHEN a.paused_at IS NULL AND (a.phase_deadline > $2::timestamptz OR a.hard_deadline > $3::timestamptz) THEN 'bound' END AS turn
         FROM install_attempt a
         JOIN server s ON s.id = a.server_id
         LEFT JOIN condition c ON c.subject_kind = 'Bastion' AND c.subject_id = s.bastion_id AND c.type = 'BastionOnline'
         LEFT JOIN (SELECT bastion_id, max(last_seen_at) AS seen FROM bastion_session GROUP BY bastion_id) l
                ON l.bastion_id = s.bastion_id
        WHERE a.finished_at IS NULL AND a.phase_deadline IS NOT NULL) d
      WHERE turn IS NOT NULL ORDER BY phase_deadline, id LIMIT ${AT_ONCE}`,
    ...[0, phaseTime + SLACK, installTime + SLACK].map((later) => new Date(now.getTime() + later).toISOString()),
  );

interface Work {
  readonly tx: Writer;
  readonly ledger: Ledger;
  readonly settings: FleetSettings;
}

const turns: Readonly<Record<Turn, (work: Work, attempt: InstallAttempt, due: Due) => void | Promise<void>>> = {
  pause,
  resume: ({ ledger, settings }, { id, pausedAt, phaseDeadline, hardDeadline }) => {
    const missed = ledger.now.getTime() - pausedAt!.getTime();
    // The callbacks that the bastion spooled while it was offline must arrive before an attempt counts as overdue.
    const soonest = ledger.now.getTime() + settings.silence;
    const later = (deadline: Date | null) => deadline && new Date(Math.max(deadline.getTime() + missed, soonest));
    ledger.update('InstallAttempt', id, {
      pausedAt: null,
      ...possible(later(phaseDeadline), later(hardDeadline), ledger, settings),
    });
  },
  fail,
  // A clock that was ahead has set them.
  bound: ({ ledger, settings }, { id, phaseDeadline, hardDeadline }) => {
    ledger.update('InstallAttempt', id, possible(phaseDeadline, hardDeadline, ledger, settings));
  },
};

/** Deadlines that are no later than those of an attempt that begins now, or gets a callback. */
function possible(phaseDeadline: Date | null, hardDeadline: Date | null, { now }: Ledger, settings: FleetSettings) {
  const atMost = (deadline: Date | null, time: number) =>
    deadline && new Date(Math.min(deadline.getTime(), now.getTime() + Math.max(time, settings.silence)));
  return {
    phaseDeadline: atMost(phaseDeadline, settings.phaseTime),
    hardDeadline: atMost(hardDeadline, settings.installTime),
  };
}

/**
 * Fails installs that are overdue, stops the clock of those whose bastion is away, and starts it again when that is
 * back; to be called every few seconds. Returns how many it failed.
 */
export async function sweepInstalls(db: Database, settings: FleetSettings = settingsFor(db)): Promise<number> {
  if ((await db.read((client) => findDue(client, settings.now(), settings))).length === 0) return 0;
  const work = async (tx: Writer) => {
    const ledger = new Ledger(settings.now(), settings.ids);
    const due = await findDue(tx.client, ledger.now, settings);
    await load(
      tx.client,
      ledger,
      due.map(({ id }) => id),
    );
    for (const one of due) await turns[one.turn]({ tx, ledger, settings }, ledger.get('InstallAttempt', one.id)!, one);
    await ledger.flush(tx);
    const failed = due.filter(({ turn }) => turn === 'fail').length;
    if (failed > 0) await giveTurns(tx, settings);
    return failed;
  };
  return (await db.write({ actor: 'labd', action: 'sweep', requestId: '', address: '' }, work, { lockHead: true }))
    .value;
}

/**
 * Pauses the deadlines of a bastion's installs, or of all, as of a moment, such as when it was last seen; the sweep
 * resumes them.
 */
export async function pauseDeadlines(
  client: Client,
  ledger: Ledger,
  bastionId: string | undefined,
  seen: Date,
): Promise<void> {
  const of = bastionId === undefined ? {} : { server: { bastionId } };
  const running = { finishedAt: null, phaseDeadline: { not: null }, pausedAt: null, ...of };
  const open = await client.installAttempt.findMany({ where: running, select: { id: true } });
  const ids = open.map(({ id }) => id);
  for (const attempt of await load(client, ledger, ids)) pause({ ledger }, attempt, { seen });
}

async function load(client: Client, ledger: Ledger, ids: readonly string[]): Promise<readonly InstallAttempt[]> {
  const servers = 't.id IN (SELECT server_id FROM install_attempt WHERE id = ANY($1::uuid[]))';
  ledger.load('Server', await select(client, 'Server', servers, ids));
  return ledger.load('InstallAttempt', await select(client, 'InstallAttempt', 't.id = ANY($1::uuid[])', ids));
}

function pause({ ledger }: Pick<Work, 'ledger'>, { id, createdAt }: InstallAttempt, { seen }: Pick<Due, 'seen'>): void {
  ledger.update('InstallAttempt', id, { pausedAt: seen && seen > createdAt ? seen : createdAt });
}

async function fail({ tx, ledger, settings }: Work, attempt: InstallAttempt, due: Due): Promise<void> {
  const server = ledger.get('Server', attempt.serverId!)!;
  const stage = await tx.client.installStage.findFirst({
    where: { attemptId: attempt.id },
    orderBy: { position: 'desc' },
    select: { name: true },
  });
  await endAttempt(tx, ledger, attempt, {
    outcome: 'FAILED',
    failureStage: stage?.name ?? attempt.phase.toLowerCase(),
    failureReason: reasonOf(attempt, server.bastionId !== null, due, settings),
    failureLines: (await lastLines(tx.client, [attempt.id])).map(({ line }) => line),
  });
  if (!isErrand(attempt))
    ledger.update('Server', server.id, { status: assertTransition(server, 'fail'), statusSince: ledger.now });
  // So that the bastion stops booting the installer.
  if (server.bastionId !== null)
    await placeOrder(tx, 'CANCEL', { server, bastionId: server.bastionId, attempt, settings });
}

/** The reason why an attempt is overdue, and what to do. */
function reasonOf(
  { phase, createdAt, hardDeadline, secretHash }: InstallAttempt,
  held: boolean,
  { sighted }: Due,
  { now, phaseTime, installTime }: FleetSettings,
): string {
  if (hardDeadline && hardDeadline <= now()) return `It was not over ${minutes(installTime)} after it began.`;
  if (!held) return 'No bastion holds the server any more, so that nothing was heard of it.';
  const silent = minutes(phaseTime);
  if (secretHash === null) return `The bastion that holds the server did not begin the install within ${silent}.`;
  if (phase === 'QUEUED' && !(sighted && sighted >= createdAt))
    return `The machine was never seen by DHCP in ${silent}: power it on, and have it boot from the network.`;
  if (phase === 'QUEUED' || phase === 'BOOTING')
    return `The machine booted, but its installer said nothing for ${silent}.`;
  return `The installer was silent for ${silent} after phase ${phase.toLowerCase().replaceAll('_', '-')}.`;
}

const minutes = (milliseconds: number): string => `${Math.round(milliseconds / 60_000)} minutes`;
