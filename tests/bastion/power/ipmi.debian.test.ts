// Powering by IPMI: Debian's ipmitool, against Debian's ipmi_sim, whose chassis is files here.
import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { PowerAction } from '../../../common/power/actions.ts';
import { createPower } from '../../../bastion/power/power.ts';
import { PASSWORD, simulator, USER } from './ipmiSimulator.ts';

const quick = { order: 60_000, answer: 20_000, state: 5_000, look: 50 };

async function controller() {
  const { bmc, read } = await simulator();
  const power = createPower({ interfaces: [], waits: quick });
  const ask = (action: PowerAction, password = PASSWORD) =>
    power({ action, bmc: { ...bmc, password }, macs: [], firmware: 'UEFI' });
  return { ask, read };
}

test('a machine is switched on, off, and told to boot from the network once, by UEFI where it is one', async () => {
  const { ask, read } = await controller();
  expect(await ask('status')).toEqual({ state: 'OFF' });
  expect(await ask('on')).toEqual({ state: 'ON' });
  expect(await read('power')).toBe('1');
  expect(await ask('status')).toEqual({ state: 'ON' });
  expect(await ask('off')).toEqual({ state: 'OFF' });
  expect(await read('power')).toBe('0');
  // One that is off is not cycled, but powered on.
  expect(await ask('netboot')).toEqual({ state: 'ON' });
  expect(await read('boot')).toBe('pxe');
  expect(await read('power')).toBe('1');
});

test('only a machine with UEFI is told to boot by it', async () => {
  const { bmc } = await simulator();
  const dir = await mkdtemp(join(tmpdir(), 'lab-ipmitool-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  // Debian's own, and what it was told.
  await writeFile(
    join(dir, 'ipmitool'),
    `#!/bin/sh\necho "$@" >>${dir}/told\nPATH=$REAL exec ipmitool "$@"\n`.replace('$REAL', process.env['PATH']!),
  );
  await chmod(join(dir, 'ipmitool'), 0o755);
  const power = createPower({ interfaces: [], waits: quick, path: `${dir}:${process.env['PATH']}` });
  for (const firmware of ['UEFI', 'BIOS'] as const) await power({ action: 'netboot', bmc, macs: [], firmware });
  const told = readFileSync(join(dir, 'told'), 'utf8').match(/chassis bootdev.*/g);
  // Once for each cipher suite that was tried.
  expect([...new Set(told)]).toEqual(['chassis bootdev pxe options=efiboot', 'chassis bootdev pxe']);
});

test('a wrong password is said to be one, and stands nowhere', async () => {
  const { ask } = await controller();
  const error = await ask('on', 'falsch').catch((reason: Error) => reason);
  expect((error as Error).message).toMatch(/lets nobody in \(.*\)\. Check spec\.bmc\.address and user, the Secret/);
  expect((error as Error).message).not.toContain('falsch');
});

/** The arguments of every process, which everybody on the host may read. */
const running = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    });

test('while it runs, the password is in no list of processes', async () => {
  const { ask } = await controller();
  let over = false;
  const asked = ask('status').finally(() => (over = true));
  const seen: string[] = [];
  for (; !over; await new Promise((go) => setImmediate(go)))
    seen.push(...running().filter((args) => args.startsWith('ipmitool')));
  await asked;
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.join('\n')).not.toContain('geheim');
});

test('one that never answers keeps nobody waiting', async () => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => void socket.close());
  const power = createPower({ interfaces: [], waits: { ...quick, answer: 1_000 } });
  const bmc = { type: 'ipmi', address: `127.0.0.1:${socket.address().port}`, user: USER, password: PASSWORD } as const;
  await expect(power({ action: 'off', bmc, macs: [], firmware: null })).rejects.toThrow('gave no answer within 1 s');
});

test('without ipmitool it is said what to install', async () => {
  const power = createPower({ interfaces: [], waits: quick, path: '/nonexistent' });
  const bmc = { type: 'ipmi', address: '127.0.0.1', user: USER, password: PASSWORD } as const;
  await expect(power({ action: 'on', bmc, macs: [], firmware: null })).rejects.toThrow('apt-get install ipmitool');
});
