// Takes over an install that people asked of a bastion while it had no labd: it becomes an attempt like any other, with the
// times that the bastion says. A bastion tells so only of what it holds itself, in its own place.
import type { InstallAttempt, Server } from '../../../store/generated/client.ts';
import { isErrandProfile } from '../../../../common/install/errands.ts';
import { transition, type Status } from '../../../../common/install/transitions.ts';
import type { Progress } from '../contract/validate.ts';
import type { BatchState, Reporter } from '../machines/batchState.ts';
import { deadlines, newColumns, nextNumber } from './attempts.ts';
import { heldServers, type Proven } from './proof.ts';
import { failed, within } from './steps.ts';

/** When a callback was given to its bastion. */
export interface Said {
  readonly at: Date;
  /** Whether it may be from before the bastion joined */
  readonly handedOver: boolean;
}

/**
 * The attempt that a callback begins, which labd does not know. Undefined where the callback begins none, and where the
 * server's life, as labd knows it, leaves no room for one: it is being installed, locked, or out of service. A bastion that
 * has joined begins nothing by itself: it counts only what is from before, on a server that labd installed none on since, and
 * of which nobody has decided anything at labd since.
 */
export function takeOver(
  batch: BatchState,
  reporter: Reporter,
  { mac, proof, os, begun }: Progress,
  { at: given, handedOver }: Said,
): Proven | undefined {
  if (!handedOver || begun === null || proof === null || os == null || isErrandProfile(os)) return undefined;
  const [held] = heldServers(batch, reporter, mac);
  if (!held || held.locked || held.cloud !== reporter.cloud || held.environment !== reporter.environment)
    return undefined;
  if ([held, ...batch.attemptsOf(held.id)].some(({ id }) => batch.decidedSince.has(id))) return undefined;
  endOpen(batch, held, given);
  const server = batch.ledger.get('Server', held.id)!;
  const attempts = batch.attemptsOf(server.id);
  const fromStatus = server.status as Status;
  const status = transition(fromStatus, fromStatus === 'INSTALLED' ? 'reprovision' : 'provision');
  if (status === undefined || attempts.some(({ outcome }) => outcome === null)) return undefined;
  const at = given > batch.now ? batch.now : given;
  const attempt: InstallAttempt = batch.ledger.create('InstallAttempt', {
    serverId: server.id,
    number: nextNumber(attempts),
    profile: os,
    revision: null,
    parameters: { ...begun.parameters },
    disk: { ...begun.disk },
    files: [...begun.files] as object[],
    role: null,
    fromStatus,
    secretHash: proof,
    waiting: false,
    ...deadlines(batch.now, batch.settings),
    ...newColumns(),
    createdAt: at,
  });
  batch.ownPart('InstallAttempt', attempt);
  batch.ledger.update('Server', server.id, { status, statusSince: at });
  return { server: batch.ledger.get('Server', server.id)!, attempt };
}

/** Ends what the bastion began before, of whose end it has no word: nobody begins another while one is open. */
function endOpen(batch: BatchState, server: Server, given: Date): void {
  const open = batch.attemptsOf(server.id).find(({ outcome, revision }) => outcome === null && revision === null);
  if (!open) return;
  const stages = batch.stagesOf(open.id).toSorted((a, b) => a.position - b.position);
  const stage = stages.at(-1)?.name ?? 'queued';
  const error = 'How it ended is not known: its bastion lost that, and began another install.';
  failed(batch, { server, attempt: open }, { stage, message: null, error }, within(batch, open, given));
}
