// The loaders that boot the disk of a machine which came from the network: GRUB, which looks for the system that was installed
// last, on whichever disk it is. Firmware that iPXE merely leaves may stand still, or boots the disk that it has for the first.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isThere } from '../state/files.ts';

/** A kind of firmware, and GRUB as it runs it. */
interface Kind {
  /** As iPXE calls it */
  readonly platform: 'efi' | 'pcbios';
  readonly title: string;
  readonly format: string;
  readonly ending: string;
  /** What makes a Linux kernel of it, which iPXE starts and leaves no trace beside; null for a program of the firmware's own */
  readonly before: string | null;
  readonly modules: string;
  readonly package: string;
}

/** What the configuration uses, and what a disk may be read with. */
const MODULES =
  'memdisk tar part_gpt part_msdos fat ext2 xfs btrfs chain search search_fs_file test echo normal configfile minicmd regexp';

const kinds: readonly Kind[] = [
  {
    platform: 'efi',
    title: 'UEFI',
    format: 'x86_64-efi',
    ending: 'efi',
    before: null,
    modules: MODULES,
    package: 'grub-efi-amd64-bin',
  },
  {
    platform: 'pcbios',
    title: 'BIOS',
    format: 'i386-pc',
    ending: 'lnx',
    before: '/usr/lib/grub/i386-pc/lnxboot.img',
    modules: `${MODULES} biosdisk drivemap`,
    package: 'grub-pc-bin',
  },
];

/**
 * Loaders of installed systems: that of our images, which a disk with another system may lie beside; the signed ones before the
 * others; the last is the name that every firmware falls back to.
 */
const SYSTEMS = [
  '/EFI/lab/grubx64.efi',
  '/EFI/fedora/shimx64.efi',
  '/EFI/debian/shimx64.efi',
  '/EFI/ubuntu/shimx64.efi',
  '/EFI/fedora/grubx64.efi',
  '/EFI/debian/grubx64.efi',
  '/EFI/ubuntu/grubx64.efi',
  '/EFI/BOOT/BOOTX64.EFI',
];

/**
 * What an install leaves in /boot, which may be a partition of its own, says when it was made. Without any, the firmware's own
 * order of disks counts. Drives of BIOS change places, since many a loader there knows the first one alone.
 */
const CONFIG = `set newest=0
for part in (hd*,*); do
  for file in $part/boot/lab.cfg $part/lab.cfg; do
    if [ -f $file ]; then
      set lab_installed=0
      source $file
      if [ "$lab_installed" -gt "$newest" ]; then
        set newest=$lab_installed
        regexp --set=1:disk '^.([^,]+),' $part
      fi
    fi
  done
done
if [ "$grub_platform" = efi ]; then
  if [ -n "$disk" ]; then
    for loader in ${SYSTEMS.join(' ')}; do
      for part in ($disk,*); do
        if [ -f $part$loader ]; then
          echo "lab: starting what was installed last: $part$loader"
          # What is started finds its own files on the root device.
          set root=$part
          if chainloader $part$loader; then boot; fi
        fi
      done
    done
  fi
  for loader in ${SYSTEMS.join(' ')}; do
    search --no-floppy --file --set=found $loader
    if [ -n "$found" ]; then
      echo "lab: starting ($found)$loader"
      set root=$found
      if chainloader $loader; then boot; fi
    fi
    unset found
  done
else
  for one in $disk hd0 hd1 hd2 hd3; do
    echo "lab: starting ($one)"
    set root=$one
    if [ $one != hd0 ]; then drivemap -s (hd0) ($one); fi
    if chainloader ($one)+1; then boot; fi
    drivemap -r
  done
fi
exit
`;

const run = promisify(execFile);

/** The name of a loader says what is in it: one that another version made is not taken for this version's. */
const mark = createHash('sha256')
  .update(JSON.stringify([CONFIG, kinds]))
  .digest('hex')
  .slice(0, 8);
const nameOf = ({ ending }: Kind): string => `lab-disk-${mark}.${ending}`;

/** How the loader is called that boots the disk where iPXE calls the platform so; undefined where there is none. */
export function loaderName(platform: string): string | undefined {
  const kind = kinds.find((one) => one.platform === platform);
  return kind && nameOf(kind);
}

/** The same, once it is in a folder. */
export async function loaderFor(platform: string, folder: string): Promise<string | undefined> {
  const name = loaderName(platform);
  return name !== undefined && (await isThere(join(folder, name))) ? name : undefined;
}

/** Makes those that are not in a folder yet, and removes other versions'. Returns what could not be made, and what to install. */
export async function buildLoaders(folder: string): Promise<string[]> {
  const problems: string[] = [];
  for (const kind of kinds)
    if (!(await isThere(join(folder, nameOf(kind)))))
      await build(kind, folder).catch((error: unknown) =>
        problems.push(
          `The loader for disks of ${kind.title} machines cannot be made: ${(error as Error).message.split('\n')[0]}. Install GRUB: apt-get install grub-common ${kind.package}`,
        ),
      );
  const present = await readdir(folder).catch(() => []);
  for (const name of present)
    if (/^lab-disk(-[0-9a-f]{8})?\.(efi|lnx)$/.test(name) && !kinds.some((kind) => nameOf(kind) === name))
      await rm(join(folder, name), { force: true });
  return problems;
}

async function build(kind: Kind, folder: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'lab-loader-'));
  try {
    const config = join(work, 'grub.cfg');
    await writeFile(config, CONFIG);
    // Its language is not quite a shell's, and what it does not read ends in a prompt.
    await run('grub-script-check', [config]);
    // Beside its configuration it finds no more modules, and none is looked for: machines load it each time that they start.
    const [made, disk] = [join(work, 'made'), join(work, 'disk.tar')];
    await run('tar', ['-C', work, '-cf', disk, 'grub.cfg']);
    const from = ['-O', kind.format, '-m', disk, '-p', '(memdisk)/', '-o', made];
    await run('grub-mkimage', [...from, ...kind.modules.split(' ')]);
    const parts = [...(kind.before === null ? [] : [kind.before]), made];
    const bytes = Buffer.concat(await Promise.all(parts.map((path) => readFile(path))));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Nobody is given half of it: in the folder it appears whole.
    const to = join(folder, nameOf(kind));
    await writeFile(`${to}.new`, bytes);
    await rename(`${to}.new`, to);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
