// A bastion without labd: people have it install machines with lab, as they would have labd do it.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Bastion, BastionOptions } from '../../../bastion/bastion.ts';
import { bootInstaller, type Installer, tryBoot } from '../../../bastion/simulate/installer.ts';
import { createPoster } from '../../../bastion/simulate/poster.ts';
import { saveEnrolment } from '../../../bastion/enrolment/kept.ts';
import { type Ended, runLab } from '../../cli/support.ts';
import { bastionIn, getJson, post, temporary } from '../support.ts';

const MAC = '38:05:25:33:e2:e4';
const NAME = 'm-38052533e2e4';

let dir: string;
let running: Bastion | undefined;
beforeEach(async () => {
  const place = await temporary();
  dir = place.dir;
  onTestFinished(async () => {
    await running?.stop();
    await place.remove();
  });
});

async function start(more: Partial<BastionOptions> = {}): Promise<Bastion> {
  await running?.stop();
  running = await bastionIn(dir, { standalone: true, simulateBoot: true, ...more });
  return running;
}

const lab = (...words: string[]): Promise<Ended> => runLab(words, { BASTION_DIR: dir });
const poster = () => createPoster({ bastion: running!.url, connections: 1, patience: 5 });
const boot = (mac = MAC): Promise<Installer> => bootInstaller(poster(), mac, 5);

const disk = (serial: string, more: object = {}) => ({ name: 'nvme0n1', size_gb: 500, serial, ...more });
const report = (...disks: object[]) => post(running!.url, '/api/discover', { mac: MAC, arch: 'x86_64', disks });

