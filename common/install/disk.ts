// The one disk that an install may write: chosen by a rule from what the machine reported, and known again by what it
// says of itself. Where none or several fit nothing is chosen.
import type { DiskRule, PlannedDisk, Profile } from './plan.ts';
import { type Checked, right, wrong } from '../checked.ts';
import { usableSerial } from '../junk.ts';

/** A disk as a machine reported it. */
export interface Disk {
  readonly name: string;
  /** Decimal gigabytes */
  readonly sizeGb: number | null;
  readonly model: string | null;
  readonly serial: string | null;
  readonly wwn: string | null;
  readonly transport: string | null;
  readonly rotational: boolean | null;
  readonly removable: boolean | null;
}

/** Which disk somebody wants instead of what the rule says, and where that was said. */
export interface WantedDisk {
  /** `serial:SERIAL`, `wwn:WWN` or a name */
  readonly text: string;
  readonly field: string;
}

/** Systems write the same WWN with and without what kind of one it is. */
const bareWwn = (wwn: string): string =>
  wwn
    .trim()
    .toLowerCase()
    .replace(/^(?:0x|naa\.|eui\.|uuid\.|t10\.)/, '');

const sameSerial = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

const has: Readonly<Record<'serial' | 'wwn' | 'name', (disk: Disk, wanted: string) => boolean>> = {
  serial: ({ serial }, wanted) => serial !== null && sameSerial(serial, wanted),
  wwn: ({ wwn }, wanted) => wwn !== null && bareWwn(wwn) === bareWwn(wanted),
  name: ({ name }, wanted) => name === wanted.replace(/^\/dev\//, ''),
};

/** What a disk is called when people or a rule speak of it; undefined when it cannot be told apart from others. */
function told(disk: Disk, among: readonly Disk[]): Pick<PlannedDisk, 'serial' | 'wwn'> | undefined {
  const others = among.filter((one) => one !== disk);
  const serial = usableSerial(disk.serial) ?? null;
  const own = {
    serial: serial !== null && others.some((one) => has.serial(one, serial)) ? null : serial,
    wwn: disk.wwn !== null && others.some((one) => has.wwn(one, disk.wwn!)) ? null : disk.wwn,
  };
  return own.serial === null && own.wwn === null ? undefined : own;
}

const kindOf = ({ name, transport, rotational }: Disk): DiskRule['kind'] => {
  if (transport === 'nvme' || name.startsWith('nvme')) return 'nvme';
  return rotational === null ? null : rotational ? 'hdd' : 'ssd';
};

export const isRemovable = ({ removable, transport }: Disk): boolean => removable === true || transport === 'usb';

function fits(rule: DiskRule, disk: Disk): boolean {
  const { serial, wwn, minGb, maxGb, kind, removable } = rule;
  const { sizeGb } = disk;
  return (
    (serial === null || has.serial(disk, serial)) &&
    (wwn === null || has.wwn(disk, wwn)) &&
    (minGb === null || (sizeGb !== null && sizeGb >= minGb)) &&
    (maxGb === null || (sizeGb !== null && sizeGb <= maxGb)) &&
    (kind === null || kindOf(disk) === kind) &&
    (removable || !isRemovable(disk))
  );
}

/** Those with the least, or the most, of what is known; all of them where one's size is not known. */
function picked(pick: DiskRule['pick'], disks: readonly Disk[]): readonly Disk[] {
  if (pick === 'only' || disks.some(({ sizeGb }) => sizeGb === null)) return disks;
  const sizes = disks.map(({ sizeGb }) => sizeGb!);
  const wanted = pick === 'smallest' ? Math.min(...sizes) : Math.max(...sizes);
  return disks.filter(({ sizeGb }) => sizeGb === wanted);
}

const described = ({ name, sizeGb, model, serial, wwn }: Disk): string => {
  const said = [
    sizeGb === null ? '' : `${sizeGb} GB`,
    model ?? '',
    serial === null ? '' : `serial ${serial}`,
    wwn === null ? '' : `WWN ${wwn}`,
  ].filter(Boolean);
  return said.length === 0 ? name : `${name} (${said.join(', ')})`;
};

const all = (disks: readonly Disk[]): string => disks.map(described).join(', ');

/** How a disk is asked for, such as `serial:D1`; undefined when it cannot be told apart from others. */
export function inWords(disk: Disk, among: readonly Disk[]): string | undefined {
  const own = told(disk, among);
  return own && (own.serial === null ? `wwn:${own.wwn}` : `serial:${own.serial}`);
}

/** What to type to choose one of them. */
function choices(disks: readonly Disk[], among: readonly Disk[]): string {
  const said = disks.flatMap((disk) => {
    const words = inWords(disk, among);
    return words === undefined ? [] : [`--set disk=${words}`];
  });
  return said.length === 0
    ? 'Boot it into discovery, so that it reports its disks anew.'
    : `Say which: ${said.join(' or ')}.`;
}

const NOT_SAID = 'input.set.disk';

/** A disk as the plan has it, unless it cannot be known again. */
function planned(disk: Disk, among: readonly Disk[], field: string): Checked<PlannedDisk> {
  const own = told(disk, among);
  if (own !== undefined) return right({ name: disk.name, ...own, sizeGb: disk.sizeGb });
  return wrong(
    field,
    `Disk ${described(disk)} has neither a serial number nor a WWN of its own: the installer could not tell it from another.`,
    choices(
      among.filter((one) => one !== disk),
      among,
    ),
  );
}

function wantedDisk({ text, field }: WantedDisk, disks: readonly Disk[]): Checked<PlannedDisk> {
  const [, way = 'name', value = text] = /^(serial|wwn|name):(.*)$/.exec(text) ?? [];
  const found = disks.filter((disk) => has[way as keyof typeof has](disk, value));
  if (found.length === 1) return planned(found[0]!, disks, field);
  return wrong(
    field,
    `${found.length === 0 ? 'No disk' : 'More than one disk'} is ${text.slice(0, 120)}. It has ${all(disks)}.`,
    choices(disks, disks),
  );
}

/** The disk of a machine that an install goes to: the wanted one, else the one that the rule leaves. */
export function chooseDisk(rule: DiskRule, disks: readonly Disk[], wanted?: WantedDisk): Checked<PlannedDisk> {
  if (disks.length === 0)
    return wrong(
      wanted?.field ?? NOT_SAID,
      'The machine has reported no disk.',
      'Boot it into discovery first, so that its disks are known.',
    );
  if (wanted) return wantedDisk(wanted, disks);
  const fitting = disks.filter((disk) => fits(rule, disk));
  const left = picked(rule.pick, fitting);
  if (left.length === 1) return planned(left[0]!, disks, NOT_SAID);
  return left.length === 0
    ? wrong(NOT_SAID, `None of its disks is what the profile asks for: ${all(disks)}.`, choices(disks, disks))
    : wrong(NOT_SAID, `Several of its disks are what the profile asks for: ${all(left)}.`, choices(left, disks));
}

/** The disk for a profile: the one that a parameter names, else by its rule. Null for what may write to none. */
export function diskFor(
  { disk: rule, needs, installer }: Pick<Profile, 'disk' | 'needs' | 'installer'>,
  disks: readonly Disk[],
  wanted: unknown,
): Checked<PlannedDisk | null> {
  // What a profile of one's own brings may not write to any.
  if (installer === 'custom' && disks.length === 0) return right(null);
  const least = Math.max(rule.minGb ?? 0, needs.diskGb ?? 0);
  const whole = { ...rule, minGb: least === 0 ? null : least };
  return typeof wanted === 'string'
    ? chooseDisk(whole, disks, { text: wanted, field: NOT_SAID })
    : chooseDisk(whole, disks);
}
