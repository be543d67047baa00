// A machine under QEMU, without any help of the processor's, and what it posts to whoever plays the bastion.
import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { monitorAt, tellSoon } from './monitor.ts';
import type { Discovery } from '../../bastion/ramdisk/build.ts';

export interface Heard {
  path: string;
  body: string;
  authorization: string | undefined;
}

export interface Listener {
  /** As the machine reaches it */
  readonly url: string;
  readonly heard: Heard[];
  bodies(path: string): unknown[];
  stop(): Promise<void>;
}

/** Takes what a machine posts, and answers what it asks for: null stands for nothing there. */
export async function listen(answer: (heard: Heard) => string | Buffer | null): Promise<Listener> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const one = { path: request.url!, body, authorization: request.headers.authorization };
      heard.push(one);
      const said = answer(one);
      response.writeHead(said === null ? 404 : 200).end(said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    // QEMU's own network has its host there.
    url: `http://10.0.2.2:${(server.address() as AddressInfo).port}`,
    heard,
    bodies: (path) => heard.filter((one) => one.path === path).map(({ body }) => JSON.parse(body) as unknown),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export interface Machine {
  /** Resolves once it starts again, which ends QEMU here */
  readonly ended: Promise<void>;
  /** What it wrote on its serial port */
  said(): string;
  /** Gives QEMU's monitor a command. */
  tell(command: string): Promise<void>;
  kill(): void;
}

/**
 * A machine without help of the processor's, since one for tests may have none to give. A processor that says it moves bytes
 * fast has the kernel move them one by one, each of them made up; five levels of pages are one more for each miss.
 */
export const MACHINE: readonly string[] = [
  ...['-machine', 'q35', '-accel', 'tcg', '-cpu', 'max,-erms,-fsrm,-la57', '-smp', '1'],
  ...['-nodefaults', '-display', 'none'],
];

/** Which nobody looks at. */
export const SCREEN: readonly string[] = ['-device', 'VGA'];

export interface MachineOptions {
  readonly dir: string;
  /** What it boots: a kernel that is put into its memory, with a ramdisk or without, or a disc; else what its devices have */
  readonly from?:
    { readonly ramdisk: Discovery; readonly append: string } | { readonly kernel: string } | { readonly disc: string };
  readonly uefi?: boolean;
  readonly devices: readonly string[];
}

export function boot({ dir, from, uefi = false, devices }: MachineOptions): Machine {
  const monitor = join(dir, 'monitor');
  const serial = join(dir, 'serial');
  writeFileSync(serial, '');
  const args = [...MACHINE, '-m', '512', '-no-reboot', '-serial', `file:${serial}`, ...monitorAt(monitor)];
  if (from && 'disc' in from) {
    args.push('-device', 'ahci,id=ahci', '-drive', `if=none,id=disc,file=${from.disc},format=raw,readonly=on`);
    args.push('-device', 'ide-cd,drive=disc,bus=ahci.0,bootindex=0');
  } else if (from && 'kernel' in from) {
    args.push('-kernel', from.kernel);
  } else if (from) {
    args.push('-kernel', from.ramdisk.kernel, '-initrd', from.ramdisk.initrd, '-append', from.append);
  }
  if (uefi) {
    const variables = join(dir, 'variables.fd');
    copyFileSync('/usr/share/OVMF/OVMF_VARS_4M.fd', variables);
    args.push('-drive', 'if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd');
    args.push('-drive', `if=pflash,format=raw,file=${variables}`);
  }
  args.push('-netdev', 'user,id=net', ...devices);
  const child: ChildProcess = spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let error = '';
  child.stderr!.on('data', (chunk: Buffer) => void (error += chunk.toString()));
  const said = () => readFileSync(serial, 'utf8');
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`QEMU ended: ${error}\n${said()}`))));
  });
  return { ended, said, tell: (command) => tellSoon(monitor, command), kill: () => void child.kill('SIGKILL') };
}

/** An empty disk of so many megabytes, and the arguments that give it to a machine. */
export function disk(dir: string, name: string, megabytes: number, device: string): string[] {
  const path = join(dir, `${name}.img`);
  writeFileSync(path, '');
  truncateSync(path, megabytes * 1_000_000);
  return ['-drive', `if=none,id=${name},file=${path},format=raw`, '-device', `${device},drive=${name}`];
}
