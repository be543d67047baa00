// Runs the built labd as a process of its own, on a port that is free and in a directory that goes away.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHORT_LIVED } from '../../support/flags.ts';

export interface LabdProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly data: string;
  /** What the administrator sends with each request */
  readonly headers: Record<string, string>;
  /** All that it has said, on both streams */
  output(): string;
  /** The code or signal it ended with */
  readonly ended: Promise<number | string>;
}

/** Begins a process; it may be one that refuses to start. */
export function spawnLabd(args: string[], env: Record<string, string> = {}, flags: readonly string[] = SHORT_LIVED) {
  const child = spawn(process.execPath, [...flags, 'dist/labd.js', ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LABD_TLS_PORT: '0', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => void (said += data.toString()));
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal!)),
  );
  return { child, ended, output: () => said };
}

export const temporaryDirectory = () => mkdtemp(join(tmpdir(), 'labd-'));

/** Starts labd and waits until it is ready. */
export async function startLabdProcess(
  data: string,
  env: Record<string, string> = {},
  flags?: readonly string[],
): Promise<LabdProcess> {
  const { child, ended, output } = spawnLabd(['--port', '0', '--data', data], env, flags);
  const url = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const found = /"url":"([^"]+)"/.exec(output())?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stderr.on('data', look);
    void ended.then((how) => reject(new Error(`labd ended (${how}): ${output()}`)));
  });
  // The token is in its file before labd answers; the address is logged when it does.
  const headers = { authorization: `Bearer ${readFileSync(join(data, 'admin-token'), 'utf8').trim()}` };
  return { child, url, data, headers, output, ended };
}

/** Ends what is still there, and its directory with it. */
export async function endLabd(labd: LabdProcess | undefined): Promise<void> {
  if (labd === undefined) return;
  labd.child.kill('SIGKILL');
  await labd.ended;
  await rm(labd.data, { recursive: true, force: true, maxRetries: 5 });
}
