// The stories of whole installs: what each machine is to say, beat by beat, and how its install must have ended by that.
import { stages as allStages } from '../../common/install/stages.ts';
import { installedAs, machines, type MachineReport } from './machines.ts';
import { randomFrom, type Random } from './random.ts';

export interface InstallStoryOptions {
  readonly installs: number;
  readonly seed: number;
  /** Shares of machines, 0 to 1, whose installer fails, and whose installer falls silent */
  readonly fail: number;
  readonly stuck: number;
  /** Some callbacks come twice, at once or later */
  readonly dupCallbacks: boolean;
  /** Some callbacks come after the next one */
  readonly reorder: boolean;
}

type End = 'installed' | 'failed' | 'stuck';

/** What a machine says between two pauses. */
interface Beat {
  readonly callbacks: readonly { readonly seq: number; readonly stage: string; readonly [more: string]: unknown }[];
  readonly lines: readonly string[];
}

/** One install, as it is to be played and as it must be told afterwards. */
export interface InstallStory {
  readonly mac: string;
  readonly report: MachineReport;
  readonly os: string;
  /** Which of its disks, since labd takes none of several */
  readonly set: { readonly disk: string };
  readonly beats: readonly Beat[];
  readonly end: End;
  /** Why it failed */
  readonly reason: string | undefined;
  /** The stages that must have been recorded, in order; one that another overtook is not among them */
  readonly stages: readonly string[];
  readonly lines: readonly string[];
}

/** What installers fail with. */
const REASONS = [
  'No space left on device',
  'The mirror does not answer: Connection timed out',
  'sfdisk exited with 1: device is busy',
  'grub-install exited with 1: EFI variables are not supported on this system',
  'dnf exited with 1: nothing provides kernel-core',
];

/** Installs of systems that fit a machine of 4 GiB and 10 GB. */
const SYSTEMS = ['fedora-43', 'debian-13'];
const LEAST_MEMORY = 4;
const LEAST_DISK = 20;

/** The bastion says the first ones itself, and an installer of packages writes no image. */
const UNSAID = new Set(['queued', 'booting', 'image']);
const SAID = allStages.filter(({ name }) => !UNSAID.has(name));

/** Shares of callbacks that come twice, or late. */
const TWICE = 0.15;
const LATE = 0.1;

/** So many machines that can be installed, in the order of the list of all machines. */
function installable(count: number, seed: number): MachineReport[] {
  const fits = ({ arch, memory_gb, disks }: MachineReport) =>
    arch === 'x86_64' && memory_gb >= LEAST_MEMORY && disks.some(({ size_gb }) => size_gb >= LEAST_DISK);
  for (let servers = 2 * count; ; servers *= 2) {
    const found = machines({ servers, seed }).filter(fits);
    if (found.length >= count) return found.slice(0, count);
  }
}

export function installStories(options: InstallStoryOptions): InstallStory[] {
  const { installs, seed, fail, stuck } = options;
  const fates = randomFrom(seed, -10);
  return installable(installs, seed).map((report, index) => {
    const chance = fates.next();
    const end = chance < fail ? 'failed' : chance < fail + stuck ? 'stuck' : 'installed';
    return story(report, end, options, randomFrom(seed, -11, index), index);
  });
}

function story(
  report: MachineReport,
  end: End,
  { dupCallbacks, reorder }: InstallStoryOptions,
  random: Random,
  index: number,
): InstallStory {
  const { mac } = report;
  const os = random.pick(SYSTEMS);
  // What fails or falls silent does so after it has begun, and before it boots from its disk.
  const last = end === 'installed' ? SAID.length - 1 : 1 + random.whole(SAID.length - 5);
  const told = SAID.slice(0, last + 1);
  const reason = end === 'failed' ? random.pick(REASONS) : undefined;
  const overtaken = new Set<string>();
  const beats: Beat[] = [];
  let held: Beat['callbacks'] = [];
  told.forEach(({ name: stage, title }, at) => {
    const isLast = at === last;
    const callback =
      isLast && end === 'installed'
        ? { seq: at + 1, stage, state: 'installed', ...installedAs(report, index), os }
        : isLast && end === 'failed'
          ? { seq: at + 1, stage, state: 'failed', error: reason }
          : { seq: at + 1, stage, message: title };
    const lines = Array.from({ length: 1 + random.whole(2) }, (_, n) => `${title} (${mac}, ${at + 1}.${n + 1})`);
    if (isLast && reason !== undefined) lines.push(`${reason} (${mac})`);
    const late = random.chance(LATE) && reorder && at > 0 && at < last - 1 && held.length === 0;
    const [twice, later] = [random.chance(TWICE) && dupCallbacks, random.chance(0.5)];
    if (late) {
      overtaken.add(stage);
      held = [callback];
      beats.push({ callbacks: [], lines });
    } else {
      beats.push({ callbacks: [callback, ...held, ...(twice && !later ? [callback] : [])], lines });
      held = twice && later && !isLast ? [callback] : [];
    }
  });
  return {
    mac,
    report,
    os,
    set: { disk: report.disks.find(({ size_gb }) => size_gb >= LEAST_DISK)!.name },
    beats,
    end,
    reason,
    stages: [
      'booting',
      ...told
        .filter(({ name }, at) => !overtaken.has(name) && !(end === 'installed' && at === last))
        .map(({ name }) => name),
    ],
    lines: beats.flatMap(({ lines }) => lines),
  };
}
