// Applies progress callbacks to the attempt that they are proven to be of: a state ends it and moves the server, a stage is
// recorded. Phases only advance, and what comes after the end is kept in the attempt's log and has no effect.
import type { InstallAttempt, Server } from '../../../store/generated/client.ts';
import { endedColumns, renewed } from './attempts.ts';
import { takeOver } from './begun.ts';
import { isErrand, wipes } from './errands.ts';
import { keepOwnLine } from './installerOutput.ts';
import { provenAttempt, type Proven } from './proof.ts';
import {
  laterPhase,
  phaseOf,
  touchesDisk,
  transition,
  type Action,
  type Status,
} from '../../../../common/install/transitions.ts';
import type { Progress } from '../contract/validate.ts';
import type { Reporter, BatchState } from '../machines/batchState.ts';

/** Applies a callback. Without the proof of an attempt it is a sighting; one that was applied before changes nothing. */
export function applyProgress(batch: BatchState, reporter: Reporter, progress: Progress, given: Date): void {
  const proven = provenAttempt(batch, reporter, progress) ?? takeOver(batch, reporter, progress, given);
  if (!proven || isRepeated(batch, proven.attempt, progress)) return;
  const { attempt } = proven;
  if (attempt.outcome !== null) return keepOwnLine(batch, attempt, lateLine(progress), batch.now);
  // A bastion's clock may be wrong: nothing happens before the attempt began, nor after now.
  const at = new Date(Math.min(Math.max(given.getTime(), attempt.createdAt.getTime()), batch.now.getTime()));
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

/** What is kept of a callback after the end of its attempt. */
const lateLine = ({ stage, message, error }: Progress): string =>
  `Said after the end, without effect: ${[stage, error ?? message].filter((part) => part !== null).join(': ')}`;

type Handler = (batch: BatchState, proven: Proven, progress: Progress, at: Date) => void;

const states: Record<NonNullable<Progress['state']>, Handler> = {
  // A step like others: only people begin an install.
  QUEUED: (batch, { attempt }, progress, at) => recordStage(batch, attempt, progress, at),
  INSTALLED: installed,
  FAILED: failed,
};

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

function failed(batch: BatchState, { server, attempt }: Proven, progress: Progress, at: Date): void {
  const { stage, message, error } = progress;
  recordStage(batch, attempt, { stage, message, error }, at);
  finishStages(batch, attempt.id, at);
  batch.ledger.update('InstallAttempt', attempt.id, {
    ...endedColumns,
    outcome: 'FAILED',
    finishedAt: at,
    failureStage: stage,
    failureReason: error ?? message ?? 'The installer said no more.',
  });
  batch.ended.add(attempt.id);
  batch.failed.add(attempt.id);
  if (!isErrand(attempt)) setStatus(batch, server, 'fail', at);
}

function setStatus(batch: BatchState, server: Server, action: Action, at: Date): void {
  const status = transition(server.status as Status, action);
  if (status) batch.ledger.update('Server', server.id, { status, statusSince: at });
}

/** Records a stage on an open attempt: each name once, in order of first mention; the phase only advances. */
function recordStage(
  batch: BatchState,
  attempt: InstallAttempt,
  { stage, message, error }: Pick<Progress, 'stage' | 'message' | 'error'>,
  at: Date,
): void {
  const stages = batch.stagesOf(attempt.id);
  const known = stages.find(({ name }) => name === stage);
  if (known) {
    if ((message ?? known.message) === known.message && (error ?? known.error) === known.error) return;
    batch.keepStage({ ...known, message: message ?? known.message, error: error ?? known.error });
  } else {
    for (const earlier of stages) if (!earlier.finishedAt) batch.keepStage({ ...earlier, finishedAt: at });
    batch.keepStage({
      id: batch.settings.ids(),
      attemptId: attempt.id,
      name: stage,
      position: stages.length + 1,
      message,
      error,
      startedAt: at,
      finishedAt: null,
    });
  }
  const phase = laterPhase(attempt.phase, phaseOf(stage) ?? attempt.phase);
  batch.ledger.update('InstallAttempt', attempt.id, {
    phase,
    diskTouched: attempt.diskTouched || touchesDisk(phase),
    phaseDeadline: renewed(attempt, batch.now, batch.settings),
  });
  batch.ledger.touch('InstallAttempt', attempt.id);
}

function finishStages(batch: BatchState, attemptId: string, at: Date): void {
  for (const stage of batch.stagesOf(attemptId)) if (!stage.finishedAt) batch.keepStage({ ...stage, finishedAt: at });
}
