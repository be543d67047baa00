// Installs that go wrong on purpose, one after the other on one machine with UEFI: each is told as what it was. The next one
// succeeds, with BIOS.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Powered } from '../bastion/power/ipmiSimulator.ts';
import { giveController } from './controller.ts';
import { keepEvidence } from './evidence.ts';
import { comes, type Install, isOver, lastInstall, LONG, MAC, NAME, openInstallSite, STAGES } from './installs.ts';
import type { Site } from './site.ts';
import { type Firmware, powerOn, sumOf, type Vm } from './vm.ts';

/** The first of its drives, which a BIOS boots. */
const disk = { name: 'disk', serial: 'DISK', megabytes: 1_500 };
const other = { name: 'other', serial: 'OTHER', megabytes: 64, content: randomBytes(8_000_000) };
const SET = ['--set', 'disk=serial:DISK', '--set', 'consoles=ttyS0', '--set', 'hostname=db', '--yes'];
let site: Site;
let vm: Vm;

beforeAll(async () => {
  site = await openInstallSite();
});
afterEach(({ task }) => keepEvidence(task, site.dir, vm));
afterAll(async () => {
  await vm?.off();
  await site.stop();
});

const start = (firmware: Firmware = 'uefi') =>
  (vm = powerOn(site, { name: 'machine', mac: MAC, firmware, disks: [disk, other] }));
const last = () => lastInstall(site);
const awaited = <T>(ask: () => T | Promise<T>, isIt: (value: T) => boolean) => comes(site, () => vm, ask, isIt);
const says = (text: string) =>
  awaited(
    () => vm.said(),
    (said) => said.includes(text),
  );

/** Whether it has got to a stage. */
const isAt =
  (stage: string) =>
  ({ stages }: Install): boolean =>
    stages.some(({ name }) => name === stage);

test(
  'a machine with the MAC of another is a server of its own, and both say so',
  async () => {
    start();
    const servers = () =>
      site.ask<{
        servers: {
          nodes: { name: string; serial: string; bootMac: string; conditions: { type: string; status: boolean }[] }[];
        };
      }>('{ servers(orderBy: { field: CREATED_AT }) { nodes { name serial bootMac conditions { type status } } } }');
    const found = (count: number) =>
      awaited(
        async () => (await servers()).servers.nodes,
        ({ length }) => length === count,
      );
    await found(1);
    await vm.off();
    const second = powerOn(site, {
      name: 'second',
      mac: MAC,
      firmware: 'bios',
      disks: [{ ...disk, name: 'others', serial: 'OTHERS' }],
    });
    vm = second;
    const [first, other] = await found(2);
    await second.off();
    expect([first!.serial, other!.serial]).toEqual(['machine', 'second']);
    expect(first!.name).toBe(NAME);
    for (const { conditions } of [first!, other!])
      expect(conditions).toContainEqual({ type: 'CONFLICT', status: true });
    await site.done('forget', other!.name, '--yes');
  },
  LONG,
);

test(
  'a script that fails ends the install with its stage, command and last lines, and nothing more is written',
  async () => {
    start();
    await says('Waiting for orders');
    const script = 'echo this goes well\nno-such-program --now\necho never said';
    await site.done('provision', NAME, '--os', 'system', '--set', `scripts=${JSON.stringify([script])}`, ...SET);
    const install = await awaited(last, isOver);
    expect(install).toMatchObject({ outcome: 'FAILED', diskTouched: true, failure: { stage: 'scripts' } });
    expect(install.failure!.reason).toMatch(/script-1: exit code 127; its last lines: .*no-such-program: not found/);
    expect(await site.done('why', 'server', NAME)).toContain('exit code 127');
    // The rest of what it wrote comes after that it failed.
    const log = await awaited(
      () => site.done('logs', NAME),
      (text) => text.includes('no-such-program: not found'),
    );
    expect(log).toContain('this goes well');
    expect(log).not.toContain('never said\n');
    const before = await sumOf(site, disk.name);
    await vm.off();
    start();
    await says('lab: booting from disk');
    expect(vm.said()).not.toContain('lab: Installing');
    expect((await last()).number).toBe(install.number);
    await vm.off();
    // It has no word to say with the token of an attempt that is over.
    expect(before).toHaveLength(64);
    expect(await site.done('get', 'servers')).toMatch(/ failed /);
  },
  LONG,
);

/** The token of the attempt that the machine boots, which its kernel is given. */
const token = () => /\/install\/([^/\s]+)\//.exec(vm.said())![1]!;
let stale: string;

