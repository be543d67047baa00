// What a bastion that boots real machines has besides: scripts, installers' files, and the loader for disks.
import type { Logger } from 'pino';
import type { BootWay } from '../common/boot/way.ts';
import { RAMDISK, treeOf } from '../common/install/held.ts';
import { netbootRoutes } from './api/netbootRoutes.ts';
import type { Route } from './api/route.ts';
import type { Boot } from './boot/boot.ts';
import { buildLoaders, loaderFor } from './boot/loader.ts';
import { createNetboot, type BootFiles } from './boot/netboot.ts';
import { ipxeFolders } from './dhcp/bootFiles.ts';
import type { Files } from './files/files.ts';
import type { Attempts } from './install/attempts.ts';
import { ramdiskIdentity, ramdiskState, type RamdiskState } from './ramdisk/identity.ts';

export interface BootServicesOptions {
  readonly dir: string;
  readonly attempts: Attempts;
  readonly boot: Boot;
  readonly files: Files;
  /** Whether the machine with this MAC has this address now */
  readonly proves: (mac: string, address: string) => Promise<boolean>;
  /** How the machine with this MAC boots, where that is not as others do */
  readonly wayOf: (mac: string) => BootWay;
  readonly now: () => number;
  /** Machines have disks to boot from; those that are simulated do not, and need no loader for them */
  readonly hasDisks: boolean;
  readonly log: Logger;
}

/** The routes by which machines boot. What is missing is told in the log, and boots what can be booted without. */
export function startBootServices(options: BootServicesOptions): readonly Route[] {
  const { dir, attempts, boot, files, proves, wayOf, hasDisks, now, log } = options;
  const binaries = ipxeFolders(dir);
  const [beside] = binaries;
  // Nobody waits for it: a machine that comes before is left to its firmware.
  void (hasDisks ? buildLoaders(beside) : Promise.resolve([]))
    .then((problems) => {
      for (const problem of problems)
        log.warn(`${problem}. Until then such machines that are told to boot from disk are left to their firmware`);
    })
    .catch((err: unknown) => log.warn({ err }, `The loaders for disks cannot be kept in ${beside}`));
  const netboot = createNetboot({
    boot,
    attempts,
    files: bootFilesOf(files),
    proves,
    loader: (platform) => loaderFor(platform, beside),
    wayOf,
    now,
  });
  return netbootRoutes({
    boot,
    netboot,
    binaries,
    async fileAt(tree, path) {
      const installed = attempts.open().flatMap(({ plan }) => plan?.profile ?? []);
      return (await files.find(tree, path, installed))?.path;
    },
  });
}

const bootFilesOf = (files: Files): BootFiles => ({
  treeOf,
  async discovery() {
    const { tree, kernel, initrd } = RAMDISK;
    const there = await Promise.all([kernel, initrd].map((path) => files.find(tree, path)));
    return there.every((file) => file !== undefined)
      ? { kernel: `${tree}/${kernel}`, initrd: `${tree}/${initrd}`, build: files.buildOf(tree) ?? undefined }
      : undefined;
  },
});

/** How the ramdisk is that this bastion has. Why it can build none, whoever asks for one is told. */
export async function ramdiskOf(files: Files): Promise<() => RamdiskState> {
  const identity = await ramdiskIdentity().catch(() => undefined);
  return () => ramdiskState(files.buildOf(RAMDISK.tree), identity);
}

/** What machines can boot here, for people. */
export function bootsWhat(simulated: boolean, interfaces: readonly string[], http: boolean): string {
  const what = [
    ...(interfaces.length > 0 ? [`what asks for DHCP on ${interfaces.join(', ')}`] : []),
    ...(http ? ['what DHCP elsewhere sends here'] : []),
    ...(simulated ? ['what is simulated'] : []),
  ];
  return what.join(', ') || 'nothing: this bastion runs without boot services';
}
