// The disc for machines whose firmware boots from no network: it has BIOS machines run iPXE, and UEFI machines the ramdisk,
// which go on as those do that came from the network.
import { copyFile, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fixed, fixedWords } from '../boot/fixed.ts';
import { discScript } from '../boot/ipxe.ts';
import { CONSOLES } from '../boot/netboot.ts';
import { execute } from '../ramdisk/execute.ts';
import { RamdiskTrouble } from '../ramdisk/trouble.ts';
import { codeOf, isThere } from '../state/files.ts';

export interface IsoOptions {
  /** Where the disc is written */
  readonly dir: string;
  /** The bastion's address as machines reach it, such as `http://10.0.0.1:8080` */
  readonly url: string;
  /** The ramdisk's files */
  readonly ramdisk: { readonly kernel: string; readonly initrd: string };
  /** Folders of iPXE binaries: the first that has one */
  readonly binaries: readonly string[];
  /** The machine that it is for: under UEFI it asks for an address on this NIC alone; undefined for any */
  readonly machine?: DiscMachine | undefined;
}

export interface DiscMachine {
  readonly name: string;
  readonly mac: string;
  /** The address that it has without asking for one */
  readonly fixed?: Fixed | undefined;
}

export interface Iso {
  readonly path: string;
  readonly bytes: number;
}

/** iPXE as a kernel of BIOS machines, as Debian's package ipxe has it. */
const IPXE = 'ipxe.lkrn';

/** What grub-mkrescue leaves out, unsaid, where it is not installed: half a disc is none. Program or file, and package. */
const NEEDED: readonly (readonly [path: string, name: string])[] = [
  ['/usr/lib/grub/i386-pc/moddep.lst', 'grub-pc-bin'],
  ['/usr/lib/grub/x86_64-efi/moddep.lst', 'grub-efi-amd64-bin'],
  ['/usr/bin/xorriso', 'xorriso'],
  ['/usr/bin/mformat', 'mtools'],
];

/** Makes it, in place of the one that was made before. Throws RamdiskTrouble, which says what to do. */
export async function buildIso({ dir, url, ramdisk, binaries, machine }: IsoOptions): Promise<Iso> {
  const lacking = (await Promise.all(NEEDED.map(async ([path, name]) => ((await isThere(path)) ? [] : [name])))).flat();
  if (lacking.length > 0)
    throw new RamdiskTrouble(
      `The disc cannot be made without ${lacking.join(', ')}. Install: apt-get install ${lacking.join(' ')}`,
    );
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const work = await mkdtemp(join(dir, 'work-'));
  try {
    const tree = join(work, 'tree');
    await mkdir(join(tree, 'lab'), { recursive: true });
    await mkdir(join(tree, 'boot/grub'), { recursive: true });
    await copyFile(ramdisk.kernel, join(tree, 'lab/vmlinuz'));
    await copyFile(ramdisk.initrd, join(tree, 'lab/initrd.img'));
    await copyFirst(binaries, join(tree, 'lab', IPXE));
    await writeFile(join(tree, 'lab/script.ipxe'), discScript(url, machine));
    await writeFile(join(tree, 'boot/grub/grub.cfg'), grubConfig(url, machine));
    const made = join(work, 'lab.iso');
    await execute('grub-mkrescue', ['-o', made, tree, '--', '-volid', 'LAB'], 'Making the disc');
    const path = join(dir, machine === undefined ? 'lab.iso' : `lab-${machine.name}.iso`);
    await rename(made, path);
    return { path, bytes: (await stat(path)).size };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function copyFirst(folders: readonly string[], to: string): Promise<void> {
  for (const folder of folders)
    try {
      return await copyFile(join(folder, IPXE), to);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  throw new RamdiskTrouble(`There is no ${IPXE} in ${folders.join(' or ')}. Install it: apt-get install ipxe`);
}

/** GRUB starts what the firmware can run; on the first serial port too, for machines that have nothing else. */
function grubConfig(url: string, machine: DiscMachine | undefined): string {
  const nic =
    machine === undefined ? [] : [`BOOTIF=01-${machine.mac.replaceAll(':', '-')}`, ...fixedWords(machine.fixed)];
  const words = [`bastion.url=${url}`, 'bastion.medium=disc', ...nic, ...CONSOLES];
  return `serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
set default=0
set timeout=3
menuentry "lab" {
  if [ "$grub_platform" = efi ]; then
    linux /lab/vmlinuz ${words.map(quoted).join(' ')}
    initrd /lab/initrd.img
  else
    linux16 /lab/${IPXE}
    initrd16 /lab/script.ipxe
  fi
}
`;
}

/** One word of GRUB's, whatever it has. */
const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