describe('a bastion without labd', () => {
  test('installs a machine to its end, also over a restart in the middle', async () => {
    await start();
    await report(disk('D1'));
    expect((await lab('bastion', 'machines')).out).toMatch(new RegExp(`^${NAME} +${MAC} +discovered +<none>`, 'm'));
    const begun = await lab(
      'provision',
      MAC,
      '--os',
      'debian-13',
      '--set',
      'timezone=Europe/Berlin',
      '--bastion',
      'here',
    );
    expect(begun).toMatchObject({ code: 0, out: `server/${NAME} provisioning\n` });
    expect(begun.err).toContain(`Install 1 of debian-13 begins`);
    const installer = await boot();
    expect(await installer.say({ stage: 'pre' })).toMatchObject({ status: 202 });
    await installer.log(['Partitioning', 'Installing']);
    const { url } = await start();
    // The same machine goes on with its token, at the address of the bastion that is there now.
    const { token } = JSON.parse(await attemptOnDisk()) as { token: string };
    const say = (callback: object) =>
      post(url, '/api/progress', { mac: MAC, ...callback }, { Authorization: `Bearer ${token}` });
    expect((await say({ stage: 'packages', seq: 2 })).status).toBe(202);
    expect((await lab('bastion', 'machines')).out).toMatch(/ provisioning +debian-13 +packages /);
    expect((await say({ stage: 'done', state: 'installed', ip: '10.0.0.9', seq: 3 })).status).toBe(202);
    expect((await say({ stage: 'done', seq: 4 })).status).toBe(410);
    const late = 'Said after the end, without effect: done';
    await start();
    expect((await lab('bastion', 'machines')).out).toMatch(/ installed +debian-13 +done +10\.0\.0\.9 /);
    expect((await lab('logs', NAME, '--bastion', 'here')).out).toBe(`Partitioning\nInstalling\n${late}\n`);
    expect((await lab('logs', NAME, '--bastion', 'here', '--tail', '1')).out).toBe(`${late}\n`);
    expect(await tryBoot(poster(), MAC)).toBeUndefined();
  });

  test('takes what comes also after a start with a spool that was full at a kill', async () => {
    const full = { spoolLimit: 8_000, segmentBytes: 1_000 };
    await start(full);
    for (let n = 0; n < 60; n += 1) await report(disk(`D${n}`));
    await start(full);
    for (let n = 60; n < 80; n += 1) expect((await report(disk(`D${n}`))).status).toBe(202);
    expect((await getJson(running!.url, '/healthz'))['lost']).toBeGreaterThan(0);
    expect((await lab('bastion', 'status')).out).toMatch(/; \d+ older ones are lost/);
  });

  test('begins nothing with a --timeout that is none, and takes a URL with its usual port', async () => {
    await start();
    await report(disk('D1'));
    const words = ['provision', MAC, '--os', 'debian-13', '--bastion'];
    expect(await lab(...words, 'here', '--wait', '--timeout', 'long')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--timeout: "long" is not a length of time'),
    });
    expect(await tryBoot(poster(), MAC)).toBeUndefined();
    const elsewhere = (url: string) => runLab([...words, url], { LAB_BASTION_TOKEN: 'a token' });
    for (const url of ['http://', 'http://a b', 'HTTPS://127.0.0.1:8080', 'http://127.0.0.1:8080/api'])
      expect(await elsewhere(url)).toMatchObject({ code: 2, err: expect.stringContaining('http://10.77.0.1:8080') });
    const away = await elsewhere('http://127.0.0.77');
    expect(away.err).toContain('at http://127.0.0.77:8080');
    expect(away.err).toContain('whether the URL is right');
    const none = await lab(...words, join(dir, 'none'));
    expect(none.err).toContain('--bastion DIR');
  });

  test('waits for the end of an install, and says why it failed, which is kept', async () => {
    await start();
    await report(disk('D1'));
    const waiting = lab('provision', NAME, '--os', 'fedora-43', '--bastion', 'test', '--wait', '--timeout', '1m');
    const installer = await boot();
    const following = lab('logs', MAC, '--bastion', dir, '-f');
    await installer.log(['One', 'Two']);
    await installer.say({ stage: 'partition', state: 'failed', error: 'sgdisk: the disk is gone' });
    const { code, err } = await waiting;
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('sgdisk: the disk is gone') });
    expect(await following).toMatchObject({ code: 0, out: 'One\nTwo\n' });
    await start();
    expect((await lab('bastion', 'machines')).out).toMatch(/ failed .+ sgdisk: the disk is gone\n/);
    // What failed may be tried again; there is something on its disk now.
    const again = ['provision', NAME, '--os', 'fedora-43', '--bastion', 'here'];
    expect((await lab(...again)).err).toContain('Add --yes.');
    expect((await lab(...again, '--yes')).err).toContain('Install 2 of fedora-43');
  });

  test('ends an install that is cancelled, whose token is worth nothing then', async () => {
    await start();
    await report(disk('D1'));
    expect((await lab('cancel', MAC, '--bastion', 'here')).err).toContain('is not being installed');
    const waiting = lab('provision', MAC, '--os', 'debian-13', '--bastion', 'here', '--wait', '--timeout', '1m');
    const installer = await boot();
    await installer.say({ stage: 'pre' });
    // No disk was touched yet: it is what it was.
    expect(await lab('cancel', NAME, '--bastion', 'here')).toEqual({
      ...{ code: 0, out: `server/${NAME} cancelled\n`, err: 'It is discovered.\n' },
    });
    expect(await installer.say({ stage: 'packages' })).toMatchObject({ status: 410 });
    expect(await tryBoot(poster(), MAC)).toBeUndefined();
    const { code, err } = await waiting;
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('It was cancelled at the bastion.') });
    // The same over a start, and it may be installed.
    await start();
    expect((await lab('bastion', 'machines')).out).toMatch(/ discovered /);
    expect((await lab('provision', MAC, '--os', 'debian-13', '--bastion', 'here', '--yes')).err).toContain('Install 2');
  });

  test.each(['partition', 'PACKAGES', 'first_boot'])(
    'has a machine failed whose install is cancelled at %s or later: its disk was touched',
    async (stage) => {
      await start();
      await report(disk('D1'));
      await lab('provision', MAC, '--os', 'debian-13', '--bastion', 'here');
      const installer = await boot();
      // Of what comes after it nothing says that the disk is as it was.
      for (const name of [stage, 'pre', 'a-hook']) await installer.say({ stage: name });
      expect((await lab('cancel', NAME, '--bastion', 'here')).err).toBe('It is failed.\n');
      expect((await lab('bastion', 'machines')).out).toMatch(/ failed .+ It was cancelled at the bastion\.\n/);
    },
  );

  test('has a machine installed, as it was, whose new install is cancelled before it begins', async () => {
    await start();
    await report(disk('D1'));
    await lab('provision', MAC, '--os', 'debian-13', '--bastion', 'here');
    const installer = await boot();
    await installer.say({ stage: 'packages' });
    await installer.say({ stage: 'done', state: 'installed' });
    await lab('reprovision', MAC, '--os', 'debian-12', '--bastion', 'here', '--yes');
    expect((await lab('bastion', 'machines')).out).toMatch(/ provisioning +debian-12 /);
    expect((await lab('cancel', NAME, '--bastion', 'here')).err).toBe('It is installed.\n');
    expect((await lab('bastion', 'machines')).out).toMatch(/ installed +debian-13 /);
  });

  test('prints what an install would be, by the rules of labd, and begins none', async () => {
    await start();
    await report(
      disk('small', { name: 'sda', size_gb: 4 }),
      disk('USB', { name: 'sdb', transport: 'usb' }),
      disk('D1'),
    );
    const { out, code } = await lab('provision', MAC, '--os', 'debian-12', '--dry-run', '--bastion', 'here');
    expect(code).toBe(0);
    expect(out).toContain(`server/${NAME}: debian-12\nDisk: nvme0n1`);
    expect(out).toMatch(/^timezone +UTC +profile$/m);
    expect(out).toContain('--- preseed.cfg');
    expect(await tryBoot(poster(), MAC)).toBeUndefined();
  });

  test('warns of a BIOS that is told to boot another drive, tried or done', async () => {
    await start();
    const disks = [disk('D1', { name: 'sda' }), disk('D2', { name: 'sdb' })];
    await post(running!.url, '/api/discover', { mac: MAC, arch: 'x86_64', firmware: 'bios', disks });
    const words = ['provision', MAC, '--os', 'debian-12', '--set', 'disk=sdb', '--bastion', 'here'];
    const warning = 'Install there with --set disk=serial:D1, or have its BIOS put sdb first.\n';
    expect((await lab(...words, '--dry-run')).out).toContain(warning);
    const { code, err } = await lab(...words);
    expect(code).toBe(0);
    expect(err).toMatch(new RegExp(`^server/${NAME}: It boots by BIOS`));
    expect(err).toContain(warning);
  });

  test.each([
    ['a profile that is none', ['--os', 'debian-31'], 'Did you mean "debian-13"?'],
    ['a parameter that is none', ['--os', 'debian-13', '--set', 'time=UTC'], 'The profile has no parameter "time"'],
    ['a disk of several', ['--os', 'debian-13'], '--set disk=serial:D1 or --set disk=serial:D2'],
    ['a secret', ['--os', 'debian-13', '--set', 'disk=serial:D1', '--set', 'rootPassword=x'], 'labd alone keeps those'],
    ['what is not installed', ['--os', 'debian-13'], 'it cannot reprovision', 'reprovision'],
    ['a role', ['--os', 'debian-13', '--role', 'worker'], '--role'],
  ])('refuses %s, and says what to do', async (_what, words, told, verb = 'provision') => {
    await start();
    await report(disk('D1', { name: 'sda' }), disk('D2', { name: 'sdb' }));
    const { code, err } = await lab(verb, MAC, ...words, '--bastion', 'here');
    expect({ code: code !== 0, err }).toEqual({ code: true, err: expect.stringContaining(told) });
    expect(await tryBoot(poster(), MAC)).toBeUndefined();
  });

  test('refuses another install of a machine that is being installed, and one that it does not know', async () => {
    await start();
    await report(disk('D1'));
    const words = ['provision', MAC, '--os', 'debian-13', '--bastion', 'here', '--yes'];
    const both = await Promise.all([lab(...words), lab(...words)]);
    expect(both.map(({ code }) => code).toSorted()).toEqual([0, 1]);
    expect(both.find(({ code }) => code === 1)!.err).toContain('is being installed: debian-13');
    const unknown = await lab('provision', 'db', '--os', 'debian-13', '--bastion', 'here');
    expect(unknown.err).toContain('No machine here is "db".\nSay the MAC address of one: lab bastion machines.');
  });

  test('refuses a profile whose files it has not, with the command that fetches them', async () => {
    await start({ simulateBoot: false, httpBoot: true });
    await report(disk('D1'));
    const { err } = await lab('provision', MAC, '--os', 'debian-13', '--bastion', 'here');
    expect(err).toContain('lab bastion files fetch debian-13');
    await start({ simulateBoot: false });
    expect((await lab('provision', MAC, '--os', 'debian-13', '--bastion', 'here')).err).toContain('--interface NAME');
  });

  test('fetches what a profile that comes with lab needs, installs from it, and prunes what no such profile needs', async () => {
    await start({ simulateBoot: false, httpBoot: true });
    await report(disk('D1'));
    const images = join(dir, 'mirror', 'dists', 'trixie', 'main', 'installer-amd64', 'current', 'images');
    await mkdir(join(images, 'netboot', 'debian-installer', 'amd64'), { recursive: true });
    const sums: string[] = [];
    for (const name of ['linux', 'initrd.gz']) {
      const path = `netboot/debian-installer/amd64/${name}`;
      await writeFile(join(images, path), name);
      sums.push(`${createHash('sha256').update(name).digest('hex')}  ./${path}\n`);
    }
    await writeFile(join(images, 'SHA256SUMS'), sums.join(''));
    const fetched = await lab('bastion', 'files', 'fetch', 'debian-13', '--mirror', join(dir, 'mirror'));
    expect(fetched).toMatchObject({ code: 0, out: 'profile/debian-13 has its 3 files\n' });
    expect((await lab('bastion', 'files', 'fetch', 'debian')).err).toContain('There is no OS profile "debian"');
    expect((await lab('provision', MAC, '--os', 'debian-13', '--bastion', 'here')).code).toBe(0);
    await writeFile(join(dir, 'other'), 'of no profile');
    await lab('bastion', 'files', 'add', join(dir, 'other'));
    expect((await lab('bastion', 'files', 'prune')).err).toMatch(/^1 files, /);
  });

  test('lets nobody ask over the network without the token from its directory', async () => {
    const { url } = await start();
    await report(disk('D1'));
    const asked = { machine: MAC, os: 'debian-13' };
    expect((await post(url, '/api/installs', asked)).status).toBe(403);
    expect((await post(url, '/api/installs', asked, { Authorization: 'Bearer lab_pat_of_a_person' })).status).toBe(403);
    expect(await getJson(url, `/api/machines/${MAC}`)).toMatchObject({ error: 'This is not shown here' });
    const words = ['provision', MAC, '--os', 'debian-13', '--bastion', url];
    const person = { LAB_TOKEN: 'lab_pat_of_a_person', BASTION_DIR: dir };
    expect((await runLab(words, person)).err).toContain('LAB_BASTION_TOKEN');
    expect((await runLab(words, { LAB_BASTION_TOKEN: 'wrong' })).err).toContain('This is not shown here');
    const secure = [...words.slice(0, -1), url.replace('http:', 'https:')];
    expect((await runLab(secure, { LAB_BASTION_TOKEN: 'wrong' })).err).toContain('A bastion speaks HTTP');
    const token = (await readFile(join(dir, 'api.token'), 'utf8')).trim();
    expect(await runLab(words, { LAB_BASTION_TOKEN: token })).toMatchObject({ code: 0 });
  });

  test('is no bastion that has joined a labd, which decides what is installed', async () => {
    await start({ standalone: false });
    await report(disk('D1'));
    const { code, err } = await lab('provision', MAC, '--os', 'debian-13', '--bastion', 'here');
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('has a labd, which decides') });
    await running!.stop();
    running = undefined;
    const kept = { name: 'site', key: '', certificate: '', authority: '', since: 0, token: '' };
    await saveEnrolment(dir, kept);
    await expect(start()).rejects.toThrow('Start it without --standalone');
  });
});

/** What the bastion keeps of its one attempt. */
async function attemptOnDisk(): Promise<string> {
  const [name] = await readdir(join(dir, 'attempts'));
  return readFile(join(dir, 'attempts', name!), 'utf8');
}
