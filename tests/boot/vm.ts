// A machine of a network's: its firmware boots from the network first, and its disks stay what they are when it is started again.
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { copyFileSync, createReadStream, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MACHINE, SCREEN } from './machine.ts';
import { monitorAt, tellSoon } from './monitor.ts';
import type { Net, Tap } from './net.ts';

interface VmDisk {
  /** A file of the network's folder: a sparse one is made when it is missing */
  readonly name: string;
  readonly serial: string;
  readonly megabytes: number;
  /** What it is filled with from its beginning; nothing when absent */
  readonly content?: Buffer;
}

export interface VmOptions {
  readonly name: string;
  readonly mac: string;
  readonly firmware: Firmware;
  /** In the order of their bus */
  readonly disks: readonly VmDisk[];
  /** Where it is on the network: two machines at once need two places */
  readonly tap?: Tap;
  /** A disc that it boots before anything else */
  readonly disc?: string;
  /** What it has besides, as QEMU's arguments */
  readonly more?: readonly string[];
}

/** UEFI that asks by PXE, UEFI that boots by HTTP, and BIOS */
export type Firmware = 'uefi' | 'uefi-http' | 'bios';

export interface Vm {
  /** What it wrote on its serial port since it was switched on */
  said(): string;
  /** Milliseconds that it has taken of a processor: unlike the time that passed, they tell of it alone. */
  processor(): number;
  /** Gives QEMU's monitor a command. */
  tell(command: string): Promise<void>;
  /** Takes its power away. */
  off(): Promise<void>;
}

const pathOf = (net: Net, disk: string): string => join(net.dir, `${disk}.img`);

function uefi(net: Net, name: string, ...more: string[]): { machine: string[]; nic: string } {
  const variables = join(net.dir, `${name}.fd`);
  if (!existsSync(variables)) copyFileSync('/usr/share/OVMF/OVMF_VARS_4M.fd', variables);
  const machine = [
    ...['-drive', 'if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd'],
    ...['-drive', `if=pflash,format=raw,file=${variables}`],
    ...more,
  ];
  // Without a ROM of QEMU's own, which would be iPXE, the firmware boots by itself.
  return { machine, nic: 'romfile=,' };
}

const firmwares: Readonly<Record<Firmware, (net: Net, name: string) => { machine: string[]; nic: string }>> = {
  uefi,
  // Without the other ways to boot from the network, of which it would try PXE first.
  'uefi-http': (net, name) =>
    uefi(
      net,
      name,
      ...['IPv4PXESupport', 'IPv6PXESupport'].flatMap((what) => ['-fw_cfg', `name=opt/org.tianocore/${what},string=n`]),
    ),
  // SeaBIOS has no network of its own: this is iPXE, as many a NIC has it. And GRUB asks a BIOS without a screen about it for ever.
  bios: () => ({ machine: [...SCREEN], nic: '' }),
};

/** Switches a machine on. */
export function powerOn(net: Net, { name, mac, firmware, disks, tap = 'tap0', disc, more = [] }: VmOptions): Vm {
  const serial = join(net.dir, `${name}.serial`);
  const monitor = join(net.dir, `${name}.monitor`);
  const { machine, nic } = firmwares[firmware](net, name);
  const args = [...MACHINE, '-m', '1152', '-serial', `file:${serial}`, ...machine];
  args.push('-netdev', `tap,id=net,ifname=${tap},script=no,downscript=no`);
  args.push('-device', `virtio-net-pci,${nic}netdev=net,mac=${mac},bootindex=1,addr=0x5`);
  args.push('-device', 'virtio-rng-pci', ...monitorAt(monitor));
  if (disc !== undefined) {
    args.push('-device', 'ahci,id=discs', '-drive', `if=none,id=disc,file=${disc},format=raw,readonly=on`);
    args.push('-device', 'ide-cd,drive=disc,bus=discs.0,bootindex=0');
  }
  for (const [at, disk] of disks.entries()) {
    const path = pathOf(net, disk.name);
    if (!existsSync(path)) {
      writeFileSync(path, disk.content ?? '');
      truncateSync(path, disk.megabytes * 1_000_000);
    }
    args.push('-drive', `if=none,id=disk${at},file=${path},format=raw,cache=unsafe,discard=unmap`);
    // OVMF tells loaders of no disk that has no index.
    const place = `addr=0x${(at + 8).toString(16)},bootindex=${at + 2}`;
    args.push('-device', `virtio-blk-pci,drive=disk${at},serial=${disk.serial},${place}`);
  }
  args.push('-smbios', `type=1,manufacturer=ACME,product=One,serial=${name}`, ...more);
  // Of when it was on before.
  rmSync(serial, { force: true });
  const child = net.start('qemu-system-x86_64', args, `${name}.qemu`);
  const ended = once(child, 'exit');
  return {
    said: () => (existsSync(serial) ? readFileSync(serial, 'utf8') : ''),
    processor: () => {
      // Behind the name of the program, which may have any character, the 12th and 13th, in hundredths of a second: proc(5).
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    tell: (command) => tellSoon(monitor, command),
    async off() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The sum of all bytes of a disk. */
export async function sumOf(net: Net, disk: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(pathOf(net, disk))) hash.update(part as Buffer);
  return hash.digest('hex');
}

/** The first bytes of a disk. */
export async function headOf(net: Net, disk: string, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of createReadStream(pathOf(net, disk), { end: bytes - 1 })) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
