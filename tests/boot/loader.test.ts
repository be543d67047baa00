// The bastion's loaders, on machines with a system on each of two disks: the one that was installed last is started.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildLoaders, loaderFor } from '../../bastion/boot/loader.ts';
import { layBench } from './bench.ts';
import { SCREEN } from './machine.ts';

const bench = layBench();
const MEGABYTES = 48;
const SECTOR = 512;
const START = 2_048;

/**
 * The first sector of a disk, as a BIOS runs it: reads the first sector of the drive that it is told it is from, writes the text
 * which that has on the serial port, and starts the machine again. So a drive that is called otherwise than it is would tell.
 */
const CODE = Buffer.from(
  `31c0 8ed8 8ec0 8ed0 bc007c
   bb0080 b80102 b90100 b600 cd13
   bea081 ac 84c0 7406 baf803 ee ebf5
   b0fe e664 f4 ebfd`.replaceAll(/\s/g, ''),
  'hex',
);
const TEXT_AT = 0x1a0;
const TABLE_AT = 0x1be;

interface Disk {
  /** What it says once its first sector runs */
  readonly says: string;
  /** The files of its one partition, by path: texts, or those that lie elsewhere */
  readonly files: Readonly<Record<string, string | { readonly from: string }>>;
}

let made = 0;

/** A disk, and the arguments that give it to a machine: the firmware's loaders are told of those alone that have an index. */
function disk({ says, files }: Disk, index: number): string[] {
  const name = `disk${index}`;
  const path = join(bench.dir, `${name}.img`);
  const bytes = Buffer.alloc(MEGABYTES * 1_048_576);
  CODE.copy(bytes);
  bytes.write(`${says}\r\n`, TEXT_AT, 'latin1');
  // Active, FAT32, from there to the end; then what makes it a boot sector.
  bytes.set([0x80, 0, 0, 0, 0x0c, 0, 0, 0], TABLE_AT);
  const sectors = bytes.length / SECTOR - START;
  bytes.writeUInt32LE(START, TABLE_AT + 8);
  bytes.writeUInt32LE(sectors, TABLE_AT + 12);
  bytes.writeUInt16BE(0x55aa, SECTOR - 2);
  writeFileSync(path, bytes);
  const within = ['-i', `${path}@@${START * SECTOR}`];
  execFileSync('mformat', [...within, '-T', String(sectors), '-h', '16', '-s', '63', '::']);
  execFileSync('mmd', [...within, '::boot', '::EFI', '::EFI/lab', '::EFI/BOOT']);
  for (const [to, content] of Object.entries(files))
    execFileSync('mcopy', [...within, typeof content === 'string' ? kept(content) : content.from, `::${to}`]);
  const device = `virtio-blk-pci,drive=${name},addr=0x${(index + 8).toString(16)},bootindex=${index}`;
  return ['-drive', `if=none,id=${name},file=${path},format=raw`, '-device', device];
}

/** A file with this content. */
function kept(content: string): string {
  const path = join(bench.dir, `file${(made += 1)}`);
  writeFileSync(path, content);
  return path;
}

/** A system that says its name on either kind of firmware, and was installed at a time. */
function installed(name: string, time: number): Disk {
  const program = kept('');
  const says = kept(`echo "${name} runs"\nreboot\n`);
  execFileSync('grub-mkimage', ['-O', 'x86_64-efi', '-c', says, '-p', '/', '-o', program, 'echo', 'reboot']);
  const files = { 'EFI/lab/grubx64.efi': { from: program }, 'boot/lab.cfg': `set lab_installed=${time}\n` };
  return { says: `${name} runs`, files };
}

test.each([
  ['UEFI', 'second'],
  ['UEFI', 'first'],
  ['BIOS', 'second'],
  ['BIOS', 'first'],
] as const)('by %s the system that was installed last is started, on the %s disk', async (firmware, newest) => {
  const loaders = join(bench.dir, 'loaders');
  expect(await buildLoaders(loaders)).toEqual([]);
  const system = (name: 'first' | 'second', index: number) =>
    disk(installed(name, name === newest ? 1_764_000_001 : 1_764_000_000), index);
  const systems = [...system('first', 1), ...system('second', 2)];
  const loader = async (platform: string) => join(loaders, (await loaderFor(platform, loaders))!);
  const ways = {
    // A firmware has no disk yet when it starts a kernel that is put into its memory.
    UEFI: async () => {
      const stick = { says: 'the stick runs', files: { 'EFI/BOOT/BOOTX64.EFI': { from: await loader('efi') } } };
      return { uefi: true, devices: [...disk(stick, 0), ...systems] };
    },
    // As iPXE starts it.
    BIOS: async () => ({ from: { kernel: await loader('pcbios') }, devices: [...SCREEN, ...systems] }),
  };
  const machine = bench.boot(await ways[firmware]());
  await machine.ended;
  expect(machine.said().match(/(first|second|the stick) runs/g), machine.said()).toEqual([`${newest} runs`]);
});
