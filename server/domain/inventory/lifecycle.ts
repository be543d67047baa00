// What people do with a server's life: the table of transitions decides, and here is what each of them takes with it.
import { Conflict } from '../errors.ts';
import { deadlines, endAttempt } from '../fleet/installs/attempts.ts';
import { placeOrder } from '../fleet/installs/orders.ts';
import { dropWaiting, giveTurns, mustWait } from '../fleet/installs/turns.ts';
import { installs } from '../fleet/installs/secret.ts';
import { Ledger } from '../ledger/ledger.ts';
import { settingsFor, type FleetSettings } from '../ledger/settings.ts';
import { select } from '../ledger/sql.ts';
import { type Action, assertTransition } from '../fleet/contract/transitions.ts';
import type { InstallAttempt, Prisma, Server } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { lockedServer } from './locked.ts';
import { planInstall, type Planned, type WantedInstall } from './planInstall.ts';
import {
  checkVersion,
  findObject,
  type Input,
  placeIn,
  type Permissions,
  type Target,
  updateObject,
} from '../objects/objects.ts';
import { server as spec } from './server.ts';

/** What people do; the rest of the table is the installer's. */
export type Deed = Exclude<Action, 'succeed' | 'fail'>;

/** What an install is asked with. */
export interface InstallInput extends Input, WantedInstall {
  readonly role?: string | null | undefined;
}

interface Work {
  readonly tx: Writer;
  readonly ledger: Ledger;
  readonly server: Server;
  readonly attempts: readonly InstallAttempt[];
  readonly may: Permissions;
  /** What is to be installed; of what begins no install nothing */
  readonly planned: Planned | undefined;
  readonly settings: FleetSettings;
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
  retire: { permission: 'destroy' },
  restore: { permission: 'apply' },
};

const openOf = (attempts: readonly InstallAttempt[]) => attempts.find(({ finishedAt }) => finishedAt === null);

/** Does one of these to a server and returns it. Throws NotFound, Conflict, InvalidInput, Forbidden. */
export async function act(
  tx: Writer,
  deed: Deed,
  target: Target,
  given: InstallInput | undefined,
  may: Permissions,
  settings: FleetSettings = settingsFor(tx),
): Promise<Server> {
  const rule = deeds[deed];
  const found = (await findObject(tx, spec, target, may)) as unknown as Server;
  may.demand(rule.permission, 'Server', { ...placeIn({ ...found }), id: found.id });
  checkVersion(spec, { ...found }, target.ifVersion);
  if (found.locked) throw lockedServer(found.name);
  const ledger = new Ledger(settings.now(), settings.ids);
  const attempts = ledger.load(
    'InstallAttempt',
    await select(tx.client, 'InstallAttempt', 't.server_id = $1::uuid', found.id),
  );
  const open = openOf(attempts);
  const origin = open && { fromStatus: open.fromStatus as 'DISCOVERED', diskTouched: open.diskTouched };
  const status = assertTransition(found, deed, origin);
  if (given) await decide(tx, found, given, may);
  const [server] = ledger.load('Server', await select(tx.client, 'Server', 't.id = $1::uuid', found.id));
  if (given) await demandHolder(tx, server!);
  const planned = given && (await planInstall(tx, server!, given, may));
  await rule.effect?.({ tx, ledger, server: server!, attempts, may, planned, settings });
  ledger.update('Server', found.id, { status, statusSince: ledger.now });
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

/** Throws Conflict unless a bastion holds the server that can install it. */
async function demandHolder(tx: Writer, server: Server): Promise<void> {
  const { bastionId: id } = server;
  if (id === null) throw unheld(server);
  const holder = await tx.client.bastion.findUniqueOrThrow({ where: { id }, select: { protocol: true } });
  if (!installs(holder.protocol)) throw cannotInstall(server);
}

async function begin({ tx, ledger, server, attempts, planned, settings }: Work): Promise<void> {
  const { plan, resolved, secretIds } = planned!;
  const bastionId = server.bastionId!;
  const waiting = await mustWait(tx.client, bastionId);
  const number = Math.max(0, ...attempts.map((one) => one.number)) + 1;
  const attempt = ledger.create('InstallAttempt', {
    serverId: server.id,
    number,
    profile: plan.profile.name,
    revision: plan.revision,
    parameters: { ...resolved } as unknown as Prisma.JsonObject,
    disk: { ...plan.disk },
    files: plan.profile.files.map(({ use, path, sha256 }) => ({ use, path, sha256 })),
    role: server.role,
    phase: 'QUEUED',
    outcome: null,
    fromStatus: server.status,
    diskTouched: false,
    secretHash: null,
    lastSequence: 0n,
    waiting,
    ...(waiting ? { phaseDeadline: null, hardDeadline: null } : deadlines(ledger.now, settings)),
    pausedAt: null,
    failureStage: null,
    failureReason: null,
    failureLines: [],
    logTotal: 0n,
    logDropped: 0n,
    finishedAt: null,
  });
  await placeOrder(tx, 'INSTALL', { server, bastionId, attempt, settings }, { plan, secretIds });
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

/** Ends the open attempt as this, and has its bastion stop. */
async function stop(
  { tx, ledger, server, attempts, settings }: Work,
  ended: Parameters<typeof endAttempt>[3],
): Promise<void> {
  const attempt = openOf(attempts);
  if (!attempt) return;
  await endAttempt(tx, ledger, attempt, ended);
  await dropWaiting(tx, [attempt]);
  if (server.bastionId !== null && !attempt.waiting)
    await placeOrder(tx, 'CANCEL', { server, bastionId: server.bastionId, attempt, settings });
}

const unheld = ({ name, bootMac }: Server): Conflict =>
  new Conflict(
    `Server "${name}" is held by no bastion, and only a bastion can boot and install it.`,
    `Boot it where a bastion sees its MAC ${bootMac}, and provision it again.`,
  );

/** Names no bastion: whoever provisions may not see it. */
const cannotInstall = ({ name }: Server): Conflict =>
  new Conflict(
    `The bastion that holds server "${name}" speaks a version of the uplink that has no installs.`,
    'Install the lab-bastion of the same release as labd there, and provision it again.',
  );
