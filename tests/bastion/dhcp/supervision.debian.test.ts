// A real dnsmasq is kept running: started again when it ends, left alone when nothing changed, gone when its bastion is.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { build } from 'esbuild';
import { until } from '../support.ts';
import { layWire, openStation, type Wire } from './lab.ts';
import { lan, prepare, type Serving } from './serving.ts';

const undo: (() => unknown)[] = [];
let wire: Wire;
let serving: Serving;
beforeEach(async () => {
  wire = layWire('10.77.0.1/24', '10.77.0.50/24');
  undo.push(wire.remove);
  serving = await prepare(wire.bastion);
  undo.push(serving.stop);
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const starts = () => serving.lines.flatMap((line) => /^dnsmasq\[(\d+)\]: started,/.exec(line)?.[1] ?? []).map(Number);

const isRunning = (pid: number) => {
  try {
    // A process that ended and waits for its parent is gone.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

test('it is started again when it ends, and its leases are still known to it', async () => {
  await serving.apply({});
  const station = await openStation(wire);
  undo.push(station.close);
  const mac = '52:54:00:00:00:31';
  const offer = await station.discover(mac, {});
  const { yourAddress } = (await station.request(mac, {}, offer!))!;
  await until(() => serving.book.all().length > 0);
  expect(serving.book.all()).toMatchObject([{ mac, ip: yourAddress }]);
  process.kill(starts()[0]!, 'SIGKILL');
  await until(() => starts().length === 2);
  await until(() => serving.dnsmasq.health.state === 'serving');
  expect((await station.request(mac, {}, offer!))?.yourAddress).toBe(yourAddress);
});

test('nothing is started anew for what has not changed', async () => {
  await serving.apply({});
  await serving.apply({});
  await serving.apply({ reservations: [{ mac: '52:54:00:00:00:31', ip: '10.77.0.20', hostname: null }] });
  expect(starts()).toHaveLength(1);
  await serving.apply({ networks: [lan({ gateway: null })] });
  expect(starts()).toHaveLength(2);
});

test('one that cannot start says why', async () => {
  await serving.dnsmasq.apply({
    config: 'port=0\nlog-facility=-\nenable-tftp\ntftp-root=/nowhere',
    reservations: '',
    warnings: [],
  });
  await until(() => serving.dnsmasq.health.state === 'failing');
  expect(serving.dnsmasq.health.problem).toMatch(/\/nowhere/);
});

test('a configuration that it refuses is not used, and the one before goes on', async () => {
  await serving.apply({});
  const refused = serving.dnsmasq.apply({ config: 'port=0\nno-such-option', reservations: '', warnings: [] });
  await expect(refused).rejects.toThrow(/dnsmasq refuses its configuration: .*no-such-option|bad option/s);
  expect(serving.dnsmasq.health).toEqual({ state: 'serving' });
  expect(starts().every(isRunning)).toBe(true);
});

test('it ends when it is stopped, and when there is nothing to serve', async () => {
  await serving.apply({});
  await serving.dnsmasq.apply({ config: null, reservations: '', warnings: [] });
  expect(serving.dnsmasq.health).toEqual({ state: 'idle' });
  expect(starts().filter(isRunning)).toEqual([]);
});

test('it ends with the process that started it, also when that is killed', async () => {
  const outfile = join('node_modules', '.cache', `guarded-${process.pid}.mjs`);
  await build({ entryPoints: ['bastion/dhcp/guarded.ts'], outfile, bundle: true, platform: 'node', format: 'esm' });
  undo.push(() => execFileSync('rm', [outfile]));
  const script = `
    import { runGuarded } from './${outfile}';
    runGuarded(${JSON.stringify([...wire.bastion, 'dnsmasq', '-k', '--port=0', '--conf-file=/dev/null', '--pid-file=', '--log-facility=-'])}, console.log);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  parent.stdout.on('data', (data: Buffer) => void (said += data.toString()));
  await until(() => /^dnsmasq\[\d+\]: started,/m.test(said));
  const pid = Number(/^dnsmasq\[(\d+)\]/m.exec(said)![1]);
  expect(isRunning(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until(() => !isRunning(pid));
});
