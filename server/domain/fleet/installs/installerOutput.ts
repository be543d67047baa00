// Stores lines of an installer's output on the attempt that they are proven to be of: once each, whatever their numbers, up to a cap; lines past it are counted.
import type { Prisma } from '../../../store/generated/client.ts';
import type { InstallAttempt } from '../../../store/generated/client.ts';
import type { Log } from '../contract/validate.ts';
import { provenAttempt } from './proof.ts';
import type { Reporter, BatchState } from '../machines/batchState.ts';

/** Takes a machine's lines, also after the end of their attempt; without the proof of one they are a sighting. */
export function applyLog(batch: BatchState, reporter: Reporter, log: Log, at: Date): void {
  const proven = provenAttempt(batch, reporter, log);
  if (proven) keep(batch, proven.attempt, newLines(batch, proven.attempt, log), at);
}

/** Keeps what labd itself says of an attempt, numbered on. */
export function keepOwnLine(batch: BatchState, attempt: InstallAttempt, line: string, at: Date): void {
  keep(batch, attempt, [{ line, given: null }], at);
}

/** A line that is not stored yet, and the number that its bastion gave it. */
interface NewLine {
  readonly line: string;
  readonly given: bigint | null;
}

/**
 * The lines of an item that are not stored yet. Sent again, each is the same as the one with its number. If one is not, two
 * bastions on copies of one directory gave the numbers, and the whole item is new.
 */
function newLines(batch: BatchState, { id }: InstallAttempt, { firstSequence, lines }: Log): NewLine[] {
  const numbered = lines.map((line, i) => ({ line, given: BigInt(firstSequence) + BigInt(i) }));
  const stored = numbered.map(({ given }) => batch.linesAt(id, given));
  const isOther = numbered.some(({ line }, i) => stored[i]?.has(line) === false);
  return isOther ? numbered : numbered.filter((_, i) => stored[i] === undefined);
}

/** A higher number than this would leave no room to number on from it: what the graph counts ends at 2^53. */
const HIGHEST = 2n ** 52n;

/** Keeps new lines of an attempt while there is room, by their numbers, or numbered on where labd has got that far. */
function keep(batch: BatchState, attempt: InstallAttempt, fresh: readonly NewLine[], at: Date): void {
  if (fresh.length === 0) return;
  const { id, logTotal, logDropped } = attempt;
  const room = BigInt(batch.settings.logLines) - (logTotal - logDropped);
  let last = batch.lastLine.get(id) ?? -1n;
  const numbered = fresh.map(({ line, given }) => {
    last = given !== null && given > last && given <= HIGHEST ? given : last + 1n;
    batch.noteLine(id, given ?? last, line);
    return { attemptId: id, seq: last, line, at, given };
  });
  const kept = numbered.slice(0, room > 0n ? Number(room) : 0);
  batch.lines.push(...kept);
  batch.lastLine.set(id, last);
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
