// Builds the ramdisk that finds out what a machine is: Debian's kernel, busybox, drivers, and the scripts beside this file.
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { writeDurably } from '../../common/durable.ts';
import { archive, characterDevice, file, folder, link, type Entry } from './cpio.ts';
import { execute, pipeThrough } from './execute.ts';
import { firmwareEntries } from './firmware.ts';
import { nameBuild, ramdiskIdentity, ramdiskScripts } from './identity.ts';
import { withKernel, type KernelSource } from './kernel.ts';
import { moduleLists, ModuleTree, type Module, type Unpack } from './modules.ts';
import { toolEntries, usefulTools } from './tools.ts';
import { RamdiskTrouble } from './trouble.ts';

export interface DiscoveryOptions extends KernelSource {
  /** Where the two files are written */
  readonly dir: string;
  /** A static one, which runs on its own */
  readonly busybox?: string | undefined;
  /** Folders with firmware in them, such as unpacked packages of Debian's */
  readonly firmwareDirs?: readonly string[] | undefined;
  /** Programs to take along where they are on this machine */
  readonly tools?: readonly string[] | undefined;
  readonly onStep?: ((what: string) => void) | undefined;
}

export interface Discovery {
  /** The kernel's version */
  readonly version: string;
  /** Files in the folder */
  readonly kernel: string;
  readonly initrd: string;
  /** Which build it is, as identity.ts says it */
  readonly build: string;
  /** Of the ramdisk: the same input gives the same */
  readonly sha256: string;
  readonly modules: number;
  /** Firmware that drivers ask for and nobody put beside; tools that are not on this machine */
  readonly missing: { readonly firmware: readonly string[]; readonly tools: readonly string[] };
}

const compress = promisify(gzip);

/** Throws RamdiskTrouble, which says what to do, and the system's errors of the disk. */
export async function buildDiscovery(options: DiscoveryOptions): Promise<Discovery> {
  const { dir, busybox = '/bin/busybox', firmwareDirs = [], tools = usefulTools, onStep = () => {} } = options;
  return withKernel(options, onStep, async ({ version, image, modules: folderOfModules }) => {
    onStep('Choosing drivers');
    const tree = await ModuleTree.open(folderOfModules, unpackWith(busybox));
    const modules = await tree.selection();
    const firmware = await firmwareEntries(modules, firmwareDirs);
    const taken = await toolEntries(tools);
    onStep(`Packing ${modules.length} drivers`);
    const packed = [
      ...(await baseEntries(busybox)),
      ...taken.entries,
      ...(await scriptEntries()),
      ...(await moduleEntries(version, folderOfModules, modules)),
      ...firmware.entries,
    ];
    const build = nameBuild(await ramdiskIdentity(), [image, ...archive(packed)]);
    const entries = [...packed, file('lab/build', Buffer.from(`${build}\n`))];
    // As it is: most of it is compressed already, and a machine unpacks the rest more slowly than it gets it.
    const initrd = Buffer.concat([...archive(entries)]);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const paths = { kernel: join(dir, 'vmlinuz'), initrd: join(dir, 'initrd.img') };
    await writeDurably(paths.kernel, image);
    await writeDurably(paths.initrd, initrd);
    return {
      version,
      ...paths,
      build,
      sha256: createHash('sha256').update(initrd).digest('hex'),
      modules: modules.length,
      missing: { firmware: firmware.missing, tools: taken.missing },
    };
  });
}

/** What its compressed modules are unpacked with, by their ending. */
function unpackWith(busybox: string): Unpack {
  const programs: Readonly<Record<string, readonly [string, ...string[]]>> = {
    gz: [busybox, 'gunzip', '-c'],
    xz: [busybox, 'unxz', '-c'],
    zst: ['zstd', '-dcq'],
  };
  return async (content, path) => {
    const [program, ...args] = programs[/\.ko\.(\w+)$/.exec(path)?.[1] ?? ''] ?? [];
    return program === undefined ? content : pipeThrough(program, args, content, `Unpacking ${path}`);
  };
}

async function baseEntries(busybox: string): Promise<Entry[]> {
  const content = await readFile(busybox).catch(() => {
    throw new RamdiskTrouble(`There is no ${busybox}. Install it: apt-get install busybox-static`);
  });
  // The loader that a dynamic program names is in no ramdisk.
  if (content.includes('/ld-linux')) {
    throw new RamdiskTrouble(
      `${busybox} needs libraries. Install the one that does not: apt-get install busybox-static`,
    );
  }
  const applets = (await execute(busybox, ['--list'], `Asking ${busybox} for its programs`))
    .split('\n')
    .filter(Boolean);
  const empty = ['dev', 'etc', 'lib', 'mnt', 'proc', 'root', 'run', 'sys', 'tmp', 'usr', 'var'];
  return [
    ...empty.map(folder),
    link('sbin', 'bin'),
    link('usr/bin', '../bin'),
    link('usr/sbin', '../bin'),
    link('lib64', 'lib'),
    characterDevice('dev/console', 5, 1),
    file('etc/passwd', Buffer.from('root::0:0:root:/root:/bin/sh\n')),
    file('etc/group', Buffer.from('root:x:0:\n')),
    file('etc/shells', Buffer.from('/bin/sh\n')),
    file('bin/busybox', content, true),
    ...applets.filter((name) => name !== 'busybox').map((name) => link(`bin/${name}`, 'busybox')),
  ];
}

async function scriptEntries(): Promise<Entry[]> {
  const scripts = (await ramdiskScripts()).map(({ name, content }) =>
    file(`lab/${name}`, content, name.endsWith('.sh')),
  );
  return [...scripts, link('init', 'lab/init.sh')];
}

/** Each module compressed, as busybox reads it: unpacked, all of them would take the memory of a small machine. */
async function moduleEntries(version: string, from: string, modules: readonly Module[]): Promise<Entry[]> {
  const into = `lib/modules/${version}`;
  const lists = moduleLists(modules, '.ko.gz');
  const files: Entry[] = [
    file(`${into}/modules.dep`, Buffer.from(lists.dep)),
    file(`${into}/modules.alias`, Buffer.from(lists.alias)),
    file(`${into}/modules.builtin`, await readFile(join(from, 'modules.builtin'))),
  ];
  for (const { path, content } of modules)
    files.push(file(`${into}/kernel/${path}.ko.gz`, await compress(content, { level: 6 })));
  return files;
}
