// What a machine's own consoles and arguments are to the kernels of its attempts: never more than the bastion says itself.
import { expect, test } from 'vitest';
import type { Fixed } from '../../../bastion/boot/fixed.ts';
import { createNetboot } from '../../../bastion/boot/netboot.ts';
import type { BootWay } from '../../../common/boot/way.ts';
import type { Profile } from '../../../common/install/plan.ts';
import { hashToken } from '../../../bastion/install/token.ts';
import { planFor } from './plan.ts';

const mac = '52:54:00:00:00:01';
const base = 'http://10.0.0.1:8080';
const plan = planFor(mac);

/** The kernel's line for an attempt by such a profile. */
async function kernelOf(profile: Partial<Profile>, way: BootWay, fixed?: Fixed): Promise<string> {
  const token = 'token';
  const attempt = {
    order: 'Order:1',
    server: 'Server:1',
    number: 1,
    macs: [mac],
    state: 'armed',
    token,
    hash: hashToken(token),
    seq: 0,
    plan: { ...plan, profile: { ...plan.profile, ...profile } },
    secrets: { 'root-password': 'x' },
  } as const;
  const netboot = createNetboot({
    boot: { decide: async () => ({ boot: 'install', attempt }) } as never,
    attempts: { openWith: () => attempt } as never,
    files: { treeOf: () => 'tree', discovery: async () => ({ kernel: 'd/vmlinuz', initrd: 'd/initrd.img' }) },
    proves: async () => true,
    loader: async () => undefined,
    wayOf: () => way,
    now: () => 0,
  });
  const script = await netboot.scriptFor({ mac, platform: 'efi', address: '10.0.0.9', base, fixed });
  return /^kernel --timeout \d+ (.*) \|\| goto failed$/m.exec(script)![1]!;
}

const errand: Partial<Profile> = {
  installer: 'custom',
  files: [],
  templates: {},
  kernelArguments: ['bastion.mode=rescue', 'console=tty0', 'console=ttyS0,115200n8'],
};

test('our ramdisk has the consoles of the machine whatever it is booted for', async () => {
  expect(await kernelOf(errand, { consoles: ['ttyS1'], arguments: ['nomodeset'] })).toBe(
    `${base}/files/d/vmlinuz initrd=initrd nomodeset BOOTIF=01-52-54-00-00-00-01 bastion.mode=rescue console=ttyS1`,
  );
  expect(await kernelOf(errand, {})).toMatch(/ bastion\.mode=rescue console=tty0 console=ttyS0,115200n8$/);
});

test('our ramdisk has the address that the disc gave the machine, and no other kernel is told', async () => {
  const fixed = { address: '10.0.0.9/24', gateway: '10.0.0.1', dns: ['10.0.0.2', '10.0.0.3'], vlan: 7 };
  expect(await kernelOf(errand, {}, fixed)).toContain(
    ' bastion.address=10.0.0.9/24 bastion.gateway=10.0.0.1 bastion.dns=10.0.0.2,10.0.0.3 bastion.vlan=7 BOOTIF=',
  );
  expect(await kernelOf({}, {}, fixed)).not.toContain('10.0.0.9');
});

test("an installer's own kernel keeps those that its install was given", async () => {
  const kernelArguments = ['console=ttyS0'];
  expect(await kernelOf({ kernelArguments }, { consoles: ['ttyS1'], arguments: ['nomodeset'] })).toMatch(
    /initrd=initrd nomodeset auto=true .* console=ttyS0 ---$/,
  );
});
