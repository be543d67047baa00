// Whether a machine will boot the disk that its system goes to: one with BIOS is told to boot its first drive, and no other.
import { type Disk, inWords, isRemovable } from './disk.ts';
import type { PlannedDisk } from './plan.ts';

/** What is known of how a machine boots. */
interface Booting {
  readonly firmware: string | null;
  /** What somebody said of how iPXE is left for its disk: who did knows the machine */
  readonly leave?: unknown;
}

/** Its first drive, as far as names tell: a BIOS has an order of its own, which no system is told. */
const firstOf = (disks: readonly Disk[]): Disk | undefined =>
  disks
    .filter((disk) => !isRemovable(disk))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))[0];

/** What may keep a machine from booting what is installed on this disk, and what to do; null where nothing is known. */
export function bootWarning(
  { firmware, leave }: Booting,
  disks: readonly Disk[],
  disk: PlannedDisk | null,
): string | null {
  if (firmware !== 'BIOS' || leave !== undefined || disk === null) return null;
  const first = firstOf(disks);
  if (first === undefined || first.name === disk.name) return null;
  const choice = inWords(first, disks);
  return `It boots by BIOS, which is told to boot the first drive alone: probably ${first.name}, and the system goes to ${disk.name}. ${choice === undefined ? 'Install there' : `Install there with --set disk=${choice}`}, or have its BIOS put ${disk.name} first.`;
}
