// Stores lines of an installer's output on the attempt that they are proven to be of: each line number once, up to a cap; lines past it are counted.
import type { Prisma } from '../../../store/generated/client.ts';
import type { InstallAttempt } from '../../../store/generated/client.ts';
import type { Log } from '../contract/validate.ts';
import { provenAttempt } from './proof.ts';
import type { Reporter, BatchState } from '../machines/batchState.ts';

/** Takes a machine's lines, also after the end of their attempt; without the proof of one they are a sighting. */
export function applyLog(batch: BatchState, reporter: Reporter, log: Log, at: Date): void {
  const proven = provenAttempt(batch, reporter, log);
  if (!proven) return;
  const { attempt } = proven;
  if (attempt.outcome === null) keepLines(batch, attempt, BigInt(log.firstSequence), log.lines, at);
  else keepLate(batch, attempt, log.lines, at);
}

/** Keeps lines after the end of an attempt, numbered on: labd's own lines are among them. */
export function keepLate(batch: BatchState, attempt: InstallAttempt, lines: readonly string[], at: Date): void {
  keepLines(batch, attempt, (batch.lastLine.get(attempt.id) ?? -1n) + 1n, lines, at);
}

/** Keeps the lines of an attempt, numbered from `first`, of which it has none yet. */
function keepLines(
  batch: BatchState,
  attempt: InstallAttempt,
  first: bigint,
  lines: readonly string[],
  at: Date,
): void {
  const { id, logTotal, logDropped } = attempt;
  const last = batch.lastLine.get(id) ?? -1n;
  const numbered = lines.map((line, i) => ({ attemptId: id, seq: first + BigInt(i), line, at }));
  const fresh = numbered.filter(({ seq }) => seq > last);
  if (fresh.length === 0) return;
  const room = BigInt(batch.settings.logLines) - (logTotal - logDropped);
  const kept = fresh.slice(0, room > 0n ? Number(room) : 0);
  batch.lines.push(...kept);
  batch.lastLine.set(id, fresh.at(-1)!.seq);
  batch.ledger.settle('InstallAttempt', id, {
    logTotal: logTotal + BigInt(fresh.length),
    logDropped: logDropped + BigInt(fresh.length - kept.length),
  });
  batch.counted.add(id);
}

/** Lines that an attempt's failure quotes. */
const QUOTED = 20;

/** The last lines that are stored of some attempts, as many as a failure quotes, in their order. */
export const lastLines = (client: Prisma.TransactionClient, attempts: readonly string[]) =>
  client.$queryRawUnsafe<{ id: string; line: string }[]>(
    `SELECT a.id, l.line FROM unnest($1::text[]) AS a(id)
      CROSS JOIN LATERAL (SELECT seq, line FROM log_line WHERE attempt_id = a.id::uuid ORDER BY seq DESC LIMIT ${QUOTED}) l ORDER BY l.seq`,
    attempts,
  );

/** Puts the last lines of the attempts that failed into what is said of their failure; one statement, if any failed. */
export async function quoteFailures(client: Prisma.TransactionClient, batch: BatchState): Promise<void> {
  if (batch.failed.size === 0) return;
  const stored = await lastLines(client, [...batch.failed]);
  for (const id of batch.failed) {
    const lines = [
      ...stored.filter((one) => one.id === id),
      ...batch.lines.filter(({ attemptId }) => attemptId === id),
    ];
    batch.ledger.onBehalfOf(batch.ledger.changedBy('InstallAttempt', id));
    batch.ledger.update('InstallAttempt', id, { failureLines: lines.slice(-QUOTED).map(({ line }) => line) });
  }
}
