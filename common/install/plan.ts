// What labd orders a bastion to install: a profile, the values of its parameters, and the one disk, all of it decided.
// Shapes alone: both sides and the renderer share them.

/** Programs that install a system unattended; `image` is our own ramdisk, `custom` what a profile's files bring. */
export const installers = ['kickstart', 'preseed', 'autoinstall', 'image', 'custom'] as const;
export type Installer = (typeof installers)[number];

type Architecture = 'x86_64' | 'aarch64';

/** What a file of a profile is for. Kernel, initrd and stage2 of one tree change together. */
export type FileUse = 'kernel' | 'initrd' | 'stage2' | 'root';

/** A file that a bastion has to have before it can install a profile. */
export interface ProfileFile {
  readonly use: FileUse;
  /** Below the mirror's address, such as `dists/trixie/…/linux` */
  readonly path: string;
  /** Null where the mirror's list of sums says it */
  readonly bytes: number | null;
  /** In hexadecimal; null where the mirror's list of sums says it */
  readonly sha256: string | null;
}

/** Where a mirror lists the sums of its files. */
export interface SumList {
  readonly form: 'treeinfo' | 'sha256sums';
  /** Below the mirror's address; paths in it are relative to its folder */
  readonly path: string;
}

/** Kinds of values that a parameter takes. */
export type ParameterType = 'text' | 'number' | 'flag' | 'texts' | 'users' | 'bond';

/** Something that an install can be told. */
export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  /** Null for none */
  readonly default: unknown;
  readonly required: boolean;
  /** Its value is the name of a Secret, and only the machine gets what that keeps */
  readonly secret: boolean;
  readonly help: string;
}

/** A person on the installed system. */
export interface SystemUser {
  readonly name: string;
  readonly groups: readonly string[];
  readonly sshKeys: readonly string[];
  /** May become root */
  readonly admin: boolean;
}

/** Network interfaces that act as one. */
export interface Bond {
  readonly name: string;
  /** As Linux calls it, such as `active-backup` or `802.3ad` */
  readonly mode: string;
  /** Of its members */
  readonly macs: readonly string[];
}

/** What a machine must have. */
export interface Needs {
  /** GiB */
  readonly memoryGb: number | null;
  /** Decimal gigabytes of the disk */
  readonly diskGb: number | null;
  /** Any where empty */
  readonly firmware: readonly ('UEFI' | 'BIOS')[];
}

/** Which disk an install goes to. All that is said must hold; where several disks fit, `pick` decides, else none is taken. */
export interface DiskRule {
  readonly serial: string | null;
  readonly wwn: string | null;
  /** Decimal gigabytes */
  readonly minGb: number | null;
  readonly maxGb: number | null;
  readonly kind: 'nvme' | 'ssd' | 'hdd' | null;
  readonly removable: boolean;
  readonly pick: 'only' | 'smallest' | 'largest';
}

export interface Profile {
  readonly name: string;
  readonly title: string;
  readonly installer: Installer;
  readonly architecture: Architecture;
  /** Its makers mend it no more */
  readonly endOfLife: boolean;
  /** Address of the mirror that its files are below */
  readonly mirror: string;
  readonly sums: SumList | null;
  readonly files: readonly ProfileFile[];
  readonly kernelArguments: readonly string[];
  /** Texts by file name: what the installer is told to do */
  readonly templates: Readonly<Record<string, string>>;
  readonly parameters: readonly Parameter[];
  readonly needs: Needs;
  readonly disk: DiskRule;
  /** Names out of stages.ts, in their order */
  readonly stages: readonly string[];
}

/** The one disk that may be written: found again by what it says of itself before anything is. */
export interface PlannedDisk {
  readonly name: string;
  readonly serial: string | null;
  readonly wwn: string | null;
  /** Decimal gigabytes */
  readonly sizeGb: number | null;
}

export interface PlannedMachine {
  readonly name: string;
  /** The one that it boots from first */
  readonly macs: readonly string[];
  readonly firmware: 'UEFI' | 'BIOS' | null;
  readonly arch: string | null;
  readonly vendor: string | null;
  readonly product: string | null;
}

/** Everything about one install, but for its token and the values of secrets. */
export interface InstallPlan {
  readonly profile: Profile;
  /** The revision of the profile that it was made from */
  readonly revision: string;
  /** Values by name, as their types have them; a secret's is the name of the Secret */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly disk: PlannedDisk | null;
  readonly machine: PlannedMachine;
}
