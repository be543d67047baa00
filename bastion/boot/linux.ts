// What a ramdisk is told that was booted from a disc or a stick: what iPXE is told otherwise, in words that a shell reads.
// The ramdisk starts the next kernel by kexec, so that a machine whose firmware knows no network goes the same way.
import { word, type KernelBoot } from './ipxe.ts';

/** As machines name the platform that asks. */
export const LINUX = 'linux';

/** A line for each thing; a ramdisk of the same build need not start anew. Throws UnsafeWord. */
export const kernelWords = ({ kernel, initrd, arguments: args, build }: Omit<KernelBoot, 'title'>): string =>
  [
    'boot',
    `kernel ${word(kernel)}`,
    `initrd ${word(initrd)}`,
    `arguments ${args.map(word).join(' ')}`,
    ...(build === undefined ? [] : [`build ${word(build)}`]),
    '',
  ].join('\n');

/** It asks again by itself. */
export const waitWords = (why: string): string => `wait ${why}\n`;

/** Where nothing of ours is on the disk, the ramdisk goes on; else the machine boots its disk. */
export const words = { discover: 'discover\n', disk: 'disk\n' } as const;
