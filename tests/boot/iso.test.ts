// Machines whose firmware boots from no network: a disc takes them the same way as those that do.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { kernelWords } from '../../bastion/boot/linux.ts';
import { buildIso } from '../../bastion/iso/iso.ts';
import { boot, disk, listen, type Heard, type Listener, type Machine } from './machine.ts';

const ramdisk = inject('ramdisk');
const MAC = '52:54:00:12:34:56';
const nic = ['-device', `virtio-net-pci,netdev=net,mac=${MAC},romfile=`];

let dir: string;
let listener: Listener;
let machine: Machine | undefined;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'lab-disc-'))));
afterEach(async () => {
  machine?.kill();
  await machine?.ended.catch(() => {});
  machine = undefined;
  await listener.stop();
  await rm(dir, { recursive: true, force: true });
});

const disc = async () => (await buildIso({ dir, url: listener.url, ramdisk, binaries: ['/usr/lib/ipxe'] })).path;
const asked = () => listener.heard.map(({ path }) => path.replace(/\?.*/, ''));

test('a UEFI machine is discovered, starts the kernel of its installer by itself, and is told to boot its disk then', async () => {
  const scripts: ((url: string) => string)[] = [
    () => 'discover\n',
    (url) =>
      kernelWords({
        kernel: `${url}/files/vmlinuz`,
        initrd: `${url}/files/initrd.img`,
        arguments: [`bastion.url=${url}`, 'bastion.token=tok-2', 'bastion.medium=disc', 'console=ttyS0'],
      }),
    () => 'wait somebody else is asked\n',
    () => 'disk\n',
  ];
  const answers: Readonly<Record<string, (heard: Heard) => string | Buffer | null>> = {
    '/api/discover': () => '{"accepted":true}',
    '/api/ramdisk': () => 'install\n',
    '/boot/script': () => scripts.shift()?.(listener.url) ?? null,
    '/files/vmlinuz': () => readFileSync(ramdisk.kernel),
    '/files/initrd.img': () => readFileSync(ramdisk.initrd),
  };
  listener = await listen((heard) => answers[heard.path.replace(/\?.*/, '')]?.(heard) ?? null);
  const devices = [...nic, ...disk(dir, 'first', 50, 'virtio-blk-pci,serial=FIRST')];
  machine = boot({ dir, from: { disc: await disc() }, uefi: true, devices });
  await machine.ended;
  const said = machine.said();
  expect(asked(), said).toEqual([
    ...['/boot/script', '/api/discover', '/api/ramdisk', '/boot/script', '/files/vmlinuz', '/files/initrd.img'],
    ...['/boot/script', '/boot/script'],
  ]);
  const questions = listener.heard.filter(({ path }) => path.startsWith('/boot/script'));
  expect(questions.map(({ path }) => path)).toEqual(questions.map(() => `/boot/script?mac=${MAC}&platform=linux`));
  // The second kernel had the arguments that were named.
  expect(questions.map(({ authorization }) => authorization)).toEqual([
    ...[undefined, undefined],
    ...['Bearer tok-2', 'Bearer tok-2'],
  ]);
  expect(listener.bodies('/api/discover')).toMatchObject([{ mac: MAC, firmware: 'uefi' }]);
  expect(said).toContain('somebody else is asked');
  expect(said).toContain('The firmware names no disk: take the disc or stick out');
});

test('a BIOS machine asks as one that came from the network', async () => {
  listener = await listen(({ path }) => (path.startsWith('/boot/script') ? '#!ipxe\nreboot\n' : null));
  machine = boot({ dir, from: { disc: await disc() }, devices: nic });
  await machine.ended;
  const questions = listener.heard.map(({ path }) => new URL(path, listener.url));
  expect(questions.map(({ pathname, searchParams }) => [pathname, Object.fromEntries(searchParams)])).toEqual([
    ['/boot/script', { mac: MAC, platform: 'pcbios' }],
  ]);
});
