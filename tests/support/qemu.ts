// A blank machine under QEMU that tests power: its process is its power, and QMP its buttons. What it sends to the network is kept.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Machine } from './redfish.ts';

export interface QemuMachine extends Required<Machine> {
  /** How often it asked the network what to boot: DHCPDISCOVERs of its firmware */
  asked(): Promise<number>;
  remove(): Promise<void>;
}

/** The magic cookie of DHCP and the option that says DISCOVER. */
const DISCOVER = Buffer.from('63825363350101', 'hex');

function count(haystack: Buffer, needle: Buffer): number {
  let found = 0;
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) found += 1;
  return found;
}

export async function blankMachine(): Promise<QemuMachine> {
  const dir = await mkdtemp(join(tmpdir(), 'lab-qemu-'));
  const qmp = join(dir, 'qmp');
  const capture = join(dir, 'net.pcap');
  let child: ChildProcess | undefined;
  let before = 0;
  /** What it boots from when it starts next */
  let next: 'c' | 'n' = 'c';

  const isOn = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const asked = async () => before + count(await readFile(capture).catch(() => Buffer.alloc(0)), DISCOVER);

  /** Runs commands in one session. */
  async function tell(...commands: object[]): Promise<void> {
    const socket = connect(qmp);
    await once(socket, 'connect');
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    await lines.next();
    for (const command of [{ execute: 'qmp_capabilities' }, ...commands]) {
      socket.write(`${JSON.stringify(command)}\n`);
      for (;;) {
        const { value, done } = await lines.next();
        if (done) break;
        const answer = JSON.parse(String(value)) as { return?: unknown; error?: { desc: string } };
        if (answer.error) throw new Error(answer.error.desc);
        if ('return' in answer) break;
      }
    }
    socket.destroy();
  }

  async function on(): Promise<void> {
    if (isOn()) return;
    // QEMU begins the capture anew.
    before = await asked();
    const words = `-accel tcg -m 64 -display none -serial none -boot order=${next} -nic user,id=net,model=e1000
      -object filter-dump,id=dump,netdev=net,file=${capture} -qmp unix:${qmp},server=on,wait=off`.split(/\s+/);
    next = 'c';
    child = spawn('qemu-system-x86_64', words, { stdio: 'ignore' });
    for (;;) {
      if (!isOn()) throw new Error('QEMU ended at once');
      const there = await tell().then(
        () => true,
        () => false,
      );
      if (there) return;
      await sleep(50);
    }
  }

  async function off(): Promise<void> {
    if (!isOn()) return;
    const ended = once(child!, 'exit');
    child!.kill('SIGKILL');
    await ended;
  }

  return {
    isOn,
    on,
    off,
    async restart() {
      await tell(
        { execute: 'human-monitor-command', arguments: { 'command-line': `boot_set ${next}` } },
        { execute: 'system_reset' },
      );
      next = 'c';
    },
    netboot: () => void (next = 'n'),
    asked,
    async remove() {
      await off();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
