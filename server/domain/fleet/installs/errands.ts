// What the ramdisk does with a machine besides installing it: wipe its disks, or give a person a shell. Each time is an attempt
// like an install's, with a token, stages, deadlines and a log, of a profile that nobody can choose.
import { type Errand, errands, isErrandProfile, profileOf } from '../../../../common/install/errands.ts';
import type { InstallPlan, PlannedMachine, Profile } from '../../../../common/install/plan.ts';
import { errandStages } from '../../../../common/install/stages.ts';
import type { Prisma } from '../../../store/generated/client.ts';

export const isErrand = ({ profile }: { readonly profile: string }): boolean => isErrandProfile(profile);

/** Whether an attempt left nothing of a system on the disks. */
export const wipes = ({ profile }: { readonly profile: string }): boolean => profile === profileOf('wipe');

/** Which of these servers have one that is open. */
export async function openErrands(
  client: Prisma.TransactionClient,
  servers: readonly string[],
): Promise<ReadonlySet<string>> {
  const open = await client.installAttempt.findMany({
    where: { serverId: { in: [...servers] }, finishedAt: null, profile: { in: errands.map(profileOf) } },
    select: { serverId: true },
  });
  return new Set(open.flatMap(({ serverId }) => serverId ?? []));
}

const titles: Readonly<Record<Errand, string>> = { wipe: 'Wipe of the disks', rescue: 'Shell of the ramdisk' };

/** The kernel is told what to do by its arguments, and fetches the keys that may use the shell as the attempt's file. */
const profileFor = (errand: Errand): Profile => ({
  name: profileOf(errand),
  title: titles[errand],
  installer: 'custom',
  architecture: 'x86_64',
  endOfLife: false,
  // Nothing is fetched from it.
  mirror: 'http://localhost',
  sums: null,
  files: [],
  kernelArguments: [
    'bastion.url={{ bastion.url | url }}',
    'bastion.token={{ token | kernel }}',
    `bastion.mode=${errand}`,
    // A screen, and the first serial port for machines that have nothing else.
    'console=tty0',
    'console=ttyS0,115200n8',
  ],
  templates: { keys: '{{#each root.sshKeys as key}}\n{{ key | sshKey }}\n{{/each}}\n' },
  parameters: [
    {
      name: 'sshKeys',
      type: 'texts',
      default: [],
      required: false,
      secret: false,
      help: 'Keys that may use the shell.',
    },
  ],
  needs: { memoryGb: null, diskGb: null, firmware: [] },
  disk: { serial: null, wwn: null, minGb: null, maxGb: null, kind: null, removable: false, pick: 'only' },
  stages: ['queued', 'booting', ...errandStages.map(({ name }) => name)],
});

export const errandPlan = (errand: Errand, machine: PlannedMachine, sshKeys: readonly string[]): InstallPlan => ({
  profile: profileFor(errand),
  revision: '',
  parameters: { sshKeys },
  disk: null,
  machine,
});
