// Keeps one dnsmasq running with the configuration of the moment: checked before it is used, started again when it ends.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../../common/clock.ts';
import type { DnsmasqConfig } from './config.ts';
import { runGuarded, type Guarded } from './guarded.ts';

export interface DnsmasqOptions {
  /** The program, and what comes before its arguments */
  readonly command: readonly string[];
  /** Where its files are written, for its user to read */
  readonly folder: string;
  /** The reservations, as its configuration names them */
  readonly reservations: string;
  /** Each line that it logs */
  readonly onLine: (line: string) => void;
  /** Before each start, while nothing else uses its files */
  readonly beforeStart: () => Promise<void>;
  readonly clock: Pick<Clock, 'elapsed' | 'random'>;
  readonly log: Logger;
  readonly timings?: Partial<typeof timings>;
}

export interface DnsmasqHealth {
  readonly state: 'idle' | 'starting' | 'serving' | 'failing';
  /** Its last word, when it failed */
  readonly problem?: string;
}

export interface Dnsmasq {
  /** Serves this from now on. What has not changed is left running. Throws when dnsmasq refuses it: then the old one goes on. */
  apply(config: DnsmasqConfig): Promise<void>;
  readonly health: DnsmasqHealth;
  stop(): Promise<void>;
}

/** Milliseconds. */
const timings = {
  /** Between its end and its next start, doubled each time */
  retryFirst: 500,
  retryMost: 30_000,
  /** What runs for so long has begun well: the next end is the first again */
  settled: 60_000,
  /** For it to end when it is told to */
  patience: 5_000,
};

export function createDnsmasq(options: DnsmasqOptions): Dnsmasq {
  const { clock, log, folder } = options;
  const times = { ...timings, ...options.timings };
  const file = join(folder, 'dnsmasq.conf');
  let health: DnsmasqHealth = { state: 'idle' };
  let applied: Partial<DnsmasqConfig> = {};
  let running: Guarded | undefined;
  let retry: NodeJS.Timeout | undefined;
  let failures = 0;
  /** The reservations have changed since it began to read them */
  let stale = false;
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work);
    queue = done.catch(() => {});
    return done;
  };

  /** Has it read the reservations again. Before it has started, the signal would end it. */
  const reread = () => {
    stale = health.state !== 'serving';
    if (!stale) running?.signal('HUP');
  };

  const start = async () => {
    stale = false;
    await options.beforeStart();
    const begun = clock.elapsed();
    health = { state: 'starting', ...(health.problem === undefined ? {} : { problem: health.problem }) };
    let last = '';
    const child = runGuarded([...options.command, '--keep-in-foreground', `--conf-file=${file}`], (line) => {
      if (/^dnsmasq\[\d+\]: started,/.test(line)) {
        health = { state: 'serving' };
        if (stale) reread();
      }
      // Its very last line says only that it failed.
      if (!/FAILED to start up$/.test(line)) last = line;
      options.onLine(line);
    });
    running = child;
    void child.ended.then((code) => {
      // Ended because it was told to.
      if (running !== child) return;
      running = undefined;
      failures = clock.elapsed() - begun >= times.settled ? 1 : failures + 1;
      const problem = last.replace(/^dnsmasq(?:-\w+)?(?:\[\d+\])?: /, '') || `it ended with ${code}`;
      health = { state: 'failing', problem };
      const wait = Math.min(times.retryFirst * 2 ** (failures - 1), times.retryMost) * (0.75 + clock.random() / 2);
      log.error({ problem, code, wait: Math.round(wait) }, 'dnsmasq has ended, and is started again');
      retry = setTimeout(() => {
        retry = undefined;
        void inTurn(start).catch((err: unknown) => log.error({ err }, 'dnsmasq could not be started'));
      }, wait);
    });
  };

  const end = async () => {
    clearTimeout(retry);
    retry = undefined;
    const child = running;
    running = undefined;
    health = { state: 'idle' };
    if (!child) return;
    child.signal('TERM');
    const kill = setTimeout(() => child.signal('KILL'), times.patience);
    await child.ended;
    clearTimeout(kill);
  };

  const replace = async (config: DnsmasqConfig) => {
    if (config.config !== applied.config && config.config !== null) await check(config.config);
    if (config.reservations !== applied.reservations) await writeFile(options.reservations, config.reservations);
    if (config.config === applied.config) {
      if (config.reservations !== applied.reservations) reread();
      applied = config;
      return;
    }
    await end();
    applied = config;
    if (config.config === null) return;
    await writeFile(file, config.config);
    failures = 0;
    await start();
  };

  /** Has dnsmasq read a configuration before anything ends for it. */
  const check = async (config: string) => {
    const candidate = `${file}.new`;
    await writeFile(candidate, config);
    const [program, ...args] = [...options.command, '--test', `--conf-file=${candidate}`];
    await new Promise<void>((resolve, reject) => {
      execFile(program, args, (error, _out, said) =>
        error ? reject(new Error(`dnsmasq refuses its configuration: ${said.trim() || error.message}`)) : resolve(),
      );
    });
  };

  return {
    apply: (config) => inTurn(() => replace(config)),
    get health() {
      return health;
    },
    stop: () => inTurn(end),
  };
}
