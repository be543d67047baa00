// Installs for tests of the fleet: asked for as people do it, begun as the bastion that holds the server does.
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { ProgressInput, UplinkBodyInput } from '../../../../server/domain/fleet/contract/input.ts';
import type { OrderAcknowledged, UplinkFenced } from '../../../../server/domain/fleet/contract/results.ts';
import { ensureProfiles } from '../../../../server/domain/fleet/profiles/ensure.ts';
import { settingsFor } from '../../../../server/domain/ledger/settings.ts';
import { act, type Deed, type InstallInput } from '../../../../server/domain/inventory/lifecycle.ts';
import type { Permissions } from '../../../../server/domain/objects/objects.ts';
import type { Secrets } from '../../../../server/domain/secrets/secrets.ts';
import { tester } from '../../../support/database.ts';
import { macOf, type TestBastion, type TestFleet } from './fleet.ts';

export const anyone: Permissions = {
  actor: 'tester',
  maker: null,
  secrets: {} as Secrets,
  userId: null,
  scope: [],
  demand: () => {},
  visible: () => ({}),
};

/** The hash of a token that nobody else has. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Gives a machine's server a disk to install on. */
async function haveDisk({ prisma }: TestFleet['db'], n: number): Promise<void> {
  const { id: serverId, disks } = await prisma.server.findFirstOrThrow({
    where: { bootMac: macOf(n) },
    include: { disks: true },
  });
  if (disks.length === 0)
    await prisma.serverDisk.create({ data: { serverId, name: 'sda', sizeGb: 480, serial: `D${n}x` } });
}

/** Lets somebody do something with a machine's server. */
export async function deed({ db, settings }: TestFleet, n: number, what: Deed, input?: InstallInput): Promise<void> {
  if (input) {
    await ensureProfiles(db);
    await haveDisk(db, n);
  }
  const target = { ways: [{ bootMac: macOf(n) }], called: macOf(n) };
  await db.write(tester, (tx) => act(tx, what, target, { install: input }, anyone, settingsFor(db, settings)));
}

/** Acknowledges the newest order to install as begun, with the hash of a secret. */
export async function begin(
  { db, fleet }: TestFleet,
  { id: bastion, epoch }: TestBastion,
  secretHash: string | undefined,
): Promise<OrderAcknowledged | UplinkFenced> {
  const { id: order } = await db.prisma.order.findFirstOrThrow({
    where: { kind: 'INSTALL' },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  return fleet.acknowledge(tester, { bastion, epoch, order, outcome: 'DONE', ...(secretHash && { secretHash }) });
}

/** An install that has begun, and what its machine can prove. */
export interface Install {
  readonly proof: string;
  step(stage: string, more?: Partial<ProgressInput>): UplinkBodyInput;
  log(firstSequence: number, ...lines: string[]): UplinkBodyInput;
  readonly installed: UplinkBodyInput;
}

let tokens = 0;

/** Begins an install on a machine's server. */
export async function install(
  on: TestFleet & { readonly site: TestBastion },
  n = 1,
  { deed: what = 'provision', ...input }: Partial<InstallInput> & { deed?: Deed } = {},
): Promise<Install> {
  await deed(on, n, what, { os: 'fedora-43', ...input });
  const proof = hashOf(`token ${++tokens}`);
  expect(await begin(on, on.site, proof)).toMatchObject({ attemptOpen: true });
  return provenBy(proof, n);
}

/** The callbacks of a machine that prove an attempt. */
export function provenBy(proof: string, n = 1): Install {
  const mac = macOf(n);
  const step: Install['step'] = (stage, more = {}) => ({ progress: { mac, stage, proof, ...more } });
  return {
    proof,
    step,
    log: (firstSequence, ...lines) => ({ log: { mac, firstSequence, lines, proof } }),
    installed: step('done', { state: 'INSTALLED', hostname: 'labmaster', ip: '10.1.0.1', os: 'fedora-43' }),
  };
}

/** What a bastion says as it joins that has a hundred items from before. */
export const fromBefore = { oldest: 1, newest: 100 };

export const begun = { parameters: { timezone: 'UTC' }, disk: { name: 'sda', serial: 'D1' }, files: [] };

/** An install of a machine that begins at its bastion, and what its machine says then. */
export function ownInstall(n: number, token = `own ${n}`) {
  const said = provenBy(hashOf(token), n);
  return { ...said, begins: said.step('queued', { state: 'QUEUED', os: 'debian-13', begun }) };
}
