// lab logs --bastion: what a machine's installer wrote, as the bastion has it.
import { setTimeout as sleep } from 'node:timers/promises';
import { bastionAt } from '../bastion/place.ts';
import { askBastion, type BastionAt, followBastion } from '../bastion/socket.ts';
import { CliError, exits } from '../terminal/errors.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless } from '../terminal/text.ts';

interface Wanted {
  readonly bastion: string;
  readonly follow: boolean;
  readonly tail: number | undefined;
}

interface Machine {
  readonly mac: string;
  readonly status: string;
}

/** Milliseconds before a bastion that is away is asked again. */
const AGAIN = 1_000;

export async function logsAt(terminal: Terminal, called: string, { bastion, follow, tail }: Wanted): Promise<void> {
  const at = await bastionAt(bastion, terminal);
  const machine = () => askBastion<Machine>(at, { method: 'GET', path: `/api/machines/${encodeURIComponent(called)}` });
  const { mac, status } = await machine();
  const print = (line: string) => void terminal.out.write(`${harmless(line)}\n`);
  if (follow && status === 'PROVISIONING') return followLog(terminal, at, mac, { print, tail });
  const { log_lines: lines } = await askBastion<{ log_lines: string[] }>(at, {
    method: 'GET',
    path: `/api/logs/${mac}`,
  });
  (tail === undefined ? lines : tail === 0 ? [] : lines.slice(-tail)).forEach(print);
}

/** Prints what comes until the install is over, each line once, also over restarts of the bastion. */
async function followLog(
  terminal: Terminal,
  at: BastionAt,
  mac: string,
  { print, tail }: { print: (line: string) => void; tail: number | undefined },
): Promise<void> {
  const { log_total: total } = await askBastion<{ log_total: number }>(at, { method: 'GET', path: `/api/logs/${mac}` });
  let after = tail === undefined ? undefined : `${Math.max(0, total - tail)}-1`;
  let away = false;
  for (;;) {
    try {
      const path = `/api/logs/${mac}/follow${after === undefined ? '' : `?after=${after}`}`;
      for await (const { event, id, data } of followBastion(at, path)) {
        after = id;
        away = false;
        if (event === 'log') print((data as { line: string }).line);
        if (event === 'missed')
          terminal.err.write(`${(data as { lines: number }).lines} lines are no longer at the bastion.\n`);
        const isEnd = event === 'stage' && ['INSTALLED', 'FAILED'].includes((data as { state?: string }).state ?? '');
        // An earlier install ended so, perhaps.
        if (isEnd && !(await isOpen(at, mac))) return await rest(at, mac, after, print);
      }
    } catch (error) {
      if (!(error instanceof CliError) || error.exit !== exits.unreachable) throw error;
      if (!away) terminal.err.write('The bastion is away; trying again\n');
      away = true;
    }
    await sleep(AGAIN);
  }
}

async function isOpen(at: BastionAt, mac: string): Promise<boolean> {
  const { status } = await askBastion<Machine>(at, { method: 'GET', path: `/api/machines/${mac}` });
  return status === 'PROVISIONING';
}

/** What was written before the end and is not printed yet. */
async function rest(at: BastionAt, mac: string, after: string, print: (line: string) => void): Promise<void> {
  const path = `/api/logs/${mac}`;
  const { log_lines: lines, log_total: total } = await askBastion<{ log_lines: string[]; log_total: number }>(at, {
    method: 'GET',
    path,
  });
  const next = Number(after.split('-')[0]);
  if (total > next) lines.slice(next - total).forEach(print);
}
