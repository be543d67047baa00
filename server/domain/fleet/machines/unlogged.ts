// Writes what a batch changes outside the change log: sightings, stages, lines of output, and counts of an attempt.
import type { Writer } from '../../../store/types.ts';
import { columnsOf, type Column } from '../../ledger/columns.ts';
import { retryIfLost, toArrays, unnest } from '../../ledger/sql.ts';
import type { BatchState } from './batchState.ts';

const SIGHTING = columnsOf('Sighting', 'serverId', 'bastionId', 'source', 'lastSeenAt');
const STAGE = columnsOf('InstallStage');
const LINE = columnsOf('LogLine');
const RENUMBERED = columnsOf('RenumberedLine');
const COUNTS = columnsOf('InstallAttempt', 'id', 'logTotal', 'logDropped', 'lastSequence');

const namesOf = (columns: readonly Column[]) => columns.map(({ name }) => name).join(', ');

/** At most five statements, after the ledger's. Readers of output hear of it: lines are no changes. */
export async function writeUnlogged({ client, announce }: Writer, batch: BatchState): Promise<void> {
  const run = (columns: readonly Column[], rows: readonly object[], sql: (u: ReturnType<typeof unnest>) => string) =>
    rows.length === 0
      ? undefined
      : retryIfLost(client.$executeRawUnsafe(sql(unnest(columns)), ...toArrays(columns, rows)));
  const by = <T>(rows: Iterable<T>, key: (row: T) => string) =>
    [...rows].toSorted((a, b) => (key(a) < key(b) ? -1 : 1));

  const sightings = by(batch.sightings.values(), ({ serverId, bastionId }) => `${serverId} ${bastionId}`);
  await run(
    SIGHTING,
    sightings,
    ({ from, casts: [server, bastion, source, at] }) =>
      `INSERT INTO sighting (server_id, bastion_id, source, first_seen_at, last_seen_at)
     SELECT ${server}, ${bastion}, ${source}, ${at}, ${at} FROM ${from}
     ON CONFLICT (server_id, bastion_id) DO UPDATE SET source = excluded.source, last_seen_at = excluded.last_seen_at`,
  );

  const stages = by(batch.changedStages.values(), ({ id }) => id);
  await run(
    STAGE,
    stages,
    ({ from, casts }) =>
      `INSERT INTO install_stage (${namesOf(STAGE)}) SELECT ${casts.join(', ')} FROM ${from}
     ON CONFLICT (attempt_id, name) DO UPDATE SET message = excluded.message, error = excluded.error, finished_at = excluded.finished_at`,
  );

  if (batch.lines.length > 0) announce();
  await run(
    LINE,
    batch.lines,
    ({ from, casts }) =>
      `INSERT INTO log_line (${namesOf(LINE)}) SELECT ${casts.join(', ')} FROM ${from} ON CONFLICT (attempt_id, seq) DO NOTHING`,
  );

  await run(
    RENUMBERED,
    batch.lines.filter(({ seq, given }) => given !== null && given !== seq),
    ({ from, casts }) =>
      `INSERT INTO renumbered_line (${namesOf(RENUMBERED)}) SELECT ${casts.join(', ')} FROM ${from} ON CONFLICT (attempt_id, seq) DO NOTHING`,
  );

  const counts = by(
    [...batch.counted].flatMap((id) => batch.ledger.get('InstallAttempt', id) ?? []),
    ({ id }) => id,
  );
  await run(
    COUNTS,
    counts,
    ({ from, casts: [id, total, dropped, sequence] }) =>
      `UPDATE install_attempt SET log_total = ${total}, log_dropped = ${dropped}, last_sequence = ${sequence} FROM ${from} WHERE install_attempt.id = ${id}`,
  );
}