test(
  'a machine without power fails at its deadline',
  async () => {
    await site.done('reprovision', NAME, '--os', 'system', ...SET);
    start();
    await awaited(last, isAt('image'));
    stale = token();
    await vm.off();
    // The deadline is brought near once it is off: until then a busy processor may take its time.
    await site.labd.kill();
    site.env['LABD_PHASE_TIME'] = '1m';
    await site.labd.start();
    const install = await awaited(last, isOver);
    expect(install).toMatchObject({ outcome: 'FAILED', failure: { stage: 'image' } });
    expect(install.failure!.reason).toContain('silent');
    await site.labd.kill();
    delete site.env['LABD_PHASE_TIME'];
    await site.labd.start();
  },
  LONG,
);

/** What is done to the machine from afar, and whether it is on by that. */
function chassis(): Powered {
  let on = false;
  const power = (to: boolean) => async () => {
    if (on && !to) await vm.off();
    if (!on && to) start('bios');
    on = to;
  };
  return {
    isOn: () => on,
    deeds: {
      'power/1': power(true),
      'power/0': power(false),
      'reset/1': () => vm.tell('system_reset'),
      // Its firmware has the network first anyway.
      'boot/pxe': () => {},
    },
  };
}

test(
  'the next one is started by itself, and succeeds with labd away to its last word and the bastion killed in the middle',
  async () => {
    const { isOn, deeds } = chassis();
    await giveController(site, NAME, { isOn, deeds });
    expect(await site.done('power', NAME, 'status')).toMatch(/ off\b/i);
    await site.done('reprovision', NAME, '--os', 'system', ...SET);
    // Once the bastion has taken the install.
    await awaited(isOn, (on) => on);
    await site.labd.kill();
    const before = await sumOf(site, other.name);
    await says('lab: Installing');
    await site.bastion.kill();
    await site.bastion.start();
    await says('db login:');
    await site.labd.start();
    const install = await awaited(last, isOver);
    expect(install).toMatchObject({ outcome: 'SUCCEEDED', phase: 'DONE', failure: null, logDropped: 0 });
    expect(install.stages.map(({ name }) => name)).toEqual(STAGES.split(' '));
    const log = (await site.done('logs', NAME)).split('\n').filter(Boolean);
    expect(log).toHaveLength(install.logTotal);
    for (const told of ['lab: installs to /dev/vda', 'Installing for i386-pc platform.', '== first-boot: Linux'])
      expect(log.some((line) => line.includes(told))).toBe(true);
    expect(await sumOf(site, other.name)).toBe(before);
    expect(await site.done('get', 'servers')).toMatch(/ installed /);
  },
  LONG,
);

test(
  'the token of an attempt that is over moves nothing',
  async () => {
    const body = JSON.stringify({ mac: MAC, stage: 'partition', seq: 999 });
    const how = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'content-type: application/json'];
    const post = (...more: string[]) =>
      site.inside('curl', ...how, ...more, '-d', body, 'http://10.77.0.1:8080/api/progress');
    expect((await post('-H', `authorization: Bearer ${stale}`)).out).toBe('410');
    expect((await post()).out).toBe('401');
    expect(await site.done('get', 'servers')).toMatch(/ installed /);
    expect((await last()).outcome).toBe('SUCCEEDED');
  },
  LONG,
);

test(
  'a mirror that hangs and a file with a wrong hash are told, and what is incomplete installs nothing',
  async () => {
    const folder = join(site.dir, 'mirror');
    mkdirSync(folder, { mode: 0o755 });
    writeFileSync(join(folder, 'root.tar'), 'this is another file');
    const manifest = (await site.done('get', 'profile', 'system', '-o', 'yaml'))
      .replace(/name: system\b/, 'name: elsewhere')
      .replace(/sha256: .*/, `sha256: "${'0'.repeat(64)}"`);
    writeFileSync(join(site.dir, 'elsewhere.yaml'), manifest);
    await site.done('apply', '-f', join(site.dir, 'elsewhere.yaml'));
    site.start('busybox', ['nc', '-l', '-p', '9999', '-e', 'sleep', '600'], 'hanging.log');
    site.start('busybox', ['httpd', '-f', '-p', '9998', '-h', folder], 'wrong.log');
    const fetched = (port: number) =>
      site.lab('bastion', 'files', 'fetch', 'elsewhere', '--mirror', `http://127.0.0.1:${port}`);
    const [hung, wrong] = await Promise.all([fetched(9_999), fetched(9_998)]);
    expect([hung.code, wrong.code]).toEqual([1, 1]);
    expect(hung.err).toMatch(/127\.0\.0\.1:9999/);
    expect(wrong.err).toMatch(/root\.tar/);
    console.log(hung.err, wrong.err);
    const refused = await site.lab('reprovision', NAME, '--os', 'elsewhere', ...SET);
    expect(refused.code).not.toBe(0);
    expect(refused.err).toContain('lab bastion files');
    console.log(refused.err);
    expect(await site.done('get', 'servers')).toMatch(/ installed /);
  },
  LONG,
);
