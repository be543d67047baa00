// A site whose machines really boot: labd, a bastion with its own DHCP, and a bridge that a machine under QEMU is on, all of it
// in a network namespace.
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Namespaces belong to root; where tests do not run as root, they ask for it without a password. */
const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n', '-E'];

function run(...words: string[]): string {
  const [command, ...args] = [...asRoot, ...words];
  return execFileSync(command!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Site {
  /** A folder that goes with it */
  readonly dir: string;
  /** The name of a network interface that a machine may have: it is on the bridge */
  readonly tap: string;
  /** Plugs in one machine more, with this address; returns what runs a command where it is. */
  plug(address: string): readonly string[];
  /** Runs a program there to its end. */
  inside(program: string, ...args: string[]): Promise<Said>;
  /** Runs the command line as the administrator. */
  lab(...args: string[]): Promise<Said>;
  /** The same; throws unless it succeeds, and returns what it printed. */
  done(...args: string[]): Promise<string>;
  /** Asks labd for a document's data, as the administrator. Unlike the command line it takes no time of a machine's. */
  ask<T>(document: string): Promise<T>;
  /** Starts a program there; it ends with the site. */
  start(program: string, args: readonly string[], log: string): ChildProcess;
  stop(): Promise<void>;
}

/** Milliseconds for a program to be ready: two cores may have much else to do. */
const PATIENCE = 120_000;

/** Lays the network, and starts labd and the bastion from the build. */
export async function openSite(): Promise<Site> {
  const namespace = `lab${process.pid}s`;
  const plugged = `lab${process.pid}p`;
  const dir = mkdtempSync(join(tmpdir(), 'lab-site-'));
  const tap = 'tap0';
  const into = [...asRoot, 'ip', 'netns', 'exec', namespace];
  const env: Record<string, string> = {
    PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
    HOME: dir,
    LAB_CONFIG: join(dir, 'config.yaml'),
    LAB_URL: 'http://127.0.0.1:4000/graphql',
    LABD_DATA: join(dir, 'labd'),
    LABD_ADMIN_TOKEN: join(dir, 'admin-token'),
    BASTION_DIR: join(dir, 'bastion'),
  };
  const start = (program: string, args: readonly string[], log: string): ChildProcess => {
    const to = openSync(join(dir, log), 'a');
    return spawn(into[0]!, [...into.slice(1), program, ...args], { env, stdio: ['ignore', to, to] });
  };
  const inside = (program: string, ...args: string[]): Promise<Said> =>
    new Promise((settle) => {
      execFile(into[0]!, [...into.slice(1), program, ...args], { env, encoding: 'utf8' }, (error, out, err) =>
        settle({ code: error ? Number(error.code ?? 1) : 0, out, err }),
      );
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
  const ready = async (what: string, ask: () => Promise<Said>): Promise<void> => {
    for (let waited = 0; (await ask()).code !== 0; waited += 500) {
      if (waited > PATIENCE) throw new Error(`${what} is not ready: ${readFileSync(join(dir, `${what}.log`), 'utf8')}`);
      await sleep(500);
    }
  };
  const plug = (address: string): readonly string[] => {
    const link = (at: string, ...args: string[]) => run('ip', '-n', at, ...args);
    run('ip', 'netns', 'add', plugged);
    link(namespace, 'link', 'add', 'plug0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', plugged);
    link(namespace, 'link', 'set', 'plug0', 'master', 'br0', 'up');
    link(plugged, 'addr', 'add', address, 'dev', 'eth0');
    for (const name of ['lo', 'eth0']) link(plugged, 'link', 'set', name, 'up');
    link(plugged, 'route', 'add', '255.255.255.255', 'dev', 'eth0');
    return [...asRoot, 'ip', 'netns', 'exec', plugged];
  };
  const stop = async (): Promise<void> => {
    await end(plugged);
    await end(namespace);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    run('ip', 'netns', 'add', namespace);
    const link = (...args: string[]) => run('ip', '-n', namespace, ...args);
    link('link', 'add', 'br0', 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0');
    link('addr', 'add', '10.77.0.1/24', 'dev', 'br0');
    link('addr', 'add', 'fd77::1/64', 'dev', 'br0', 'nodad');
    link('tuntap', 'add', tap, 'mode', 'tap');
    link('link', 'set', tap, 'master', 'br0');
    for (const name of ['lo', 'br0', tap]) link('link', 'set', name, 'up');
    // A router of IPv6, as sites have one: without any iPXE looks for it for a quarter of a minute.
    const router = '--conf-file=/dev/null --port=0 --pid-file= --interface=br0 --bind-dynamic --enable-ra';
    const says = ['--keep-in-foreground', '--ra-param=br0,10,0', '--dhcp-range=fd77::,ra-only,64'];
    start('dnsmasq', [...router.split(' '), ...says], 'router.log');
    start(process.execPath, [resolve('dist/labd.js')], 'labd.log');
    await ready('labd', () => {
      const token = tokenIn(env['LABD_ADMIN_TOKEN']!);
      if (token !== undefined) env['LAB_TOKEN'] = token;
      return lab('get', 'servers');
    });
    const range = ['--dhcp-enabled', '--dhcp-range', '10.77.0.100-10.77.0.200'];
    await done('create', 'network', 'lan', '--cidr', '10.77.0.0/24', ...range);
    env['BASTION_TOKEN'] = (await done('create', 'token', '--bastion', 'site-1')).trim();
    const labd = ['--labd', 'https://127.0.0.1:4443/graphql'];
    const how = ['--name', 'site-1', '--interface', 'br0', ...labd];
    start(process.execPath, [resolve('dist/lab-bastion.js'), ...how], 'bastion.log');
    await ready('bastion', () => lab('bastion', 'status'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { dir, tap, plug, inside, lab, done, ask, start, stop };
}

/** What a file keeps, which labd writes when it starts for the first time. */
function tokenIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Ends every process of a namespace, by its id, and removes it. */
async function end(namespace: string): Promise<void> {
  const left = () => run('ip', 'netns', 'pids', namespace).split('\n').filter(Boolean);
  try {
    for (const signal of ['TERM', 'TERM', 'KILL']) {
      for (const pid of left()) run('sh', '-c', `kill -${signal} ${pid} 2>/dev/null || :`);
      for (let waited = 0; left().length > 0 && waited < 5_000; waited += 200) await sleep(200);
    }
    run('ip', 'netns', 'del', namespace);
  } catch {
    // It was never made.
  }
}
