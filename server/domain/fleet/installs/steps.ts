// What happens to an attempt, as its columns and stages have it: a stage is recorded, the server's status moves, the attempt fails.
import type { InstallAttempt, Server } from '../../../store/generated/client.ts';
import {
  laterPhase,
  phaseOf,
  touchesDisk,
  transition,
  type Action,
  type Origin,
  type Status,
} from '../../../../common/install/transitions.ts';
import type { Progress } from '../contract/validate.ts';
import type { BatchState } from '../machines/batchState.ts';
import { endedColumns, renewed } from './attempts.ts';
import { isErrand } from './errands.ts';
import type { Proven } from './proof.ts';

type Step = Pick<Progress, 'stage' | 'message' | 'error'>;

/** When something happened to an attempt. A bastion's clock may be wrong: nothing does before it began, nor after now. */
export const within = ({ now }: BatchState, { createdAt }: InstallAttempt, given: Date): Date =>
  new Date(Math.min(Math.max(given.getTime(), createdAt.getTime()), now.getTime()));

/** Ends an attempt as failed, at a stage. */
export function failed(batch: BatchState, { server, attempt }: Proven, progress: Step, at: Date): void {
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

/** `from` is where the open attempt came from, for `cancel`. */
export function setStatus(batch: BatchState, server: Server, action: Action, at: Date, from?: Origin): void {
  const status = transition(server.status as Status, action, from);
  if (status) batch.ledger.update('Server', server.id, { status, statusSince: at });
}

/** Records a stage on an open attempt: each name once, in order of first mention; the phase only advances. */
export function recordStage(
  batch: BatchState,
  attempt: InstallAttempt,
  { stage, message, error }: Step,
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

export function finishStages(batch: BatchState, attemptId: string, at: Date): void {
  for (const stage of batch.stagesOf(attemptId)) if (!stage.finishedAt) batch.keepStage({ ...stage, finishedAt: at });
}
