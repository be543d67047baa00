// How an attempt to install ends, whoever ends it: nothing more is due of it, and no stage of it goes on.
import type { InstallAttempt } from '../../../store/generated/client.ts';
import type { Writer } from '../../../store/types.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { FleetSettings } from '../../ledger/settings.ts';

const after = (now: Date, milliseconds: number) => new Date(now.getTime() + milliseconds);

/** When an attempt that begins now must have been heard of, and when it must be over. */
export const deadlines = (now: Date, { phaseTime, installTime }: FleetSettings) => ({
  phaseDeadline: after(now, Math.min(phaseTime, installTime)),
  hardDeadline: after(now, installTime),
});

/** When an attempt that is heard of now must be heard of again: before it must be over. */
export const renewed = (
  { phaseDeadline, hardDeadline }: InstallAttempt,
  now: Date,
  { phaseTime }: FleetSettings,
): Date | null => {
  const next = after(now, phaseTime);
  return phaseDeadline && hardDeadline && hardDeadline < next ? hardDeadline : phaseDeadline && next;
};

/** What is written of an attempt that is over. */
export const over = { phaseDeadline: null, pausedAt: null } as const;

/** Ends an attempt that the ledger has loaded, now. */
export async function endAttempt(
  tx: Writer,
  ledger: Ledger,
  { id }: InstallAttempt,
  outcome: Partial<InstallAttempt> & { outcome: string },
): Promise<void> {
  const finishedAt = ledger.now;
  await tx.client.installStage.updateMany({ where: { attemptId: id, finishedAt: null }, data: { finishedAt } });
  ledger.update('InstallAttempt', id, { ...over, ...outcome, finishedAt });
}
