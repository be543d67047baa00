// The lives of simulated machines: what happens to one machine is in order, what happens to several is concurrent.
import { installedAs, machines, type MachineReport } from './machines.ts';
import { randomFrom, type Random } from './random.ts';

/** What a machine says of itself, and the install that somebody asks for after that, if any. */
export interface Story {
  mac: string;
  report: MachineReport;
  install?: PlannedInstall;
}

/** An install, and what its installer calls back with; a machine that is never switched on calls nothing. */
export interface PlannedInstall {
  os: string;
  role: 'CONTROL_PLANE' | 'WORKER';
  /** Which of its disks, since labd takes none of several */
  set: { disk: string };
  callbacks: readonly object[];
}

export interface StoryOptions {
  /** How many machines */
  servers: number;
  /** The same seed makes the same machines and the same trouble; 1 by default */
  seed?: number;
  /** Share of machines, 0 to 1, that report twice */
  duplicates?: number;
  /** In another order than the one they were made in */
  reorder?: boolean;
  /** Share of machines whose vendor left placeholders where serials should be */
  junkSerials?: number;
  /** Share of machines whose last interface is later found in another one */
  movedNics?: number;
  /** Half of them are provisioned, and most of those installed or failed */
  states?: boolean;
}

const JUNK_SERIALS = [
  'To Be Filled By O.E.M.',
  'Default string',
  'System Serial Number',
  '0',
  '00000000',
  'None',
  'Not Specified',
];
const JUNK_UUIDS = [
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '03000200-0400-0500-0006-000700080009',
];
const SYSTEMS = ['fedora-43', 'debian-13'];

/** What is sent, in phases: the next one begins when the one before is done. */
export function stories(options: StoryOptions): Story[][] {
  const {
    servers,
    seed = 1,
    duplicates = 0,
    reorder = false,
    junkSerials = 0,
    movedNics = 0,
    states = false,
  } = options;
  // Each kind of trouble has its own chance, so that asking for one leaves the others as they were.
  const reports = withPlaceholders(machines({ servers, seed }), junkSerials, randomFrom(seed, -1));
  const lives = randomFrom(seed, -2);
  const first = reports.map((report, index): Story => {
    const install = states ? life(report, index, lives) : undefined;
    return { ...discovered(report), ...(install && { install }) };
  });
  const twice = randomFrom(seed, -3);
  const again = reports.filter(() => twice.chance(duplicates)).map(discovered);
  const all = [...first, ...again];
  const moves = withMovedNics(reports, movedNics, randomFrom(seed, -4)).map(discovered);
  const order = randomFrom(seed, -5);
  return [reorder ? order.shuffle(all) : all, reorder ? order.shuffle(moves) : moves].filter(
    (phase) => phase.length > 0,
  );
}

const discovered = (report: MachineReport): Story => ({ mac: report.mac, report });

function withPlaceholders(reports: readonly MachineReport[], share: number, random: Random): MachineReport[] {
  return reports.map((report) => {
    const [serial, uuid, junk] = [random.pick(JUNK_SERIALS), random.pick(JUNK_UUIDS), random.chance(share)];
    return junk ? { ...report, serial, uuid } : report;
  });
}

/** Provisioned, and perhaps installed or failed. */
function life(report: MachineReport, index: number, random: Random): PlannedInstall | undefined {
  const fate = random.next();
  const role = random.chance(0.2) ? 'CONTROL_PLANE' : 'WORKER';
  const os = random.pick(SYSTEMS);
  const [disk] = report.disks;
  if (fate < 0.5 || disk === undefined) return undefined;
  const set = { disk: disk.name };
  if (fate < 0.6) return { os, role, set, callbacks: [] };
  if (fate < 0.7) {
    const failed = { stage: 'packages', state: 'failed', error: 'No space left on device' };
    return { os, role, set, callbacks: [{ stage: 'partition' }, failed] };
  }
  const packages = { stage: 'packages', message: 'Installing 412 packages' };
  const done = { stage: 'done', state: 'installed', ...installedAs(report, index), os };
  return { os, role, set, callbacks: [{ stage: 'partition' }, packages, { stage: 'reboot' }, done] };
}

/** Two reports for each move: the one that lost the interface, and the one that has it now. */
function withMovedNics(reports: readonly MachineReport[], share: number, random: Random): MachineReport[] {
  const able = random.shuffle(reports.filter(({ nics }) => nics.length > 1));
  const moves = Math.min(Math.round(reports.length * share), Math.floor(able.length / 2));
  return Array.from({ length: moves }, (_, at) => {
    const [from, to] = [able[2 * at]!, able[2 * at + 1]!];
    const moved = from.nics.at(-1)!;
    return [
      { ...from, nics: from.nics.slice(0, -1) },
      { ...to, nics: [...to.nics, { ...moved, name: `${moved.name}b`.slice(0, 15) }] },
    ];
  }).flat();
}
