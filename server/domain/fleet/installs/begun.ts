// Takes over an install that people asked of a bastion while it had no labd: it becomes an attempt like any other, with the
// times that the bastion says. A bastion tells so only of what it holds itself, in its own place.
import type { InstallAttempt } from '../../../store/generated/client.ts';
import { isErrandProfile } from '../../../../common/install/errands.ts';
import { transition, type Status } from '../../../../common/install/transitions.ts';
import type { Progress } from '../contract/validate.ts';
import type { BatchState, Reporter } from '../machines/batchState.ts';
import { deadlines } from './attempts.ts';
import { heldServers, type Proven } from './proof.ts';

/**
 * The attempt that a callback begins, which labd does not know. Undefined where the callback begins none, and where the
 * server's life, as labd knows it, leaves no room for one: it is being installed, or out of service.
 */
export function takeOver(
  batch: BatchState,
  reporter: Reporter,
  { mac, proof, os, begun }: Progress,
  given: Date,
): Proven | undefined {
  if (begun === null || proof === null || os == null || isErrandProfile(os)) return undefined;
  const [server] = heldServers(batch, reporter, mac);
  if (!server || server.cloud !== reporter.cloud || server.environment !== reporter.environment) return undefined;
  const attempts = batch.attemptsOf(server.id);
  const fromStatus = server.status as Status;
  const status = transition(fromStatus, fromStatus === 'INSTALLED' ? 'reprovision' : 'provision');
  if (status === undefined || attempts.some(({ outcome }) => outcome === null)) return undefined;
  const at = given > batch.now ? batch.now : given;
  const attempt: InstallAttempt = batch.ledger.create('InstallAttempt', {
    serverId: server.id,
    number: Math.max(0, ...attempts.map(({ number }) => number)) + 1,
    profile: os,
    revision: null,
    parameters: { ...begun.parameters },
    disk: { ...begun.disk },
    files: [...begun.files] as object[],
    role: null,
    phase: 'QUEUED',
    outcome: null,
    fromStatus,
    diskTouched: false,
    secretHash: proof,
    lastSequence: 0n,
    waiting: false,
    ...deadlines(batch.now, batch.settings),
    pausedAt: null,
    failureStage: null,
    failureReason: null,
    failureLines: [],
    logTotal: 0n,
    logDropped: 0n,
    finishedAt: null,
    createdAt: at,
  });
  batch.ownPart('InstallAttempt', attempt);
  batch.ledger.update('Server', server.id, { status, statusSince: at });
  return { server: batch.ledger.get('Server', server.id)!, attempt };
}
