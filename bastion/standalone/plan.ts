// What is installed on a machine when people ask its bastion: a profile that comes with lab, the values of its parameters and
// the one disk, decided as labd decides them.
import { demandRight } from '../../common/checked.ts';
import { bootWarning } from '../../common/install/bootWarning.ts';
import { type Disk, diskFor } from '../../common/install/disk.ts';
import { misfit } from '../../common/install/fit.ts';
import { givenParameters } from '../../common/install/parameterShapes.ts';
import type { InstallPlan, PlannedMachine, Profile } from '../../common/install/plan.ts';
import { shippedProfiles } from '../../common/install/profiles/shipped.ts';
import type { RenderedInstall } from '../../common/install/render.ts';
import { renderPlan } from '../../common/install/renderPlan.ts';
import { DISK, resolveParameters, type ResolvedParameters } from '../../common/install/resolve.ts';
import { nameOf } from '../../common/machineName.ts';
import { nearest } from '../../common/nearest.ts';
import { Conflict, InvalidInput } from '../../common/userError.ts';
import type { DiskReportInput } from '../generated/documents.ts';
import type { Machine } from '../state/machines.ts';

/** What is asked for. */
export interface Wanted {
  readonly os: string;
  /** Values of parameters by name */
  readonly set: unknown;
}

export interface Planned {
  readonly plan: InstallPlan;
  readonly resolved: ResolvedParameters;
  /** What its installer would be told, with stand-ins for addresses and the token */
  readonly rendered: RenderedInstall;
  /** What may keep it from booting what is installed, and what to do; null where nothing is known */
  readonly bootWarning: string | null;
}

/** The profile of that name, in any case. Throws InvalidInput. */
export function shippedProfile(name: string): Profile {
  const all = shippedProfiles();
  const found = all.find((one) => one.name === name.trim().toLowerCase());
  if (found) return found;
  const names = all.map((one) => one.name);
  const meant = nearest(name, names);
  throw new InvalidInput(
    'os',
    `There is no OS profile "${name.slice(0, 80)}" at this bastion`,
    `${meant ? `Did you mean "${meant}"? ` : ''}Choose one of ${names.join(', ')}.`,
  );
}

/** Plans an install. Throws InvalidInput, Conflict. */
export function planFor(machine: Machine, { os, set }: Wanted): Planned {
  const profile = shippedProfile(os);
  const name = nameOf(machine);
  const { arch = null, memoryGb = null, firmware = null } = machine.report ?? {};
  const problem = misfit(profile, { arch, memoryGb, firmware });
  if (problem !== undefined) throw new Conflict(`Machine "${name}" ${problem}`, 'Choose another profile.');
  const values = demandRight(givenParameters('set', set ?? {})) as Readonly<Record<string, unknown>>;
  const resolved = demandRight(resolveParameters(profile.parameters, [{ from: '--set', field: 'set', values }]));
  demandNoSecrets(profile, resolved);
  const disks = (machine.report?.disks ?? []).map(diskOf);
  const disk = demandRight(diskFor(profile, disks, resolved[DISK.name]?.value));
  const parameters = Object.fromEntries(Object.entries(resolved).map(([one, { value }]) => [one, value]));
  const plan = { profile, revision: '', parameters, disk, machine: machineOf(machine) };
  return { plan, resolved, rendered: renderPlan(plan, [], true), bootWarning: bootWarning({ firmware }, disks, disk) };
}

function demandNoSecrets({ parameters }: Profile, resolved: ResolvedParameters): void {
  const named = parameters.find(({ name, secret }) => secret && resolved[name] !== undefined);
  if (!named) return;
  throw new InvalidInput(
    `set.${named.name}`,
    `The parameter "${named.name}" names a Secret, and labd alone keeps those`,
    'Leave it out. Who may log in is said with --set sshKeys=KEY.',
  );
}

/** A disk as the machine reported it; what it did not say is not known. */
const diskOf = ({ name, sizeGb, model, serial, wwn, transport, rotational, removable }: DiskReportInput): Disk => ({
  name,
  sizeGb: sizeGb ?? null,
  model: model ?? null,
  serial: serial ?? null,
  wwn: wwn?.toLowerCase() ?? null,
  transport: transport?.toLowerCase() ?? null,
  rotational: rotational ?? null,
  removable: removable ?? null,
});

function machineOf(machine: Machine): PlannedMachine {
  const { mac, report } = machine;
  const macs = [...new Set([mac, ...(report?.nics ?? []).map((nic) => nic.mac)])];
  const { firmware = null, arch = null, vendor = null, product = null } = report ?? {};
  return { name: nameOf(machine), macs, firmware, arch, vendor, product };
}
