// The deadlines of an install attempt, and its end: an ended attempt has no deadlines and no running stage.
import type { InstallAttempt } from '../../../store/generated/client.ts';
import type { Writer } from '../../../store/types.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { FleetSettings } from '../../ledger/settings.ts';

/** Installs at once at a bastion of which nobody said how many. */
export const USUAL_TURNS = 20;

const after = (now: Date, milliseconds: number) => new Date(now.getTime() + milliseconds);

/** The deadlines of an attempt that begins now: for its first callback, and for all of it. */
export const deadlines = (now: Date, { phaseTime, installTime }: FleetSettings) => ({
  phaseDeadline: after(now, Math.min(phaseTime, installTime)),
  hardDeadline: after(now, installTime),
});

/** The deadline for the next callback after one now; never later than the deadline for all of the attempt. */
export const renewed = (
  { phaseDeadline, hardDeadline }: InstallAttempt,
  now: Date,
  { phaseTime }: FleetSettings,
): Date | null => {
  const next = after(now, phaseTime);
  return phaseDeadline && hardDeadline && hardDeadline < next ? hardDeadline : phaseDeadline && next;
};

/** The columns of an attempt that begins, of which nothing has been heard. */
export const newColumns = () => ({
  phase: 'QUEUED',
  outcome: null,
  diskTouched: false,
  lastSequence: 0n,
  pausedAt: null,
  failureStage: null,
  failureReason: null,
  failureLines: [],
  logTotal: 0n,
  logDropped: 0n,
  finishedAt: null,
});

/** The number of a server's next attempt. */
export const nextNumber = (attempts: readonly Pick<InstallAttempt, 'number'>[]): number =>
  Math.max(0, ...attempts.map(({ number }) => number)) + 1;

/** The columns of an attempt that has ended. */
export const endedColumns = { phaseDeadline: null, pausedAt: null, waiting: false } as const;

/** Ends an attempt that the ledger has loaded, now. */
export async function endAttempt(
  tx: Writer,
  ledger: Ledger,
  { id }: InstallAttempt,
  outcome: Partial<InstallAttempt> & { outcome: string },
): Promise<void> {
  const finishedAt = ledger.now;
  await tx.client.installStage.updateMany({ where: { attemptId: id, finishedAt: null }, data: { finishedAt } });
  ledger.update('InstallAttempt', id, { ...endedColumns, ...outcome, finishedAt });
}
