// Opens attempts on servers and ends them, with the orders to the bastions that hold these.
import { Conflict } from '../errors.ts';
import { deadlines, endAttempt, newColumns, nextNumber } from '../fleet/installs/attempts.ts';
import { placeOrder } from '../fleet/installs/orders.ts';
import { installs } from '../fleet/installs/secret.ts';
import { keepPower, neverSent } from '../fleet/power/power.ts';
import { problemsOf } from '../../../common/checked.ts';
import { dropWaiting } from '../fleet/installs/turns.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { FleetSettings } from '../ledger/settings.ts';
import type { InstallAttempt, Prisma, Server } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import type { Permissions } from '../objects/objects.ts';
import { poweringOf } from './powering.ts';
import type { Planned } from './planInstall.ts';

/** One server in one transaction. */
export interface AttemptWork {
  readonly tx: Writer;
  readonly ledger: Ledger;
  readonly server: Server;
  readonly attempts: readonly InstallAttempt[];
  readonly settings: FleetSettings;
}

export interface OpeningWork extends AttemptWork {
  readonly may: Permissions;
}

export const openOf = (attempts: readonly InstallAttempt[]) => attempts.find(({ finishedAt }) => finishedAt === null);

/** Throws Conflict unless a bastion holds the server that can install it. */
export async function demandHolder(tx: Writer, server: Server): Promise<void> {
  const { bastionId: id } = server;
  if (id === null) throw unheld(server);
  const holder = await tx.client.bastion.findUniqueOrThrow({ where: { id }, select: { protocol: true } });
  if (!installs(holder.protocol)) throw cannotInstall(server);
}

/** Opens an attempt by a plan, and has the bastion that holds the server carry it out: at once, or when it is its turn. */
export async function openAttempt(
  { tx, ledger, server, attempts, settings, may }: OpeningWork,
  { plan, resolved, secretIds }: Pick<Planned, 'plan' | 'resolved' | 'secretIds'>,
  waiting: boolean,
): Promise<void> {
  const attempt = ledger.create('InstallAttempt', {
    serverId: server.id,
    number: nextNumber(attempts),
    profile: plan.profile.name,
    revision: plan.revision,
    parameters: { ...resolved } as unknown as Prisma.JsonObject,
    disk: { ...plan.disk },
    files: plan.profile.files.map(({ use, path, sha256 }) => ({ use, path, sha256 })),
    role: server.role,
    fromStatus: server.status,
    secretHash: null,
    waiting,
    ...(waiting ? { phaseDeadline: null, hardDeadline: null } : deadlines(ledger.now, settings)),
    ...newColumns(),
  });
  const bastionId = server.bastionId!;
  const powering = await poweringOf(tx, server, may);
  const power = powering !== undefined && 'value' in powering ? { power: powering.value } : {};
  await placeOrder(tx, 'INSTALL', { server, bastionId, attempt, settings }, { plan, secretIds, ...power });
  // Somebody may still press the button.
  for (const { message, remedy } of powering === undefined ? [] : problemsOf(powering))
    keepPower(ledger, server.id, neverSent(ledger, settings, 'netboot', `${message} ${remedy}`));
}

/** Ends the open attempt as this, and has its bastion stop. */
export async function stop(
  { tx, ledger, server, attempts, settings }: AttemptWork,
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
