// Machines that boot the ramdisk: what they find out is what QEMU made them of, and what they are told they do.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { readMachineReport } from '../../bastion/api/discover.ts';
import { layBench, MAC } from './bench.ts';
import { disk } from './machine.ts';

const ramdisk = inject('ramdisk');
const bench = layBench();

/** On the machine's first bus, so that its place there is known. */
const nic = ['-device', `virtio-net-pci,netdev=net,mac=${MAC},romfile=,addr=0x5`];

test('a machine with several disks and hostile texts reports what it is, waits for orders, and boots its disk', async () => {
  let polls = 0;
  await bench.listen(({ path }) => {
    if (!path.startsWith('/api/ramdisk')) return '{"accepted":true}';
    return ['wait 1\n', 'dance\n', 'disk\n'][Math.min(polls++, 2)]!;
  });
  const machine = bench.boot({
    from: { ramdisk, append: `console=ttyS0 bastion.url=${bench.listener.url} BOOTIF=01-52-54-00-12-34-56` },
    devices: [
      ...nic,
      ...['-device', 'e1000e,id=spare,mac=52:54:00:00:00:02,romfile=,addr=0x6', '-device', 'virtio-gpu-pci,addr=0x7'],
      ...disk(bench.dir, 'first', 50, String.raw`virtio-blk-pci,serial=S"1\2`),
      ...disk(bench.dir, 'second', 2_000, 'nvme,serial=NVME1'),
      ...disk(
        bench.dir,
        'third',
        64,
        'ide-hd,serial=SATA1,model=ACME Spinner,wwn=0x5000c50015ea71aa,rotation_rate=7200',
      ),
      ...['-device', 'qemu-xhci'],
      ...disk(bench.dir, 'stick', 16, 'usb-storage,removable=on,serial=USB1'),
      ...['-uuid', '12345678-9abc-def0-1234-56789abcdef0', '-smbios'],
      String.raw`type=1,manufacturer=A"C\ME $(reboot) ${'`x`'},product=Ünï <b>,,{"},serial=SN'1`,
    ],
  });
  // Of a NIC that is nowhere plugged in QEMU says else that it is.
  await machine.tell('set_link spare off');
  await machine.ended;
  const reports = bench.listener.bodies('/api/discover');
  expect(reports.length).toBe(1);
  const report = readMachineReport(reports[0]);
  report.nics!.sort((a, b) => (a.mac < b.mac ? 1 : -1));
  expect(report).toEqual({
    mac: MAC,
    arch: 'x86_64',
    cpuModel: expect.stringContaining('QEMU TCG CPU'),
    cpuCores: 1,
    memoryGb: 0.5,
    vendor: 'A"C\\ME $(reboot) `x`',
    product: 'Ünï <b>,{"}',
    serial: "SN'1",
    uuid: '12345678-9abc-def0-1234-56789abcdef0',
    firmware: 'BIOS',
    gpus: ['virtio 1af4:1050 at 0000:00:07.0'],
    disks: [
      { name: 'nvme0n1', sizeGb: 2, model: 'QEMU NVMe Ctrl', serial: 'NVME1', transport: 'nvme', removable: false },
      { name: 'sda', sizeGb: 0.064, model: 'ACME Spinner', serial: 'SATA1', transport: 'sata', removable: false },
      { name: 'sdb', sizeGb: 0.016, model: 'QEMU HARDDISK', serial: 'USB1', transport: 'usb', removable: true },
      { name: 'vda', sizeGb: 0.05, serial: 'S"1\\2', transport: 'virtio', removable: false },
    ].map((one) => expect.objectContaining({ ...one, rotational: expect.any(Boolean), partitions: 0 })),
    nics: [
      {
        name: expect.stringMatching(/^eth[01]$/),
        mac: MAC,
        ip: '10.0.2.15',
        state: 'UP',
        // And what the router gives it, once that is heard.
        addresses: expect.arrayContaining(['10.0.2.15/24', 'fe80::5054:ff:fe12:3456/64']),
        driver: 'virtio_net',
        pciAddress: '0000:00:05.0',
      },
      {
        name: expect.stringMatching(/^eth[01]$/),
        mac: '52:54:00:00:00:02',
        state: 'DOWN',
        addresses: [],
        driver: 'e1000e',
        pciAddress: '0000:00:06.0',
      },
    ],
    source: 'discover',
  });
  const said = machine.said();
  expect(said).toContain('lab provision installs this machine now');
  expect(said).toContain(`The bastion's order "dance" is none that this ramdisk knows`);
  expect(said).toContain('Nothing is to be done here: booting from the disk');
  expect(said).not.toMatch(/Invalid ELF|not found|syntax error/);
});

test('a UEFI machine that nobody gave a console reports on its serial port, and wipes its disks when it is told', async () => {
  await bench.listen(() => '{"accepted":true}');
  const fill = (name: string, megabytes: number) =>
    writeFileSync(join(bench.dir, `${name}.img`), Buffer.alloc(megabytes * 1_000_000, 'secret '));
  const devices = [
    ...nic,
    ...disk(bench.dir, 'first', 9, 'virtio-blk-pci,serial=FIRST'),
    ...disk(bench.dir, 'second', 8, 'ide-hd,serial=SECOND,model=Spinner'),
    ...['-device', 'qemu-xhci'],
    ...disk(bench.dir, 'stick', 7, 'usb-storage,removable=on,serial=USB1'),
  ];
  for (const [name, megabytes] of [
    ['first', 9],
    ['second', 8],
    ['stick', 7],
  ] as const)
    fill(name, megabytes);
  const machine = bench.boot({
    uefi: true,
    from: { ramdisk, append: `bastion.url=${bench.listener.url}/ bastion.token=tok-1 bastion.mode=wipe quiet` },
    devices,
  });
  await machine.ended;
  expect(bench.listener.bodies('/api/discover')).toMatchObject([{ mac: MAC, firmware: 'uefi' }]);
  expect(machine.said()).toContain(`has the report of this machine, ${MAC}`);
  const progress = bench.listener.heard.filter(({ path }) => path === '/api/progress');
  expect(progress.map(({ authorization }) => authorization)).toEqual(progress.map(() => 'Bearer tok-1'));
  const told = progress.map(({ body }) => JSON.parse(body) as { stage: string; message: string; seq: number });
  expect(told.map(({ stage, seq }) => [stage, seq])).toEqual([
    ['wipe', 1],
    ['wipe', 2],
    ['wipe', 3],
    ['wiped', 4],
  ]);
  expect(told[0]!.message).toMatch(/^Wiping 2 disks: /);
  expect(told.map(({ message }) => message).join('\n')).toMatch(/Wiped \d of 2: sd[ab] Spinner SECOND \(/);
  const ends = (name: string) => {
    const content = readFileSync(join(bench.dir, `${name}.img`));
    return [content.subarray(0, 2 ** 20), content.subarray(-32_768)].map((part) => part.every((byte) => byte === 0));
  };
  expect([ends('first'), ends('second'), ends('stick')]).toEqual([
    [true, true],
    [true, true],
    [false, false],
  ]);
});
