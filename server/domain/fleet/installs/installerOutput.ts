// Stores lines of an installer's output on the open attempt: each line number once, up to a cap; lines past it are counted.
import type { Prisma } from '../../../store/generated/client.ts';
import type { LogInput } from '../contract/input.ts';
import { findServer } from './progress.ts';
import type { Reporter, BatchState } from '../machines/batchState.ts';

/** Takes a machine's lines; they are dropped when it has no open attempt. */
export function applyLog(
  batch: BatchState,
  reporter: Reporter,
  { mac, firstSequence, lines }: LogInput,
  at: Date,
): void {
  const server = findServer(batch, reporter, mac);
  if (!server || server.bastionId !== reporter.id) return;
  const { open } = batch.attemptsOf(server.id);
  if (!open) return;
  const last = batch.lastLine.get(open.id) ?? -1n;
  const numbered = lines.map((line, i) => ({ attemptId: open.id, seq: BigInt(firstSequence + i), line, at }));
  const fresh = numbered.filter(({ seq }) => seq > last);
  if (fresh.length === 0) return;
  const room = BigInt(batch.settings.logLines) - (open.logTotal - open.logDropped);
  const kept = fresh.slice(0, room > 0n ? Number(room) : 0);
  batch.lines.push(...kept);
  batch.lastLine.set(open.id, fresh.at(-1)!.seq);
  batch.ledger.settle('InstallAttempt', open.id, {
    logTotal: open.logTotal + BigInt(fresh.length),
    logDropped: open.logDropped + BigInt(fresh.length - kept.length),
  });
  batch.changedLogs.add(open.id);
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
