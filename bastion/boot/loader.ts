// The loader that boots the disk of a UEFI machine which came from the network: GRUB, which looks for the system's own loader.
// Firmware that iPXE merely leaves may stand still instead of trying the disk.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isThere } from '../state/files.ts';

/** As machines ask for it. */
export const LOADER = 'lab-disk.efi';

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

const CONFIG = `for loader in ${SYSTEMS.join(' ')}; do
  search --no-floppy --file --set=found $loader
  if [ -n "$found" ]; then
    echo "lab: starting ($found)$loader"
    # What is started finds its own files on the root device.
    set root=$found
    if chainloader $loader; then boot; fi
  fi
  unset found
done
exit
`;

/** What the configuration uses, and what a disk may be read with. */
const MODULES = 'part_gpt part_msdos fat chain search search_fs_file test echo normal configfile minicmd';

const run = promisify(execFile);

/** Whether the loader is in a folder. */
export const hasLoader = (folder: string): Promise<boolean> => isThere(join(folder, LOADER));

/** Makes the loader in a folder. Throws Error, with what to install, where GRUB is not there. */
export async function buildLoader(folder: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'lab-loader-'));
  try {
    await writeFile(join(work, 'grub.cfg'), CONFIG);
    // Its language is not quite a shell's, and what it does not read ends in a prompt.
    await run('grub-script-check', [join(work, 'grub.cfg')]);
    const made = join(work, LOADER);
    const config = `boot/grub/grub.cfg=${join(work, 'grub.cfg')}`;
    await run('grub-mkstandalone', ['-O', 'x86_64-efi', '-o', made, `--modules=${MODULES}`, config]);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Nobody is given half of it: in the folder it appears whole.
    await copyFile(made, join(folder, `${LOADER}.new`));
    await rename(join(folder, `${LOADER}.new`), join(folder, LOADER));
  } catch (error) {
    throw new Error(
      `The loader for disks of UEFI machines cannot be made: ${(error as Error).message.split('\n')[0]}. Install GRUB: apt-get install grub-common grub-efi-amd64-bin`,
      { cause: error },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
