// What a machine is given that really boots: over a wire between two network namespaces, by the built lab-bastion.
import { loaderName } from '../../../bastion/boot/loader.ts';
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InstallPlan } from '../../../common/install/plan.ts';
import { Files } from '../../../bastion/files/files.ts';
import type { Attempt } from '../../../bastion/install/attempts.ts';
import { hashToken, makeToken } from '../../../bastion/install/token.ts';
import { seal } from '../../../common/sealed.ts';
import { layWire, type Wire } from '../dhcp/lab.ts';
import { buildProgram, macOf, NOWHERE, run, temporary, until, type Program } from '../support.ts';
import { planFor } from './plan.ts';

const base = 'http://10.79.0.1:8080';
const token = makeToken((size) => Buffer.alloc(size, 7));

let wire: Wire;
let mac: string;
let place: Awaited<ReturnType<typeof temporary>>;
let program: string;
let bastion: Program;
let plan: InstallPlan;

const exec = promisify(execFile);
const onMachine = async (...command: string[]): Promise<string> => {
  const [first, ...rest] = [...wire.machines, ...command];
  return (await exec(first!, rest, { encoding: 'utf8' })).stdout;
};
/** What the machine is answered, with the status on a line of its own behind it. */
const get = (path: string, ...flags: string[]) =>
  onMachine('curl', '-s', '-w', '\n%{http_code}', ...flags, `${base}${path}`);
const script = (of = mac, platform = 'efi') => get(`/boot/script?mac=${of}&platform=${platform}`);
const say = (body: object) =>
  get(
    '/api/progress',
    '-H',
    'Content-Type: application/json',
    '-H',
    `Authorization: Bearer ${token}`,
    '-d',
    JSON.stringify(body),
  );

/** The bastion's attempts, as one that was ended in the middle leaves them. */
const attempts = (state: Attempt['state'], of = mac) => {
  const attempt: Attempt = {
    order: 'Order:1',
    server: 'Server:1',
    number: 1,
    macs: [of],
    state,
    token,
    hash: hashToken(token),
    seq: 0,
    plan,
    secrets: { 'root-password': 'correct horse' },
  };
  // As an earlier version kept them: they are moved, and nothing else stays.
  return writeFile(join(place.dir, 'attempts.json'), seal({ attempts: [attempt] }));
};

const start = async () => {
  const env = { BASTION_DIR: place.dir, LAB_URL: NOWHERE, BASTION_HTTP_BOOT: '1', BASTION_HOST: '10.79.0.1' };
  const [command, ...args] = [...wire.bastion, process.execPath, program];
  bastion = run(command, args, env);
  await until(() => bastion.output().includes('accepts reports'));
};
const stop = async () => {
  bastion.child.kill('SIGTERM');
  await bastion.exited;
};
const again = async (state: Attempt['state'], of = mac) => {
  await stop();
  await attempts(state, of);
  await start();
};

beforeAll(async () => {
  [wire, place, program] = [layWire('10.79.0.1/24', '10.79.0.2/24'), await temporary(), await buildProgram('netboot')];
  mac = (await onMachine('cat', '/sys/class/net/eth0/address')).trim();
  plan = planFor(mac);
  await mkdir(join(place.dir, 'ipxe'));
  for (const platform of ['efi', 'pcbios']) await writeFile(join(place.dir, 'ipxe', loaderName(platform)!), 'MZ');
  const files = await Files.open({ dir: place.dir, now: Date.now, warn: () => {} });
  const from = join(place.dir, 'made');
  await writeFile(from, 'a kernel');
  await files.addToProfile(plan.profile, '1', { linux: from, 'initrd.gz': from });
  await files.keep('discovery', { revision: '1', build: 'b1' }, [
    { use: 'kernel', path: 'vmlinuz', from },
    { use: 'initrd', path: 'initrd.img', from },
  ]);
  await start();
});
afterAll(async () => {
  await stop();
  wire.remove();
  await rm(program, { force: true });
  await place.remove();
});

