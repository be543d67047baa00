// Applies progress callbacks to the attempt that they are proven to be of: a state ends it and moves the server, a stage is
// recorded. Phases only advance, and what comes after the end is kept in the attempt's log and has no effect but one: how far a
// wipe got before its machine heard that it was given up.
import type { InstallAttempt } from '../../../store/generated/client.ts';
import { phaseOf, touchesDisk, type Status } from '../../../../common/install/transitions.ts';
import { endedColumns } from './attempts.ts';
import { type Said, takeOver } from './begun.ts';
import { isErrand, wipes } from './errands.ts';
import { keepOwnLine } from './installerOutput.ts';
import { provenAttempt, type Proven } from './proof.ts';
import { failed, finishStages, recordStage, setStatus, within } from './steps.ts';
import type { Progress } from '../contract/validate.ts';
import type { Reporter, BatchState } from '../machines/batchState.ts';

/**
 * Applies a callback, and returns the attempt that it is of. Without the proof of one it is a sighting; one that was applied
 * before changes nothing.
 */
export function applyProgress(
  batch: BatchState,
  reporter: Reporter,
  progress: Progress,
  said: Said,
): InstallAttempt | undefined {
  const proven = provenAttempt(batch, reporter, progress) ?? takeOver(batch, reporter, progress, said);
  if (proven && !isRepeated(batch, proven.attempt, progress)) apply(batch, proven, progress, said.at);
  return proven?.attempt;
}

function apply(batch: BatchState, proven: Proven, progress: Progress, given: Date): void {
  const { attempt } = proven;
  const at = within(batch, attempt, given);
  if (attempt.outcome !== null) return late(batch, attempt, progress, at);
  if (progress.state) return states[progress.state](batch, proven, progress, at);
  recordStage(batch, attempt, progress, at);
}

/** Whether a callback with this number, or a later one, was applied. Notes the number when not. */
function isRepeated(batch: BatchState, { id, lastSequence }: InstallAttempt, { seq }: Progress): boolean {
  if (seq === null) return false;
  if (BigInt(seq) <= lastSequence) return true;
  batch.ledger.settle('InstallAttempt', id, { lastSequence: BigInt(seq) });
  batch.counted.add(id);
  return false;
}

/** Keeps what is said after the end of an attempt. It stays ended; but nobody may take disks for untouched that are not. */
function late(batch: BatchState, attempt: InstallAttempt, progress: Progress, at: Date): void {
  const { stage, message, error } = progress;
  const wrote = attempt.outcome === 'CANCELLED' && wipes(attempt) && touchesDisk(phaseOf(stage) ?? attempt.phase);
  const said = [stage, error ?? message].filter((part) => part !== null).join(': ');
  keepOwnLine(batch, attempt, `Said after the end${wrote ? '' : ', without effect'}: ${said}`, batch.now);
  if (!wrote) return;
  recordStage(batch, attempt, progress, at);
  finishStages(batch, attempt.id, at);
}

type Handler = (batch: BatchState, proven: Proven, progress: Progress, at: Date) => void;

const states: Record<NonNullable<Progress['state']>, Handler> = {
  // A step like others: only people begin an install.
  QUEUED: (batch, { attempt }, progress, at) => recordStage(batch, attempt, progress, at),
  INSTALLED: installed,
  FAILED: failed,
  CANCELLED: cancelled,
};

/** People cancel at labd what was asked of labd, and at the bastion what was asked of that: it says so of no other. */
function cancelled(batch: BatchState, { server, attempt: begun }: Proven, progress: Progress, at: Date): void {
  if (begun.revision !== null) return failed(batch, { server, attempt: begun }, progress, at);
  recordStage(batch, begun, progress, at);
  const attempt = batch.ledger.get('InstallAttempt', begun.id)!;
  finishStages(batch, attempt.id, at);
  batch.ledger.update('InstallAttempt', attempt.id, { ...endedColumns, outcome: 'CANCELLED', finishedAt: at });
  batch.ended.add(attempt.id);
  const { diskTouched } = attempt;
  setStatus(batch, server, 'cancel', at, { fromStatus: attempt.fromStatus as Status, diskTouched });
}

function installed(
  batch: BatchState,
  { server, attempt }: Proven,
  { stage, message, hostname, ip, os, role }: Progress,
  at: Date,
): void {
  // Its last word says how far it got.
  if (isErrand(attempt)) recordStage(batch, attempt, { stage, message, error: null }, at);
  finishStages(batch, attempt.id, at);
  const succeeded = { outcome: 'SUCCEEDED', phase: 'DONE', finishedAt: at };
  batch.ledger.update('InstallAttempt', attempt.id, { ...endedColumns, ...succeeded });
  batch.ended.add(attempt.id);
  if (isErrand(attempt)) {
    // Of a system it says only that there is none any more.
    if (wipes(attempt)) batch.ledger.update('Server', server.id, { hostname: null, ip: null, os: null });
    return;
  }
  setStatus(batch, server, 'succeed', at);
  batch.ledger.update('Server', server.id, {
    hostname: hostname ?? undefined,
    ip: ip ?? undefined,
    os: os ?? attempt.profile,
    // A role that people set wins over the installer's.
    role: server.role ?? attempt.role ?? role ?? undefined,
  });
}
