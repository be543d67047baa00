// A site whose machines really boot: labd, and a bastion with its own DHCP, on a network that machines under QEMU are on.
import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { layNet, type Net, type Said } from './net.ts';

export interface Site extends Net {
  /** Runs the command line as the administrator. */
  lab(...args: string[]): Promise<Said>;
  /** The same; throws unless it succeeds, and returns what it printed. */
  done(...args: string[]): Promise<string>;
  /** Asks labd for a document's data, as the administrator. Unlike the command line it takes no time of a machine's. */
  ask<T>(document: string): Promise<T>;
  /**
   * Waits until the bastion serves DHCP, which begins once it has something to boot. A machine that asks before that has nothing
   * to boot, and stands still.
   */
  serves(): Promise<void>;
  readonly labd: Program;
  readonly bastion: Program;
}

/** One of lab's programs, which tests may take away and bring back. */
interface Program {
  kill(): Promise<void>;
  /** Starts it, and waits until it is ready. */
  start(): Promise<void>;
}

interface SiteOptions {
  /** What labd has in its environment besides */
  readonly labd?: Readonly<Record<string, string>>;
}

/** Milliseconds for a program to be ready: two cores may have much else to do. */
const PATIENCE = 120_000;

/** Lays the network, and starts labd and the bastion from the build. */
export async function openSite({ labd: more = {} }: SiteOptions = {}): Promise<Site> {
  const net = layNet();
  const { dir, env, inside } = net;
  Object.assign(env, {
    LAB_CONFIG: join(dir, 'config.yaml'),
    LAB_URL: 'http://127.0.0.1:4000/graphql',
    LABD_DATA: join(dir, 'labd'),
    LABD_ADMIN_TOKEN: join(dir, 'admin-token'),
    BASTION_DIR: join(dir, 'bastion'),
    ...more,
  });
  const lab = (...args: string[]) => inside(process.execPath, resolve('dist/lab.js'), ...args);
  const done = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await lab(...args);
    if (code !== 0) throw new Error(`lab ${args.join(' ')} ended with ${code}: ${err}${out}`);
    return out;
  };
  const ask = async <T>(document: string): Promise<T> => {
    const headers = ['content-type: application/json', `authorization: Bearer ${env['LAB_TOKEN'] ?? ''}`];
    const how = ['-s', '--data-binary', JSON.stringify({ query: document }), ...headers.flatMap((one) => ['-H', one])];
    const { out, err } = await inside('curl', ...how, env['LAB_URL']!);
    const { data } = JSON.parse(out) as { data?: T };
    if (!data) throw new Error(`labd says ${out}${err}`);
    return data;
  };
  const logOf = (name: string): string => readFileSync(join(dir, `${name}.log`), 'utf8');
  const program = (name: string, args: readonly string[], isReady: () => Promise<Said>): Program => {
    let child: ChildProcess;
    return {
      async kill() {
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
      async start() {
        child = net.start(process.execPath, [resolve(`dist/${name}.js`), ...args], `${name}.log`);
        for (let waited = 0; (await isReady()).code !== 0; waited += 500) {
          if (waited > PATIENCE) throw new Error(`${name} is not ready: ${logOf(name)}`);
          await sleep(500);
        }
      },
    };
  };
  const labd = program('labd', [], () => {
    const token = tokenIn(env['LABD_ADMIN_TOKEN']!);
    if (token !== undefined) env['LAB_TOKEN'] = token;
    return lab('get', 'servers');
  });
  const how = ['--name', 'site-1', '--interface', 'br0', '--labd', 'https://127.0.0.1:4443/graphql'];
  const bastion = program('lab-bastion', how, () => lab('bastion', 'status'));
  const serves = async (): Promise<void> => {
    for (let waited = 0; !logOf('lab-bastion').includes('DHCP is served'); waited += 500) {
      if (waited > PATIENCE) throw new Error(`No DHCP is served: ${logOf('lab-bastion')}`);
      await sleep(500);
    }
  };
  try {
    await labd.start();
    const range = ['--dhcp-enabled', '--dhcp-range', '10.77.0.100-10.77.0.200'];
    await done('create', 'network', 'lan', '--cidr', '10.77.0.0/24', ...range);
    env['BASTION_TOKEN'] = (await done('create', 'token', '--bastion', 'site-1')).trim();
    await bastion.start();
  } catch (error) {
    await net.stop();
    throw error;
  }
  return { ...net, lab, done, ask, serves, labd, bastion };
}

/** What a file keeps, which labd writes when it starts for the first time. */
function tokenIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
