// Installs that a bastion began by itself: what is overdue fails, and what a kill left half done is mended at the next start.
import { randomBytes } from 'node:crypto';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { Attempts } from '../../../bastion/install/attempts.ts';
import { Installs } from '../../../bastion/standalone/installs.ts';
import { startInstalls } from '../../../bastion/standalone/start.ts';
import { createIntake } from '../../../bastion/state/intake.ts';
import { Machines } from '../../../bastion/state/machines.ts';
import { Spool } from '../../../bastion/state/spool.ts';
import { join } from 'node:path';
import { macOf, temporary } from '../support.ts';

const MINUTE = 60_000;
const mac = macOf(1);
let now: number;
let attempts: Attempts;
let machines: Machines;
let spool: Spool;
let intake: ReturnType<typeof createIntake>;
let installs: Installs;

beforeEach(async () => {
  const { dir, remove } = await temporary();
  now = 0;
  const warn = () => {};
  attempts = await Attempts.open({ dir, bytes: randomBytes, warn });
  machines = new Machines();
  spool = await Spool.open({ folder: join(dir, 'spool'), limit: 1e9, now: () => 0, newId: () => 'one', warn });
  intake = createIntake({ spool, machines });
  installs = new Installs({ attempts, machines, intake, keys: async () => ['*'], elapsed: () => now });
  spool.onAppended((items) => {
    for (const item of items) machines.apply(item);
    installs.heard(items);
  });
  onTestFinished(async () => {
    await spool.close();
    await remove();
  });
  await intake.report({ mac, disks: [{ name: 'sda', sizeGb: 100, serial: 'D1' }] });
});

const begin = () => installs.begin({ machine: mac, os: 'debian-13', set: {}, again: false });
const after = async (milliseconds: number) => {
  now += milliseconds;
  await installs.sweep();
};

test('an install that is silent fails, and says since which stage', async () => {
  const { hash: proof } = await begin();
  await after(0);
  await after(19 * MINUTE);
  await intake.progress({ mac, stage: 'packages', proof });
  await after(19 * MINUTE);
  expect(machines.find(mac)?.status).toBe('PROVISIONING');
  await after(2 * MINUTE);
  const reason = 'The installer was silent for 20 minutes after stage packages.';
  expect(machines.find(mac)).toMatchObject({ status: 'FAILED', reason });
  expect(attempts.own()).toEqual([]);
  // It may be tried again, and fails for another reason.
  await begin();
  await after(0);
  await after(21 * MINUTE);
  expect(machines.find(mac)?.reason).toContain('did not boot from the network in 20 minutes');
});

test('an install that goes on for ever fails too', async () => {
  const { hash: proof } = await begin();
  for (let minute = 0; minute <= 125; minute += 5) {
    await after(5 * MINUTE);
    if (machines.find(mac)?.status === 'PROVISIONING') await intake.progress({ mac, stage: 'pre', proof });
  }
  expect(machines.find(mac)).toMatchObject({
    status: 'FAILED',
    reason: expect.stringContaining('not over 120 minutes'),
  });
});

test('an attempt that was killed as it began has failed, and so has a machine whose attempt is gone', async () => {
  await attempts.offer({ server: mac, number: 1, macs: [mac], os: 'debian-13' });
  await intake.report({ mac: macOf(2) });
  machines.decide([macOf(2)], 'PROVISIONING');
  await installs.mend();
  expect(machines.find(mac)).toMatchObject({ status: 'FAILED', reason: 'The bastion ended as the install began.' });
  expect(machines.find(macOf(2))?.status).toBe('FAILED');
  expect((await begin()).number).toBe(2);
});

test('an attempt whose end was kept, and nothing else before a kill, is over: nothing installs that machine any more', async () => {
  const { hash: proof } = await begin();
  await intake.progress({ mac, stage: 'queued', state: 'CANCELLED', proof });
  expect(attempts.own()).toMatchObject([{ state: 'armed' }]);
  await installs.mend();
  expect(attempts.own()).toEqual([]);
});

test.each([
  [false, 'PROVISIONING'],
  [true, 'FAILED'],
])(
  'a machine whose attempt is not here is failed by a bastion without labd alone: %s, it is %s',
  async (standalone, is) => {
    machines.decide([mac], 'PROVISIONING');
    const onError = (error: unknown) => {
      throw error;
    };
    const own = { attempts, machines, intake, spool, keys: async () => ['*'], elapsed: () => now };
    const { stop } = await startInstalls({ ...own, standalone, onError });
    await stop();
    expect(machines.find(mac)?.status).toBe(is);
  },
);