describe('a machine that boots from the network', () => {
  test('is given a script that asks for its own, at the address where it reached the bastion', async () => {
    expect(await get('/boot.ipxe')).toContain(
      `${base}/boot/script?mac=\${mac}&platform=\${platform}\${fixed} || goto failed`,
    );
    // Firmware may name another host, or leave out the port.
    expect(await get('/boot.ipxe', '-H', 'Host: 10.79.0.1')).toContain(`${base}/boot/script`);
  });

  test('boots the ramdisk when it is unknown', async () => {
    const text = await script();
    expect(text).toContain(
      `kernel --timeout 120000 ${base}/files/discovery/vmlinuz initrd=initrd bastion.url=${base} BOOTIF=01-${mac.replaceAll(':', '-')}`,
    );
    expect(await get('/files/discovery/vmlinuz')).toBe('a kernel\n200');
    expect(await get('/files/discovery/vmlinuz', '-r', '2-')).toBe('kernel\n206');
    expect(await get('/files/discovery/other')).toMatch(/\n404$/);
  });

  test('boots from its disk once, when the ramdisk has waited long enough', async () => {
    await get(`/api/ramdisk?mac=${mac}&next=disk`);
    expect(await script()).toContain('booting from disk');
    expect(await script()).toContain('/files/discovery/vmlinuz');
  });

  test('boots its installer, and is read what only it may read', async () => {
    await again('armed');
    const text = await script();
    expect(text).toMatch(
      /^kernel --timeout 120000 http:\/\/10\.79\.0\.1:8080\/files\/[0-9a-f]{16}\/linux initrd=initrd .+ \|\| goto failed$/m,
    );
    expect(text).toContain(`url=${base}/install/${token}/preseed.cfg`);
    const preseed = await get(`/install/${token}/preseed.cfg`);
    expect(preseed).toContain(`${base}/api/progress says ${token}`);
    expect(preseed).toContain('correct horse');
    expect(await get(`/install/${token}/other`)).toMatch(/\n404$/);
    expect(await get(`/install/${makeToken((size) => Buffer.alloc(size, 8))}/preseed.cfg`)).toMatch(/\n404$/);
    // It booted, and did not call back: it may have lost its way, and boots again.
    expect(await script()).toContain('preseed.cfg');
  });

  test('that was booted from a disc is told the same in words that a shell reads', async () => {
    expect(await script(macOf(6), 'linux')).toBe('discover\n\n200');
    await again('armed');
    expect(await script(mac, 'linux')).toMatch(
      new RegExp(
        `^boot\nkernel ${base}/files/[0-9a-f]{16}/linux\ninitrd ${base}/files/[0-9a-f]{16}/initrd.gz\narguments [^\n]*url=${base}/install/${token}/preseed.cfg[^\n]*\n\n200$`,
      ),
    );
    await again('running');
    expect(await script(mac, 'linux')).toBe('disk\n\n200');
    await again('armed', macOf(5));
    expect(await script(macOf(5), 'linux')).toBe(
      'wait this address holds no lease of this machine: no installer yet\n\n200',
    );
  });

  test('rule 9: after the installer called back, boots from its disk, and its attempt is over', async () => {
    await again('armed');
    await script();
    expect(await say({ mac, stage: 'partition', seq: 1 })).toMatch(/\n202$/);
    expect(await script()).toBe(
      `#!ipxe\necho lab: booting from disk\nchain --autofree --timeout 15000 ${base}/boot/${loaderName('efi')!} ||\nexit\n\n200`,
    );
    expect(await script(mac, 'pcbios')).toBe(
      '#!ipxe\necho lab: booting from disk\nsanboot --no-describe --drive 0x80 ||\nexit\n\n200',
    );
    expect(await say({ mac, stage: 'packages', seq: 2 })).toMatch(/\n410$/);
    expect(await get(`/install/${token}/preseed.cfg`)).toMatch(/\n404$/);
  });

  test.each(['armed', 'running'] as const)(
    'rule 13: gets neither a token nor the end of an install that is %s where its address is not that of the MAC',
    async (state) => {
      const other = macOf(5);
      await again(state, other);
      const text = await script(other);
      expect(text).toContain('this address holds no lease of this machine');
      expect(text).not.toContain(token);
      const said = await say({ mac: other, stage: 'packages', seq: 9 });
      expect(said).toMatch(/\n202$/);
    },
  );

  test('is told to wait for orders in the ramdisk, and to install when there is one', async () => {
    await again('disarmed');
    expect(await get(`/api/ramdisk?mac=${mac}`)).toBe('wait 5\n\n200');
    await again('armed');
    expect(await get(`/api/ramdisk?mac=${mac}`)).toBe('install\n\n200');
    expect(await get('/api/ramdisk?mac=x')).toMatch(/\n422$/);
  });

  test('finds no file outside of the folders for it', async () => {
    for (const path of [
      '/boot/..%2fattempts.json',
      '/boot/.',
      '/files/discovery/..%2f..%2fattempts.json',
      '/install/x/..%2fattempts.json',
    ])
      expect(await get(path), path).toMatch(/\n404$/);
    expect(await get(`/boot/${loaderName('efi')!}`, '-I')).toContain('Content-Length: 2\r\n');
  });
});
