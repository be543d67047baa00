// A machine's whole way: from a firmware that asks the network what to boot, to a system of its own that says it has started,
// and out of service again.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { keepEvidence } from './evidence.ts';
import { comes, isOver, lastInstall, LONG, MAC, NAME, openInstallSite, STAGES } from './installs.ts';
import type { Site } from './site.ts';
import { type Firmware, headOf, powerOn, sumOf, type Vm } from './vm.ts';

const MEGABYTE = 1_000_000;

const disk = (name: string) => ({ name, serial: name.toUpperCase(), megabytes: 1_500 });
/** The first on its bus, and with data: an install must find the other one. */
const other = { ...disk('other'), content: randomBytes(8 * MEGABYTE) };
const [chosen, another] = [disk('chosen'), { ...disk('another'), megabytes: 64, content: randomBytes(8 * MEGABYTE) }];
const SET = ['--set', 'consoles=ttyS0', '--set', 'hostname=db', '--yes'];
const ON_CHOSEN = ['--set', 'disk=serial:CHOSEN', ...SET];
let site: Site;
let vm: Vm | undefined;

beforeAll(async () => {
  site = await openInstallSite();
});
afterEach(async ({ task }) => {
  await keepEvidence(task, site.dir, vm);
  await vm?.off();
});
afterAll(() => site.stop());

const start = (firmware: Firmware, ...disks: (typeof other | typeof chosen)[]): void => {
  vm = powerOn(site, { name: 'machine', mac: MAC, firmware, disks });
};

const last = () => lastInstall(site);
const awaited = <T>(ask: () => T | Promise<T>, isIt: (value: T) => boolean) => comes(site, () => vm, ask, isIt);

test(
  'a machine is discovered, and installed on the disk that was chosen while its ramdisk waits',
  async () => {
    start('uefi-http', other, chosen);
    await awaited(
      () => site.ask<{ server: object | null }>(`{ server(by: { name: "${NAME}" }) { id } }`),
      ({ server }) => server !== null,
    );
    const before = await sumOf(site, 'other');
    const refused = await site.lab('provision', NAME, '--os', 'system');
    expect(refused.code).not.toBe(0);
    expect(refused.err).toContain('--set disk=serial:OTHER or --set disk=serial:CHOSEN');
    await site.done('provision', NAME, '--os', 'system', '--role', 'worker', ...ON_CHOSEN);
    const install = await awaited(last, isOver);
    expect(install).toMatchObject({ outcome: 'SUCCEEDED', phase: 'DONE', diskTouched: true, failure: null });
    const [header, row] = (await site.done('get', 'servers', '-o', 'wide')).split('\n');
    const shown = (column: string) => row!.slice(header!.indexOf(column)).split(/ {2,}/)[0];
    expect([shown('STATUS'), shown('ROLE'), shown('OS')]).toEqual([
      'installed',
      'worker',
      expect.stringMatching(/^Debian GNU\/Linux/),
    ]);
    // The system has the address that the machine had before.
    expect(shown('IP')).toMatch(/^10\.77\.0\.1\d\d$/);
    expect(await site.done('get', 'leases')).toMatch(
      new RegExp(`^${shown('IP')!.replaceAll('.', '\\.')} +${MAC} +${NAME} +site-1 `, 'm'),
    );
    const described = await site.done('describe', 'server', NAME);
    expect(described).toMatch(/Hostname: +db\n/);
    expect(described.match(/IP: +10\.77\.0\.1\d\d\n/g)!.map((line) => line.replaceAll(/\s+/g, ' '))).toEqual([
      `IP: ${shown('IP')} `,
      `IP: ${shown('IP')} `,
    ]);
    expect(install.stages.map(({ name }) => name)).toEqual(STAGES.split(' '));
    expect(install.stages.filter(({ error, finishedAt }) => error !== null || finishedAt === null)).toEqual([]);
    expect(await site.done('get', 'installs')).not.toContain('<none>');
    const log = await site.done('logs', NAME);
    expect(log).toContain('lab: installs to /dev/vdb');
    expect(log).toContain('Installation finished. No error reported.');
    expect(log).toContain('== first-boot: Linux');
    expect(install.logDropped).toBe(0);
    expect(log.split('\n').filter(Boolean)).toHaveLength(install.logTotal);
    expect(vm!.said()).toContain('>>Start HTTP Boot over IPv4');
    expect(vm!.said()).toContain('lab: Going on at once: this ramdisk is what would be started');
    expect(vm!.said()).toMatch(/lab: starting what was installed last: \(hd\d,gpt2\)\/EFI\/lab\/grubx64\.efi/);
    expect(await sumOf(site, 'other')).toBe(before);
  },
  LONG,
);

test(
  'where the disk that was chosen is not there any more, the install ends before it writes anything',
  async () => {
    await site.done('reprovision', NAME, '--os', 'system', ...ON_CHOSEN);
    start('bios', other, another);
    const before = [await sumOf(site, 'other'), await sumOf(site, 'another')];
    const install = await awaited(last, isOver);
    expect(install).toMatchObject({ outcome: 'FAILED', diskTouched: false, failure: { stage: 'disk' } });
    expect(install.failure!.reason).toMatch(/^no disk has the serial CHOSEN .* nothing was written/);
    expect(await site.done('get', 'servers')).toMatch(/ failed /);
    await vm!.off();
    expect([await sumOf(site, 'other'), await sumOf(site, 'another')]).toEqual(before);
  },
  LONG,
);

test(
  'a shell is given to whoever has the key, and the disks of what is retired are wiped at the next boot',
  async () => {
    const key = join(site.dir, 'key');
    const made = await site.inside('dropbearkey', '-t', 'ed25519', '-f', key);
    writeFileSync(
      `${key}.pub`,
      made.out.split('\n').find((line) => line.startsWith('ssh-'))!,
    );
    await site.done('rescue', NAME, '--ssh-key', `${key}.pub`);
    start('uefi', other, chosen);
    expect(await awaited(last, isOver)).toMatchObject({ os: 'ramdisk/rescue', outcome: 'SUCCEEDED' });
    const [, at] = await awaited(
      () => /lab: ssh (root@[\d.]+)/.exec(vm!.said()),
      (found) => found !== null,
    ).then((found) => found!);
    const shell = (...command: string[]) => site.inside('dbclient', '-y', '-i', key, at!, ...command);
    expect((await shell('cat /sys/block/vdb/serial; head -c 512 /dev/vdb | tail -c 2 | od -A n -t x1')).out).toBe(
      'CHOSEN 55 aa\n',
    );
    await site.done('retire', NAME, '--wipe', '--yes');
    // A machine that restarts at once closes no connection: this one ends with the site.
    void shell('reboot -f');
    const wipe = await awaited(last, isOver);
    expect(wipe).toMatchObject({ os: 'ramdisk/wipe', outcome: 'SUCCEEDED', diskTouched: true, failure: null });
    expect(wipe.stages.map(({ name, message }) => [name, message])).toEqual([
      ['booting', null],
      ['wipe', expect.stringMatching(/^Wiped 2 of 2: vdb CHOSEN \(/)],
      ['wiped', 'Wiped all 2 disks'],
    ]);
    await vm!.off();
    for (const one of [other, chosen])
      expect(
        (await headOf(site, one.name, MEGABYTE)).every((byte) => byte === 0),
        one.name,
      ).toBe(true);
    expect(await site.done('get', 'servers')).toMatch(/ retired /);
  },
  LONG,
);
