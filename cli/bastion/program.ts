// Starts lab-bastion, here or apart from the terminal, and ends it.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../terminal/errors.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type BastionHealth, healthIn } from './health.ts';

/** Milliseconds for a bastion to begin and to end, and between two looks. */
const BEGINS = 30_000;
const ENDS = 30_000;
const PAUSE = 100;
/** Lines of its log that tell why it did not begin. */
const TOLD = 5;

/** lab-bastion lies beside lab. */
const programOf = ({ program }: Terminal): string => join(dirname(realpathSync(program ?? 'lab')), 'lab-bastion.js');

/** Runs it until it ends or is told to, with this terminal; returns its exit code. */
export async function runHere(terminal: Terminal, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [programOf(terminal), ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...terminal.env },
  });
  // A terminal sends its Ctrl-C to both; who is told by another way passes it on.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) terminal.onSignal(signal, () => child.kill('SIGTERM'));
  return endOf(child);
}

const endOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });

/** Starts it apart from this terminal, and waits until it can be asked. Throws CliError with what it said when it ends. */
export async function startApart(terminal: Terminal, dir: string, args: readonly string[]): Promise<BastionHealth> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const log = join(dir, 'bastion.log');
  const output = openSync(log, 'a', 0o600);
  const child = spawn(process.execPath, [programOf(terminal), ...args], {
    stdio: ['ignore', output, output],
    env: { ...terminal.env },
    detached: true,
  });
  closeSync(output);
  let ended: number | undefined;
  void endOf(child).then(
    (code) => (ended = code),
    () => (ended = 1),
  );
  for (let waited = 0; waited < BEGINS; waited += PAUSE) {
    if (ended !== undefined) {
      const said = readFileSync(log, 'utf8').trim().split('\n').slice(-TOLD).join('\n  ');
      throw new CliError('failed', `The bastion ended at once:\n  ${said}`, `All that it said is in ${log}.`);
    }
    const health = await healthIn(dir);
    if (health && health.pid === child.pid) {
      child.unref();
      return health;
    }
    await sleep(PAUSE);
  }
  throw new CliError(
    'timedOut',
    `The bastion does not answer after ${BEGINS / 1_000} s.`,
    `What it says is in ${log}.`,
  );
}

/** Tells the bastion of a directory to end, and waits until it has. */
export async function stopIn(dir: string, { pid }: BastionHealth): Promise<void> {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    throw new CliError(
      'failed',
      `The bastion (process ${pid}) cannot be told to end: ${(error as Error).message}.`,
      'Run this as the user that runs it.',
    );
  }
  for (let waited = 0; waited < ENDS; waited += PAUSE) {
    if ((await healthIn(dir))?.pid !== pid) return;
    await sleep(PAUSE);
  }
  throw new CliError(
    'timedOut',
    `The bastion (process ${pid}) has not ended after ${ENDS / 1_000} s.`,
    'It may be waiting for a disk: look at its log.',
  );
}
