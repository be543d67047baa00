// Powering by IPMI: Debian's ipmitool, against Debian's ipmi_sim, whose chassis is files here.
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { PowerAction } from '../../../common/power/actions.ts';
import { createPower } from '../../../bastion/power/power.ts';
import { PASSWORD, simulator, USER } from './ipmiSimulator.ts';

const run = promisify(execFile);
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

test('a wrong password is said to be one, and stands nowhere', async () => {
  const { ask } = await controller();
  const error = await ask('on', 'falsch').catch((reason: Error) => reason);
  expect((error as Error).message).toMatch(/lets nobody in \(.*\)\. Check spec\.bmc\.address and user, the Secret/);
  expect((error as Error).message).not.toContain('falsch');
});

test('while it runs, the password is in no list of processes', async () => {
  const { ask } = await controller();
  const asked = ask('status');
  const seen: string[] = [];
  for (let n = 0; n < 20; n += 1) seen.push((await run('ps', ['-eo', 'args'])).stdout);
  await asked;
  const lines = seen
    .join('\n')
    .split('\n')
    .filter((line) => line.startsWith('ipmitool'));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join('\n')).not.toContain('geheim');
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
