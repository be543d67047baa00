// Powering a machine under QEMU: by Redfish, and by IPMI through Debian's ipmi_sim. That it booted from the network, its firmware
// shows: it asks for an address.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { PowerAction } from '../../../common/power/actions.ts';
import type { Bmc } from '../../../common/power/bmc.ts';
import { createPower } from '../../../bastion/power/power.ts';
import { blankMachine, type QemuMachine } from '../../support/qemu.ts';
import { PASSWORD, startRedfish, USER } from '../../support/redfish.ts';
import { until } from '../support.ts';
import { answerChassis, asked, simulator } from './ipmiSimulator.ts';

const waits = { order: 60_000, answer: 20_000, state: 20_000, look: 100 };

async function machine(): Promise<QemuMachine> {
  const one = await blankMachine();
  onTestFinished(() => one.remove());
  return one;
}

/** Each of these in turn, and what the machine does. */
async function follow(qemu: QemuMachine, bmc: Bmc, firmware: string): Promise<void> {
  const power = createPower({ interfaces: [], waits });
  const ask = (action: PowerAction) => power({ action, bmc, macs: [], firmware });
  expect(await ask('status')).toEqual({ state: 'OFF' });
  expect(await ask('on')).toEqual({ state: 'ON' });
  expect(qemu.isOn()).toBe(true);
  expect(await ask('netboot')).toEqual({ state: 'ON' });
  await until(async () => (await qemu.asked()) > 0);
  expect(await ask('off')).toEqual({ state: 'OFF' });
  expect(qemu.isOn()).toBe(false);
  // Once: it boots from its disk again, and asks nobody.
  const asked = await qemu.asked();
  expect(await ask('cycle')).toEqual({ state: 'ON' });
  expect(qemu.isOn()).toBe(true);
  expect(await ask('netboot')).toEqual({ state: 'ON' });
  await until(async () => (await qemu.asked()) > asked);
}

test('by Redfish', async () => {
  const qemu = await machine();
  const redfish = await startRedfish(qemu);
  onTestFinished(() => redfish.stop());
  const { address, fingerprint } = redfish;
  await follow(qemu, { type: 'redfish', address, user: USER, password: PASSWORD, fingerprint }, 'UEFI');
});

test('by IPMI', async () => {
  const qemu = await machine();
  const dir = await mkdtemp(join(tmpdir(), 'lab-chassis-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const socket = join(dir, 'sock');
  const stop = await answerChassis(socket, {
    isOn: () => qemu.isOn(),
    deeds: {
      'power/1': () => qemu.on(),
      'power/0': () => qemu.off(),
      'reset/1': () => qemu.restart(),
      'boot/pxe': () => qemu.netboot(),
    },
  });
  onTestFinished(stop);
  const { bmc } = await simulator(asked(socket));
  await follow(qemu, bmc, 'BIOS');
});
