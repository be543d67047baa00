// Machines whose firmware boots from no network: a disc takes them the same way as those that do.
import { readFileSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import { readMachineReport } from '../../bastion/api/discover.ts';
import { kernelWords } from '../../bastion/boot/linux.ts';
import { buildIso, type DiscMachine } from '../../bastion/iso/iso.ts';
import { layBench, MAC } from './bench.ts';
import { disk, type Heard } from './machine.ts';

const ramdisk = inject('ramdisk');
const nic = ['-device', `virtio-net-pci,netdev=net,mac=${MAC},romfile=`];
const bench = layBench();

const disc = async (machine?: DiscMachine) =>
  (await buildIso({ dir: bench.dir, url: bench.listener.url, ramdisk, binaries: ['/usr/lib/ipxe'], machine })).path;
/** QEMU's own DHCP server gives the first machine another one. */
const fixed = { address: '10.0.2.77/24', gateway: '10.0.2.2', dns: ['10.0.2.3'] };
const FIXED = { address: fixed.address, gateway: fixed.gateway, dns: '10.0.2.3' };
/** What a ramdisk asks for beside that sets its clock. */
const CLOCK = '/healthz';
const asked = () => bench.listener.heard.map(({ path }) => path.replace(/\?.*/, '')).filter((path) => path !== CLOCK);

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
    '/boot/script': () => scripts.shift()?.(bench.listener.url) ?? null,
    '/files/vmlinuz': () => readFileSync(ramdisk.kernel),
    '/files/initrd.img': () => readFileSync(ramdisk.initrd),
  };
  await bench.listen((heard) => answers[heard.path.replace(/\?.*/, '')]?.(heard) ?? null);
  const devices = [...nic, ...disk(bench.dir, 'first', 50, 'virtio-blk-pci,serial=FIRST')];
  const machine = bench.boot({ from: { disc: await disc() }, uefi: true, devices });
  await machine.ended;
  const said = machine.said();
  expect(asked(), said).toEqual([
    ...['/boot/script', '/api/discover', '/api/ramdisk', '/boot/script', '/files/vmlinuz', '/files/initrd.img'],
    ...['/boot/script', '/boot/script'],
  ]);
  // Each of the two kernels sets its clock once.
  expect(bench.listener.heard.filter(({ path }) => path === CLOCK)).toHaveLength(2);
  const questions = bench.listener.heard.filter(({ path }) => path.startsWith('/boot/script'));
  expect(questions.map(({ path }) => path)).toEqual(questions.map(() => `/boot/script?mac=${MAC}&platform=linux`));
  // The second kernel had the arguments that were named.
  expect(questions.map(({ authorization }) => authorization)).toEqual([
    ...[undefined, undefined],
    ...['Bearer tok-2', 'Bearer tok-2'],
  ]);
  expect(bench.listener.bodies('/api/discover')).toMatchObject([{ mac: MAC, firmware: 'uefi' }]);
  expect(said).toContain('somebody else is asked');
  expect(said).toContain('The firmware names no disk: take the disc or stick out');
});

test('a BIOS machine asks as one that came from the network', async () => {
  await bench.listen(({ path }) => (path.startsWith('/boot/script') ? '#!ipxe\nreboot\n' : null));
  const machine = bench.boot({ from: { disc: await disc() }, devices: nic });
  await machine.ended;
  const questions = bench.listener.heard.map(({ path }) => new URL(path, bench.listener.url));
  expect(questions.map(({ pathname, searchParams }) => [pathname, Object.fromEntries(searchParams)])).toEqual([
    ['/boot/script', { mac: MAC, platform: 'pcbios' }],
  ]);
});

test('a UEFI machine whose disc gives it an address asks no DHCP server, and is told what to boot with it', async () => {
  await bench.listen(({ path }) => (path.startsWith('/boot/script') ? 'discover\n' : '{"accepted":true}'));
  const machine = bench.boot({
    from: { disc: await disc({ name: 'db', mac: MAC, fixed }) },
    uefi: true,
    devices: [...['-device', 'e1000e,mac=52:54:00:00:00:02,romfile=,addr=0x6'], ...nic],
  });
  const reports = () => bench.listener.bodies('/api/discover');
  await expect.poll(() => reports().length, { timeout: 300_000, interval: 500 }).toBe(1);
  const { nics } = readMachineReport(reports()[0]);
  expect(nics!.find(({ mac }) => mac === MAC)!.addresses).toContain(fixed.address);
  const question = new URL(bench.listener.heard.find(({ path }) => path.startsWith('/boot/script'))!.path, 'http://x');
  expect(Object.fromEntries(question.searchParams)).toEqual({ mac: MAC, platform: 'linux', ...FIXED });
  expect(machine.said()).toContain(`gives eth`);
  expect(machine.said()).not.toContain('Asking for an address');
});

test('a BIOS machine whose disc gives it an address has it on the NIC that it is for', async () => {
  await bench.listen(({ path }) => {
    if (path.startsWith('/boot/script'))
      return `#!ipxe\nchain ${bench.listener.url}/has?at=\${at}&ip=\${net\${at}/ip}&mask=\${net\${at}/netmask}&gateway=\${net\${at}/gateway}&dns=\${net\${at}/dns} ||\nreboot\n`;
    return null;
  });
  const other = [
    '-netdev',
    'user,id=other',
    '-device',
    'virtio-net-pci,netdev=other,mac=52:54:00:00:00:02,romfile=,addr=0x3',
  ];
  const machine = bench.boot({
    from: { disc: await disc({ name: 'db', mac: MAC, fixed }) },
    devices: [...other, '-device', `virtio-net-pci,netdev=net,mac=${MAC},romfile=,addr=0x6`],
  });
  await machine.ended;
  const questions = bench.listener.heard.map(({ path }) => new URL(path, bench.listener.url));
  expect(questions.map(({ pathname, searchParams }) => [pathname, Object.fromEntries(searchParams)])).toEqual([
    ['/boot/script', { mac: MAC, platform: 'pcbios', ...FIXED }],
    ['/has', { at: '1', ip: '10.0.2.77', mask: '255.255.255.0', gateway: '10.0.2.2', dns: '10.0.2.3' }],
  ]);
});
