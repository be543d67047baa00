// Finds the kernel that the ramdisk is built for: in a folder, in a Debian package, or in the one that Debian has now.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute } from './execute.ts';
import { RamdiskTrouble } from './trouble.ts';

export interface KernelSource {
  /** A folder with `boot/vmlinuz-…` and `lib/modules/…` in it */
  readonly kernelTree?: string | undefined;
  /** A file ending in .deb; without either, Debian's package of this architecture is fetched */
  readonly kernelPackage?: string | undefined;
}

export interface Kernel {
  readonly version: string;
  readonly image: Buffer;
  /** Its folder of modules */
  readonly modules: string;
}

/** Hands the kernel to `use`; what had to be unpacked for it is removed afterwards. Throws RamdiskTrouble. */
export async function withKernel<T>(
  { kernelTree, kernelPackage }: KernelSource,
  onStep: (what: string) => void,
  use: (kernel: Kernel) => Promise<T>,
): Promise<T> {
  if (kernelTree !== undefined) return use(await kernelIn(kernelTree));
  const folder = await mkdtemp(join(tmpdir(), 'lab-kernel-'));
  try {
    const archive = kernelPackage ?? (await fetchPackage(folder, onStep));
    onStep(`Unpacking ${archive}`);
    await execute('dpkg', ['-x', archive, join(folder, 'tree')], `Unpacking ${archive}`);
    return await use(await kernelIn(join(folder, 'tree')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Names of Debian's packages, by how Node calls the architecture. */
const PACKAGES: Readonly<Record<string, string>> = { x64: 'linux-image-amd64', arm64: 'linux-image-arm64' };

/** Debian's package is an empty one that needs the kernel's own: `Depends: linux-image-6.1.0-57-amd64 (= …)`. */
async function fetchPackage(folder: string, onStep: (what: string) => void): Promise<string> {
  const meta = PACKAGES[process.arch];
  if (meta === undefined) {
    throw new RamdiskTrouble(
      `Debian's kernel for ${process.arch} is not known here. Give its package: --kernel FILE.deb`,
    );
  }
  const depends = await execute('apt-cache', ['depends', '--important', meta], `Looking for ${meta}`);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) {
    throw new RamdiskTrouble(`apt knows no ${meta}. Run apt-get update, or give a kernel's package: --kernel FILE.deb`);
  }
  onStep(`Downloading ${name}`);
  await execute('apt-get', ['download', '-q', name], `Downloading ${name}`, folder);
  const archive = (await readdir(folder)).find((file) => file.endsWith('.deb'));
  if (archive === undefined) throw new RamdiskTrouble(`apt-get download ${name} left no package behind`);
  return join(folder, archive);
}

async function kernelIn(tree: string): Promise<Kernel> {
  for (const libraries of ['usr/lib/modules', 'lib/modules']) {
    const versions = await readdir(join(tree, libraries)).catch(() => []);
    for (const version of versions.sort().reverse()) {
      const image = await readFile(join(tree, 'boot', `vmlinuz-${version}`)).catch(() => undefined);
      if (image) return { version, image, modules: join(tree, libraries, version) };
    }
  }
  throw new RamdiskTrouble(
    `There is no kernel in ${tree}: boot/vmlinuz-VERSION and lib/modules/VERSION are looked for. Take a package such as linux-image-amd64's`,
  );
}
