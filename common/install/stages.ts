// The stages of an install, in the order in which they come: one list for profiles, the API, the command line and progress bars.

export interface Stage {
  readonly name: string;
  /** The phase of the attempt that it is part of */
  readonly phase: string;
  /** For people, while it runs */
  readonly title: string;
}

const rows: readonly (readonly [name: string, phase: string, title: string])[] = [
  ['queued', 'QUEUED', 'Waits for its turn at the bastion'],
  ['booting', 'BOOTING', 'Loads the installer from the network'],
  ['pre', 'PRE', 'The installer has started'],
  ['disk', 'PRE', 'Looks for the disk that was chosen'],
  ['partition', 'PARTITION', 'Partitions the disk'],
  ['packages', 'PACKAGES', 'Installs packages'],
  ['image', 'PACKAGES', 'Writes the image'],
  ['post', 'POST', 'Configures the system'],
  ['hostname', 'POST', 'Sets the name of the host'],
  ['network', 'POST', 'Sets the network'],
  ['users', 'POST', 'Makes users'],
  ['ssh', 'POST', 'Sets SSH and its keys'],
  ['k3s-prep', 'POST', 'Prepares the system for k3s'],
  ['scripts', 'POST', "Runs the profile's scripts"],
  ['efi', 'POST', 'Puts the order of boot entries right'],
  ['metadata', 'POST', 'Writes what lab knows of the machine'],
  ['reboot', 'REBOOT', 'Boots from its disk'],
  ['first-boot', 'FIRST_BOOT', 'The installed system has started'],
  ['done', 'DONE', 'The installed system has called back'],
];

/** What the ramdisk does instead of an install. */
const errands: typeof rows = [
  ['wipe', 'PARTITION', 'Wipes the disks'],
  ['wiped', 'DONE', 'The disks are wiped'],
  ['rescue', 'PRE', 'The machine has started into a shell'],
];

const named = (table: typeof rows): readonly Stage[] => table.map(([name, phase, title]) => ({ name, phase, title }));

export const stages: readonly Stage[] = named(rows);

/** Those of attempts that install nothing. */
export const errandStages: readonly Stage[] = named(errands);
