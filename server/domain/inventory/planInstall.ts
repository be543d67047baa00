// The plan of an install that somebody asks for: the profile, the values of its parameters and the one disk. All that may
// be refused is refused here, before anything is written.
import type { InstallPlan, PlannedDisk, PlannedMachine, Profile } from '../../../common/install/plan.ts';
import type { RenderedInstall } from '../../../common/install/render.ts';
import type { Profile as ProfileRow, Server } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { head } from '../../store/changes.ts';
import { formatCursor } from '../../store/cursor.ts';
import { demandRight } from '../../../common/checked.ts';
import { Conflict, InvalidInput } from '../errors.ts';
import { givenParameters } from '../../../common/install/parameterShapes.ts';
import { isShipped, profileFrom } from '../fleet/contract/profiles.ts';
import { modelOf } from '../../../common/boot/models.ts';
import { bootWarning } from '../../../common/install/bootWarning.ts';
import { type Disk, diskFor } from '../../../common/install/disk.ts';
import { misfit } from '../../../common/install/fit.ts';
import { demandFiles } from '../fleet/installs/files.ts';
import { macsOf } from '../fleet/installs/orders.ts';
import { DISK, type Layer, resolveParameters, type ResolvedParameters } from '../../../common/install/resolve.ts';
import type { Permissions } from '../objects/objects.ts';
import { allOf } from '../where.ts';
import { profileFor } from './profileFor.ts';
import { renderPlan } from '../../../common/install/renderPlan.ts';

/** What is asked for. */
export interface WantedInstall {
  readonly os: string;
  /** Values of parameters by name */
  readonly set?: unknown;
  /** A new name for the server */
  readonly name?: string | null | undefined;
}

export interface Planned {
  readonly plan: InstallPlan;
  readonly resolved: ResolvedParameters;
  /** The ids of the Secrets that it names, by their names */
  readonly secretIds: Readonly<Record<string, string>>;
  /** What its installer would be told, with stand-ins for addresses, tokens and secrets */
  readonly rendered: RenderedInstall;
  /** Whether the bastion that holds the server has the files; null when it does not say, or there is none */
  readonly filesReady: boolean | null;
  /** What may keep it from booting what is installed, and what to do; null where nothing is known */
  readonly bootWarning: string | null;
}

type Values = Readonly<Record<string, unknown>>;

/** What the clusters of a server say, in the order of their names: whoever may read the server reads what comes of it. */
async function clusterLayers({ client }: Writer, { id }: Server, may: Permissions): Promise<Layer[]> {
  const of = { members: { some: { serverId: id } } };
  const clusters = await client.cluster.findMany({ where: of, orderBy: { name: 'asc' } });
  if (clusters.length === 0) return [];
  const seen = await client.cluster.findMany({
    where: allOf(of, may.visible('Cluster')) as never,
    select: { id: true },
  });
  const ids = new Set(seen.map((one) => one.id));
  return clusters.map((cluster) => ({
    from: ids.has(cluster.id) ? `cluster ${cluster.name}` : 'a cluster that you may not see',
    field: 'spec.install',
    values: cluster.install as Values,
  }));
}

/** The ids of the Secrets that parameters name: the caller may read each, and it lies where the server does. */
async function secretIdsOf(
  { client }: Writer,
  profile: Profile,
  resolved: ResolvedParameters,
  { cloud, environment }: Server,
  may: Permissions,
): Promise<Record<string, string>> {
  const named = profile.parameters.flatMap(({ name, secret }) => {
    const value = secret ? resolved[name]?.value : undefined;
    return typeof value === 'string' ? [{ name, value }] : [];
  });
  if (named.length === 0) return {};
  const where = allOf({ name: { in: named.map(({ value }) => value) }, cloud, environment }, may.visible('Secret'));
  const found = await client.secret.findMany({ where: where as never, select: { id: true, name: true } });
  const ids = Object.fromEntries(found.map(({ name, id }) => [name, id]));
  for (const { name, value } of named)
    if (!Object.hasOwn(ids, value))
      throw new InvalidInput(
        `input.set.${name}`,
        `There is no secret "${value.slice(0, 80)}" in ${cloud}/${environment}, which the parameter "${name}" names.`,
        `Make it there, or name another: lab create secret NAME --cloud ${cloud} --environment ${environment}.`,
      );
  return ids;
}

