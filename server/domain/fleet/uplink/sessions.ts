// Reads and writes the rows of bastions' sessions: the epoch, and the last sequence that labd acknowledged.
import type { Prisma } from '../../../store/generated/client.ts';
import { columnsOf } from '../../ledger/columns.ts';
import { toArrays, unnest } from '../../ledger/sql.ts';

type Client = Prisma.TransactionClient;

/** The latest session of a bastion. */
export interface Session {
  id: string;
  bastionId: string;
  epoch: bigint;
  instance: string;
  acknowledged: bigint;
  /** The bastion's running hash up to `acknowledged`; null when it never gave one */
  hash: string | null;
  /** The last sequence that the bastion said it has given out */
  newest: bigint;
  enrolment: string | null;
  /** The revision at which it first opened the uplink with that enrolment, and the last sequence that may be from before, as far as is known */
  joinedRevision: bigint;
  handOver: bigint;
  snapshotWanted: boolean;
  closedAt: Date | null;
  lastSeenAt: Date;
}

/** The latest sessions of some bastions. */
export async function latestSessions(client: Client, bastions: readonly string[]): Promise<Map<string, Session>> {
  const rows = await client.$queryRawUnsafe<Session[]>(
    `SELECT s.id, s.bastion_id AS "bastionId", s.epoch, s.instance, s.acknowledged, s.hash, s.newest, s.enrolment, s.joined_revision AS "joinedRevision", s.hand_over AS "handOver", s.snapshot_wanted AS "snapshotWanted", s.closed_at AS "closedAt",
            s.last_seen_at AS "lastSeenAt"
       FROM bastion_session s
       JOIN (SELECT bastion_id, max(epoch) AS epoch FROM bastion_session WHERE bastion_id = ANY($1::uuid[]) GROUP BY bastion_id) l
         ON l.bastion_id = s.bastion_id AND l.epoch = s.epoch`,
    bastions,
  );
  return new Map(rows.map((row) => [row.bastionId, row]));
}

/** Writes what a batch changed of sessions, all of which were heard of now. */
export async function saveSessions(client: Client, sessions: readonly Session[], now: Date): Promise<void> {
  if (sessions.length === 0) return;
  const columns = columnsOf(
    ...(['BastionSession', 'id', 'acknowledged', 'hash', 'newest', 'handOver'] as const),
    ...(['snapshotWanted', 'lastSeenAt'] as const),
  );
  const {
    from,
    casts: [id, acknowledged, hash, newest, handOver, wanted, seen],
  } = unnest(columns);
  const rows = sessions.map((session) => ({ ...session, lastSeenAt: now })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await client.$executeRawUnsafe(
    `UPDATE bastion_session SET acknowledged = ${acknowledged}, hash = ${hash}, newest = ${newest}, hand_over = ${handOver}, snapshot_wanted = ${wanted}, last_seen_at = ${seen}, closed_at = NULL
       FROM ${from} WHERE bastion_session.id = ${id}`,
    ...toArrays(columns, rows),
  );
}
