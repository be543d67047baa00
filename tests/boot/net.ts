// A network of a test's own: a bridge in a network namespace, with places for machines under QEMU and a router of IPv6.
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Namespaces belong to root; where tests do not run as root, they ask for it without a password. */
const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n', '-E'];

function run(...words: string[]): string {
  const [command, ...args] = [...asRoot, ...words];
  return execFileSync(command!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The names of interfaces on the bridge: a machine each may have. */
const TAPS = ['tap0', 'tap1'] as const;
export type Tap = (typeof TAPS)[number];

export interface Net {
  /** A folder that goes with it */
  readonly dir: string;
  /** What programs have as their environment; more may be put in */
  readonly env: Record<string, string>;
  /** Plugs in one machine more, with this address; returns what runs a command where it is. */
  plug(address: string): readonly string[];
  /** Runs a program where the bridge is, to its end. */
  inside(program: string, ...args: string[]): Promise<Said>;
  /** Starts a program there, or where `at` says; it ends with the network. What it says is added to a file of the folder. */
  start(program: string, args: readonly string[], log: string, at?: readonly string[]): ChildProcess;
  stop(): Promise<void>;
}

/** What any dnsmasq of a test's is told, besides what it serves on an interface. */
export const dnsmasqOn = (name: string): readonly string[] => [
  ...['--conf-file=/dev/null', '--port=0', '--pid-file=', '--bind-dynamic', '--keep-in-foreground'],
  `--interface=${name}`,
];

let laid = 0;

/** Lays it: the bridge is 10.77.0.1 and fd77::1. */
export function layNet(): Net {
  const namespace = `lab${process.pid}s${(laid += 1)}`;
  const plugged = `${namespace}p`;
  const dir = mkdtempSync(join(tmpdir(), 'lab-site-'));
  const env: Record<string, string> = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, HOME: dir };
  const within = (name: string) => [...asRoot, 'ip', 'netns', 'exec', name];
  const start: Net['start'] = (program, args, log, at = within(namespace)) => {
    const to = openSync(join(dir, log), 'a');
    return spawn(at[0]!, [...at.slice(1), program, ...args], { env, stdio: ['ignore', to, to] });
  };
  const inside: Net['inside'] = (program, ...args) =>
    new Promise((settle) => {
      const [first, ...rest] = [...within(namespace), program, ...args];
      execFile(first!, rest, { env, encoding: 'utf8', maxBuffer: 2 ** 26 }, (error, out, err) =>
        settle({ code: error ? Number(error.code ?? 1) : 0, out, err }),
      );
    });
  const plug = (address: string): readonly string[] => {
    const link = (at: string, ...args: string[]) => run('ip', '-n', at, ...args);
    run('ip', 'netns', 'add', plugged);
    link(namespace, 'link', 'add', 'plug0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', plugged);
    link(namespace, 'link', 'set', 'plug0', 'master', 'br0', 'up');
    link(plugged, 'addr', 'add', address, 'dev', 'eth0');
    for (const name of ['lo', 'eth0']) link(plugged, 'link', 'set', name, 'up');
    link(plugged, 'route', 'add', '255.255.255.255', 'dev', 'eth0');
    return within(plugged);
  };
  const stop = async (): Promise<void> => {
    await end(plugged);
    await end(namespace);
    rmSync(dir, { recursive: true, force: true });
  };
  run('ip', 'netns', 'add', namespace);
  const link = (...args: string[]) => run('ip', '-n', namespace, ...args);
  link('link', 'add', 'br0', 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0');
  link('addr', 'add', '10.77.0.1/24', 'dev', 'br0');
  link('addr', 'add', 'fd77::1/64', 'dev', 'br0', 'nodad');
  for (const tap of TAPS) {
    link('tuntap', 'add', tap, 'mode', 'tap');
    link('link', 'set', tap, 'master', 'br0');
  }
  // A switch is on before the first machine that is plugged into it: a bridge that leads nowhere is down.
  link('link', 'add', 'on0', 'type', 'veth', 'peer', 'name', 'on1');
  link('link', 'set', 'on0', 'master', 'br0');
  for (const name of ['lo', 'on0', 'on1', 'br0', ...TAPS]) link('link', 'set', name, 'up');
  // A router of IPv6, as sites have one: without any iPXE looks for it for a quarter of a minute.
  const says = ['--enable-ra', '--ra-param=br0,10,0', '--dhcp-range=fd77::,ra-only,64'];
  start('dnsmasq', [...dnsmasqOn('br0'), ...says], 'router.log');
  // Without what files consist of: who speaks with whom about what is in the rest.
  const packets = ['-s', '400', '-C', '20', '-W', '2', '-w', join(dir, 'packets.pcap')];
  start(
    'tcpdump',
    ['-Z', 'root', '-i', 'br0', ...packets, 'not tcp or tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0'],
    'packets.log',
  );
  return { dir, env, plug, inside, start, stop };
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
