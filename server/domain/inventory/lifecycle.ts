// What people do with a server's life: the table of transitions decides, and here is what each of them takes with it.
import { isErrand } from '../fleet/installs/errands.ts';
import { giveTurns, mustWait } from '../fleet/installs/turns.ts';
import { Ledger } from '../ledger/ledger.ts';
import { settingsFor, type FleetSettings } from '../ledger/settings.ts';
import { type Action, assertTransition, type Status } from '../../../common/install/transitions.ts';
import type { Server } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { type AttemptWork, demandHolder, openAttempt, openOf, stop } from './attempts.ts';
import { attemptsOf, demandServer, rowOf } from './demandServer.ts';
import { beginErrand } from './errands.ts';
import { planInstall, type Planned, type WantedInstall } from './planInstall.ts';
import { type Input, type Permissions, type Target, updateObject } from '../objects/objects.ts';
import { server as spec } from './server.ts';

/** What people do; the rest of the table is the installer's. */
export type Deed = Exclude<Action, 'succeed' | 'fail'>;

/** What an install is asked with. */
export interface InstallInput extends Input, WantedInstall {
  readonly role?: string | null | undefined;
}

/** What comes with some of them. */
export interface Asked {
  readonly install?: InstallInput | undefined;
  /** Whether to wipe the disks of what is retired */
  readonly wipe?: boolean | undefined;
}

interface Work extends AttemptWork {
  readonly may: Permissions;
  /** What is to be installed; of what begins no install nothing */
  readonly planned: Planned | undefined;
  readonly wipe: boolean;
}

interface Rule {
  readonly permission: 'apply' | 'destroy';
  /** It begins an install, which takes an input */
  readonly installs?: true;
  /** What it does besides the transition */
  readonly effect?: (work: Work) => Promise<void>;
}

export const deeds: Readonly<Record<Deed, Rule>> = {
  provision: { permission: 'apply', installs: true, effect: begin },
  reprovision: { permission: 'apply', installs: true, effect: begin },
  adopt: { permission: 'apply' },
  cancel: { permission: 'apply', effect: abandon },
  abort: { permission: 'apply', effect: abort },
  reset: { permission: 'apply' },
  retire: { permission: 'destroy', effect: retire },
  restore: { permission: 'apply' },
};

/** Does one of these to a server and returns it. Throws NotFound, Conflict, InvalidInput, Forbidden. */
export async function act(
  tx: Writer,
  deed: Deed,
  target: Target,
  { install: given, wipe = false }: Asked,
  may: Permissions,
  settings: FleetSettings = settingsFor(tx),
): Promise<Server> {
  const rule = deeds[deed];
  const found = await demandServer(tx, rule.permission, target, may);
  const ledger = new Ledger(settings.now(), settings.ids);
  const attempts = await attemptsOf(tx, ledger, found);
  const open = openOf(attempts);
  const isBusy = open !== undefined && isErrand(open);
  const origin = open && { ...open, fromStatus: open.fromStatus as Status, errand: isBusy };
  const status = assertTransition(found, deed, origin);
  if (given) await decide(tx, found, given, may);
  const server = await rowOf(tx, ledger, found);
  if (given || wipe) await demandHolder(tx, server);
  const planned = given && (await planInstall(tx, server, given, may));
  const work = { tx, ledger, server, attempts, may, planned, wipe, settings };
  // A shell or a wipe is over once something else is decided.
  if (isBusy && rule.effect !== abandon) await stop(work, { outcome: 'CANCELLED' });
  await rule.effect?.(work);
  if (status !== found.status) ledger.update('Server', found.id, { status, statusSince: ledger.now });
  await ledger.flush(tx);
  if (open) await giveTurns(tx, settings);
  return ledger.get('Server', found.id)!;
}

/** Name and role are what people decide: they are changed as by anybody, and stay when the install fails. */
async function decide(tx: Writer, { id, name }: Server, input: InstallInput, may: Permissions): Promise<void> {
  const decided = Object.fromEntries(
    Object.entries({ name: input.name, role: input.role }).filter(([, value]) => value != null),
  );
  if (Object.keys(decided).length === 0) return;
  await updateObject(tx, spec, { ways: [{ id }], called: `"${name}"` }, decided, may);
}

/** A machine whose disks are to be wiped is out of service from now on; how far that gets is its attempt's to say. */
async function retire(work: Work): Promise<void> {
  if (work.wipe) await beginErrand(work, 'wipe');
}

async function begin(work: Work): Promise<void> {
  await openAttempt(work, work.planned!, await mustWait(work.tx.client, work.server.bastionId!));
}

async function abandon(work: Work): Promise<void> {
  await stop(work, { outcome: 'CANCELLED' });
}

/** Nobody waits for the bastion: it is told, and does it when it hears of it. */
async function abort(work: Work): Promise<void> {
  const attempt = openOf(work.attempts);
  if (!attempt) return;
  const stage = await work.tx.client.installStage.findFirst({
    where: { attemptId: attempt.id, finishedAt: null },
    orderBy: { position: 'desc' },
  });
  const failureReason = `It was aborted by ${work.may.actor}.`;
  await stop(work, { outcome: 'FAILED', failureStage: stage?.name ?? null, failureReason });
}
