// Programs under measurement: started, asked how much processor they used, ended by pid.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Running {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const started = new Set<ChildProcess>();
process.once('exit', () => started.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a program and waits until an address of it answers; throws with its last words when it ends instead. */
export async function start(
  file: string,
  args: string[],
  env: Record<string, string>,
  url: string,
  ready: string,
): Promise<Running> {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  started.add(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2_000)));
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`${file} ${args.join(' ')} ended: ${said}`);
    const answer = await fetch(new URL(ready, url)).catch(() => undefined);
    if (answer && answer.status < 500) break;
    await sleep(100);
  }
  const stop = async () => {
    started.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  };
  return { url, pid: child.pid!, stop };
}

const fieldsOf = (pid: number | string): string[] => {
  const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return line.slice(line.lastIndexOf(')') + 2).split(' ');
};

/** Processor time of a process so far, milliseconds. The kernel counts in hundredths of a second. */
export function cpuOf(pid: number): number {
  const fields = fieldsOf(pid);
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Processor time of a process and its children, those that have ended included, milliseconds. */
export function cpuOfFamily(parent: number): number {
  const fields = fieldsOf(parent);
  const ended = (Number(fields[13]) + Number(fields[14])) * 10;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .reduce((sum, pid) => {
      try {
        return pid === String(parent) || fieldsOf(pid)[1] === String(parent) ? sum + cpuOf(Number(pid)) : sum;
      } catch {
        return sum;
      }
    }, ended);
}

export const parentOf = (pid: number): number => Number(fieldsOf(pid)[1]);

/** Resident memory of a process, MB. */
export function memoryOf(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1];
  return Math.round(Number(kilobytes) / 1024);
}