/** Throws Conflict when a machine is known not to be what a profile takes. */
function demandFit(profile: Profile, server: Server): void {
  const problem = misfit(profile, server);
  if (problem === undefined) return;
  throw new Conflict(`Server "${server.name}" ${problem}.`, 'Choose another profile: lab get profiles shows them.');
}

/** What may keep a server from booting what is installed on a disk. */
function warningFor(
  { firmware, boot, vendor, product }: Server,
  disks: readonly Disk[],
  disk: PlannedDisk | null,
): string | null {
  const leave = (boot as Values)['leave'] ?? modelOf(vendor, product)?.way.leave;
  const warning = bootWarning({ firmware, leave }, disks, disk);
  return warning === null
    ? null
    : `${warning} Or set boot.leave of the server: to loader, which looks on all drives, or to sanboot where its BIOS has ${disk?.name} first.`;
}

/** The machine that a plan is for. */
export async function machineFor(tx: Writer, server: Server, name: string): Promise<PlannedMachine> {
  const { firmware, arch, vendor, product } = server;
  const macs = await macsOf(tx, server);
  return { name, macs, firmware: firmware as PlannedMachine['firmware'], arch, vendor, product };
}

/** The revision of a profile's last change; where that is no longer kept, the one that it is read at. */
async function revisionFor({ client }: Writer, { id }: ProfileRow): Promise<string> {
  const at = await head(client);
  const where = { kind: 'Profile', objectId: id, outcome: 'DONE' };
  const last = await client.change.findFirst({ where, orderBy: { rev: 'desc' }, select: { rev: true } });
  return formatCursor(last ? { ...at, rev: last.rev } : at);
}

/** Throws Conflict when the bastion that holds the server lacks files. */
export async function filesAt(
  { client }: Writer,
  { bastionId, name }: Server,
  profile: Profile,
): Promise<boolean | null> {
  if (bastionId === null) return null;
  const holder = await client.bastion.findUniqueOrThrow({
    where: { id: bastionId },
    select: { filesHeld: true, filesToldAt: true },
  });
  return demandFiles(holder, profile, name);
}

/** Plans an install. Throws InvalidInput, Conflict. */
export async function planInstall(
  tx: Writer,
  server: Server,
  { os, set, name }: WantedInstall,
  may: Permissions,
): Promise<Planned> {
  const row = await profileFor(tx, os, server, may);
  const profile = profileFrom(row);
  demandFit(profile, server);
  const asked = demandRight(givenParameters('input.set', set ?? {})) as Values;
  const layers = [
    ...(await clusterLayers(tx, server, may)),
    { from: `server ${server.name}`, field: 'spec.install', values: server.install as Values },
    { from: '--set', field: 'input.set', values: asked },
  ];
  const resolved = demandRight(resolveParameters(profile.parameters, layers));
  const secretIds = await secretIdsOf(tx, profile, resolved, server, may);
  const disks = await tx.client.serverDisk.findMany({ where: { serverId: server.id }, orderBy: { name: 'asc' } });
  const disk = demandRight(diskFor(profile, disks, resolved[DISK.name]?.value));
  const parameters = Object.fromEntries(Object.entries(resolved).map(([one, { value }]) => [one, value]));
  const machine = await machineFor(tx, server, name ?? server.name);
  const plan = { profile, revision: await revisionFor(tx, row), parameters, disk, machine };
  const rendered = renderPlan(plan, Object.keys(secretIds), isShipped(row));
  const filesReady = await filesAt(tx, server, profile);
  return { plan, resolved, secretIds, rendered, filesReady, bootWarning: warningFor(server, disks, disk) };
}
