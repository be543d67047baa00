// What a progress callback does: the state in it moves the server and opens or closes an attempt, the stage is noted on
// the attempt that is open. Nothing goes back, and what comes late undoes nothing.
import type { InstallAttempt, Server } from '../../../store/generated/client.ts';
import { deadlines, over, renewed } from './attempts.ts';
import { applyReport } from '../machines/report.ts';
import { entombed } from '../machines/tombstones.ts';
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
import type { Reporter, World } from '../machines/batchState.ts';

/** What an installation that nobody named an OS for is called. */
const UNKNOWN = 'unknown';

/** Applies a callback; what a bastion says of a server that it does not hold, or of one that is forgotten, is dropped. */
export function applyProgress(world: World, reporter: Reporter, progress: Progress, given: Date): void {
  if (entombed(world.tombstones, { bastionId: reporter.id, macs: [progress.mac] })) {
    world.reminded.add(reporter.id);
    return;
  }
  const server = findServer(world, reporter, progress.mac) ?? introduce(world, reporter, progress);
  if (!server || server.bastionId !== reporter.id) return;
  // A clock that runs ahead must not make everything that follows look late.
  const at = given > world.now ? world.now : given;
  if (progress.state) states[progress.state](world, server, progress, at);
  const { open } = world.attemptsOf(server.id);
  if (open && progress.state !== 'QUEUED') noteStage(world, open, progress, at);
}

/** The server that a bastion means by a MAC: one that it holds, rather one that boots from this MAC. */
export function findServer(world: World, reporter: Reporter, mac: string): Server | undefined {
  const found = world.machines.withMac(mac).flatMap(({ id }) => world.ledger.get('Server', id) ?? []);
  const rank = (server: Server) => (server.bastionId === reporter.id ? 2 : 0) + (server.bootMac === mac ? 1 : 0);
  return found.toSorted((a, b) => rank(b) - rank(a) || (a.id < b.id ? -1 : 1))[0];
}

/** A state about a machine that labd has not heard of is its first sighting. */
function introduce(world: World, reporter: Reporter, { mac, state }: Progress): Server | undefined {
  if (!state) return undefined;
  const id = applyReport(world, reporter, { mac, facts: {}, disks: undefined, nics: undefined, source: 'progress' });
  return id === undefined ? undefined : world.ledger.get('Server', id);
}

type Handler = (world: World, server: Server, progress: Progress, at: Date) => void;

const states: Record<NonNullable<Progress['state']>, Handler> = {
  QUEUED: queued,
  INSTALLED: installed,
  FAILED: failed,
};

function queued(world: World, server: Server, { role, os }: Progress, at: Date): void {
  const { last } = world.attemptsOf(server.id);
  // An earlier order that arrives after what came of a later one.
  if (last?.finishedAt && at < last.finishedAt) return;
  const action = actionTo(server.status as Status, 'PROVISIONING');
  if (!action) return;
  const attempt = world.ledger.create('InstallAttempt', {
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
    ...deadlines(world.now, world.settings),
    pausedAt: null,
    failureStage: null,
    failureReason: null,
    failureLines: [],
    logTotal: 0n,
    logDropped: 0n,
    finishedAt: null,
    createdAt: at,
  } as never);
  world.ownPart('InstallAttempt', attempt);
  move(world, server, action, at);
}

function installed(world: World, server: Server, { hostname, ip, os, role }: Progress, at: Date): void {
  const { open } = world.attemptsOf(server.id);
  if (open) {
    if (at < open.createdAt) return;
    world.ledger.update('InstallAttempt', open.id, { ...over, outcome: 'SUCCEEDED', phase: 'DONE', finishedAt: at });
    finishStages(world, open.id, at);
    move(world, server, 'succeed', at);
  } else if (server.status === 'DISCOVERED') {
    move(world, server, 'adopt', at);
  } else if (server.status !== 'INSTALLED' || at < server.statusSince) {
    return;
  }
  world.ledger.update('Server', server.id, {
    hostname: hostname ?? undefined,
    ip: ip ?? undefined,
    os: os ?? (open && open.profile !== UNKNOWN ? open.profile : undefined),
    // What people decided stays.
    role: server.role ?? open?.role ?? role ?? undefined,
  });
}

function failed(world: World, server: Server, { stage, message, error }: Progress, at: Date): void {
  const { open } = world.attemptsOf(server.id);
  if (!open || at < open.createdAt) return;
  noteStage(world, open, { stage, message, error }, at);
  finishStages(world, open.id, at);
  world.ledger.update('InstallAttempt', open.id, {
    ...over,
    outcome: 'FAILED',
    finishedAt: at,
    failureStage: stage,
    failureReason: error ?? message ?? 'The installer said no more.',
  });
  world.failed.add(open.id);
  move(world, server, 'fail', at);
}

function move(world: World, server: Server, action: Action, at: Date): void {
  const status = transition(server.status as Status, action);
  if (status) world.ledger.update('Server', server.id, { status, statusSince: at });
}

/** The action that leads from one status to another. */
const actionTo = (from: Status, to: Status): Action | undefined =>
  (Object.entries(transitions[from]) as [Action, Status][]).find(([, target]) => target === to)?.[0];

/** Notes a stage on an open attempt: each once, in the order of their first mention; the phase only advances. */
function noteStage(
  world: World,
  attempt: InstallAttempt,
  { stage, message, error }: Pick<Progress, 'stage' | 'message' | 'error'>,
  at: Date,
): void {
  const stages = world.stagesOf(attempt.id);
  const known = stages.find(({ name }) => name === stage);
  if (known) {
    if ((message ?? known.message) === known.message && (error ?? known.error) === known.error) return;
    world.keepStage({ ...known, message: message ?? known.message, error: error ?? known.error });
  } else {
    for (const earlier of stages) if (!earlier.finishedAt) world.keepStage({ ...earlier, finishedAt: at });
    world.keepStage({
      id: world.settings.ids(),
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
  world.ledger.update('InstallAttempt', attempt.id, {
    phase,
    diskTouched: attempt.diskTouched || touchesDisk(phase),
    phaseDeadline: renewed(attempt, world.now, world.settings),
  });
  world.ledger.touch('InstallAttempt', attempt.id);
}

function finishStages(world: World, attemptId: string, at: Date): void {
  for (const stage of world.stagesOf(attemptId)) if (!stage.finishedAt) world.keepStage({ ...stage, finishedAt: at });
}
