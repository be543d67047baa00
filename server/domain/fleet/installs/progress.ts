// Applies progress callbacks: a state moves the server and opens or closes an attempt, a stage is recorded on the open
// attempt. Phases only advance, and a late callback undoes nothing.
import type { InstallAttempt, Server } from '../../../store/generated/client.ts';
import { deadlines, endedColumns, renewed } from './attempts.ts';
import { applyReport } from '../machines/report.ts';
import { tombstoneOf } from '../machines/tombstones.ts';
import {
  laterPhase,
  phaseOf,
  touchesDisk,
  transition,
  transitions,
  type Action,
  type Status,
} from '../contract/transitions.ts';
import type { Progress } from '../contract/validate.ts';
import type { Reporter, BatchState } from '../machines/batchState.ts';

/** The profile of an install that was begun without naming an OS. */
const UNKNOWN = 'unknown';

/** Applies a callback; drops those about a server that is forgotten or that this bastion does not hold. */
export function applyProgress(batch: BatchState, reporter: Reporter, progress: Progress, given: Date): void {
  if (tombstoneOf(batch.tombstones, { bastionId: reporter.id, macs: [progress.mac] })) {
    batch.reminded.add(reporter.id);
    return;
  }
  const server = findServer(batch, reporter, progress.mac) ?? createServer(batch, reporter, progress);
  if (!server || server.bastionId !== reporter.id) return;
  // Otherwise a bastion's clock that runs ahead would make all later callbacks look late.
  const at = given > batch.now ? batch.now : given;
  if (progress.state) states[progress.state](batch, server, progress, at);
  const { open } = batch.attemptsOf(server.id);
  if (open && progress.state !== 'QUEUED') recordStage(batch, open, progress, at);
}

/** The server with a MAC, of those that this bastion may know: preferably one that it holds, then one that boots from it. */
export function findServer(batch: BatchState, reporter: Reporter, mac: string): Server | undefined {
  const found = batch.machines
    .withMac(mac, batch.knownTo(reporter))
    .flatMap(({ id }) => batch.ledger.get('Server', id) ?? []);
  const rank = (server: Server) => (server.bastionId === reporter.id ? 2 : 0) + (server.bootMac === mac ? 1 : 0);
  return found.toSorted((a, b) => rank(b) - rank(a) || (a.id < b.id ? -1 : 1))[0];
}

/** Creates a server for a state about an unknown machine. */
function createServer(batch: BatchState, reporter: Reporter, { mac, state }: Progress): Server | undefined {
  if (!state) return undefined;
  const id = applyReport(batch, reporter, { mac, facts: {}, disks: undefined, nics: undefined, source: 'progress' });
  return id === undefined ? undefined : batch.ledger.get('Server', id);
}

type Handler = (batch: BatchState, server: Server, progress: Progress, at: Date) => void;

const states: Record<NonNullable<Progress['state']>, Handler> = {
  QUEUED: queued,
  INSTALLED: installed,
  FAILED: failed,
};

function queued(batch: BatchState, server: Server, { role, os }: Progress, at: Date): void {
  const { last } = batch.attemptsOf(server.id);
  // The callback is from before the end of the last attempt, and arrived late.
  if (last?.finishedAt && at < last.finishedAt) return;
  const action = actionTo(server.status as Status, 'PROVISIONING');
  if (!action) return;
  const attempt = batch.ledger.create('InstallAttempt', {
    serverId: server.id,
    number: (last?.number ?? 0) + 1,
    profile: os ?? UNKNOWN,
    role: role ?? null,
    phase: 'QUEUED',
    outcome: null,
    fromStatus: server.status,
    diskTouched: false,
    secretHash: null,
    lastSequence: 0n,
    ...deadlines(batch.now, batch.settings),
    pausedAt: null,
    failureStage: null,
    failureReason: null,
    failureLines: [],
    logTotal: 0n,
    logDropped: 0n,
    finishedAt: null,
    createdAt: at,
  } as never);
  batch.ownPart('InstallAttempt', attempt);
  setStatus(batch, server, action, at);
}

function installed(batch: BatchState, server: Server, { hostname, ip, os, role }: Progress, at: Date): void {
  const { open } = batch.attemptsOf(server.id);
  if (open) {
    if (at < open.createdAt) return;
    batch.ledger.update('InstallAttempt', open.id, {
      ...endedColumns,
      outcome: 'SUCCEEDED',
      phase: 'DONE',
      finishedAt: at,
    });
    finishStages(batch, open.id, at);
    setStatus(batch, server, 'succeed', at);
  } else if (server.status === 'DISCOVERED') {
    setStatus(batch, server, 'adopt', at);
  } else if (server.status !== 'INSTALLED' || at < server.statusSince) {
    return;
  }
  batch.ledger.update('Server', server.id, {
    hostname: hostname ?? undefined,
    ip: ip ?? undefined,
    os: os ?? (open && open.profile !== UNKNOWN ? open.profile : undefined),
    // A role that people set wins over the installer's.
    role: server.role ?? open?.role ?? role ?? undefined,
  });
}

function failed(batch: BatchState, server: Server, { stage, message, error }: Progress, at: Date): void {
  const { open } = batch.attemptsOf(server.id);
  if (!open || at < open.createdAt) return;
  recordStage(batch, open, { stage, message, error }, at);
  finishStages(batch, open.id, at);
  batch.ledger.update('InstallAttempt', open.id, {
    ...endedColumns,
    outcome: 'FAILED',
    finishedAt: at,
    failureStage: stage,
    failureReason: error ?? message ?? 'The installer said no more.',
  });
  batch.failed.add(open.id);
  setStatus(batch, server, 'fail', at);
}

function setStatus(batch: BatchState, server: Server, action: Action, at: Date): void {
  const status = transition(server.status as Status, action);
  if (status) batch.ledger.update('Server', server.id, { status, statusSince: at });
}

/** The action that leads from one status to another. */
const actionTo = (from: Status, to: Status): Action | undefined =>
  (Object.entries(transitions[from]) as [Action, Status][]).find(([, target]) => target === to)?.[0];

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
