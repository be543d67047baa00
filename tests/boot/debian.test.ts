// Debian's own installer with the preseed that labd renders. The mirror that it is given has the installer and nothing to
// install: it asks what to do then, with nobody there to answer.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { keepEvidence } from './evidence.ts';
import { comes, isOver, lastInstall, LONG, MAC, NAME } from './installs.ts';
import { openSite, type Site } from './site.ts';
import { headOf, powerOn, type Vm } from './vm.ts';

/** The release that scripts/debian.sh has fetched the installer of, which is this system's own. */
const profile = `debian-${/^VERSION_ID="?(\d+)/m.exec(readFileSync('/etc/os-release', 'utf8'))![1]}`;
const MIRROR = 'http://10.77.0.1:9000';

let site: Site;
let vm: Vm | undefined;

beforeAll(async () => {
  site = await openSite();
  site.start('busybox', ['httpd', '-f', '-p', '9000', '-h', resolve('.lab/mirror')], 'mirror.log');
  await site.done('bastion', 'files', 'fetch', profile, '--mirror', MIRROR);
  await site.serves();
});
afterEach(({ task }) => keepEvidence(task, site.dir, vm));
afterAll(async () => {
  await vm?.off();
  await site.stop();
});

const last = () => lastInstall(site);

test(
  'an installer that asks a question ends the install, with what it asks',
  async () => {
    const disk = { name: 'disk', serial: 'DISK', megabytes: 12_000, content: Buffer.from('data that stays') };
    // What its ramdisk would say of it.
    const report = { mac: MAC, memory_gb: 2, disks: [{ name: 'vda', size_gb: 12, serial: disk.serial }] };
    const how = ['-sf', '-H', 'content-type: application/json', '-d', JSON.stringify(report)];
    expect((await site.inside('curl', ...how, 'http://10.77.0.1:8080/api/discover')).code).toBe(0);
    await expect.poll(async () => (await site.lab('get', 'server', NAME)).code, { timeout: 60_000 }).toBe(0);
    await site.done(
      'provision',
      NAME,
      '--os',
      profile,
      '--set',
      `mirror=${MIRROR}`,
      '--set',
      'disk=serial:DISK',
      '--yes',
    );
    vm = powerOn(site, { name: 'machine', mac: MAC, firmware: 'uefi', disks: [disk] });
    const install = await comes(site, () => vm, last, isOver);
    expect(install).toMatchObject({ outcome: 'FAILED', diskTouched: false, failure: { stage: 'pre' } });
    expect(install.failure!.reason).toMatch(
      /^The installer waits for an answer to mirror\/bad; its last lines: .*specified release/,
    );
    expect(await site.done('why', 'server', NAME)).toContain('waits for an answer to mirror/bad');
    const log = await site.done('logs', NAME);
    expect(log).toContain(`wget --no-verbose ${MIRROR}/dists/`);
    expect(log).toContain('mirror does not support the specified release');
    await vm.off();
    expect((await headOf(site, disk.name, 512)).toString()).toBe('data that stays'.padEnd(512, '\0'));
  },
  LONG,
);
