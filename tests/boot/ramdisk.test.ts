// What the ramdisk is made of: every driver that it should have, scripts that a checker finds nothing in, the same bytes each time.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { buildDiscovery } from '../../bastion/ramdisk/build.ts';
import { isTaken } from '../../bastion/ramdisk/drivers.ts';
import { ModuleTree } from '../../bastion/ramdisk/modules.ts';

const SCRIPTS = 'bastion/ramdisk/scripts';
const ramdisk = inject('ramdisk');
const kernelTree = inject('kernelTree');
let dir: string;
let names: Set<string>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-ramdisk-'));
  names = await unpacked(ramdisk.initrd, join(dir, 'root'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Unpacks as another program than ours reads it; returns all paths. */
async function unpacked(initrd: string, into: string): Promise<Set<string>> {
  await mkdir(into);
  const input = await readFile(initrd);
  execFileSync('busybox', ['cpio', '-idm', '--quiet'], { input, cwd: into, stdio: ['pipe', 'ignore', 'ignore'] });
  return new Set(
    execFileSync('busybox', ['cpio', '-t', '--quiet'], { input, encoding: 'utf8', maxBuffer: 2 ** 26 }).split('\n'),
  );
}

/** Hardware says what it is by such names; what has none of them is loaded by others or by hand. */
const HARDWARE =
  /^(pci|usb|virtio|vmbus|xen|acpi\*|of|hid|scsi|mmc|sdio|pnp|serio|spi|i2c|platform|ieee1394|tb|auxiliary|nd|ssb|bcma|mdio|hdaudio|pcmcia|input|wmi|gameport|isa|cpu|dmi)\b/;

test('every driver of hardware is there, but for those of kinds that no install needs', async () => {
  const tree = await ModuleTree.open(join(kernelTree, 'lib/modules', ramdisk.version), (content) =>
    Promise.resolve(content),
  );
  const chosen = new Set((await tree.selection()).map(({ path }) => path));
  const left = new Set<string>();
  for (const path of tree.paths()) {
    if (chosen.has(path)) continue;
    const module = await tree.module(path.split('/').at(-1)!.replaceAll('-', '_'))!;
    if (!module.aliases.some((alias) => HARDWARE.test(alias))) continue;
    const folders = path.split('/').slice(0, -1);
    left.add(folders.slice(0, /^(net|usb|block|scsi|char)$/.test(folders[1] ?? '') ? 3 : 2).join('/'));
  }
  expect([...left].sort()).toMatchInlineSnapshot(`
    [
      "arch/x86",
      "drivers/atm",
      "drivers/bcma",
      "drivers/block",
      "drivers/block/xen-blkback",
      "drivers/bluetooth",
      "drivers/bus",
      "drivers/comedi",
      "drivers/cpufreq",
      "drivers/crypto",
      "drivers/cxl",
      "drivers/dax",
      "drivers/dma",
      "drivers/edac",
      "drivers/extcon",
      "drivers/gpio",
      "drivers/gpu",
      "drivers/hwmon",
      "drivers/hwtracing",
      "drivers/iio",
      "drivers/infiniband",
      "drivers/input",
      "drivers/isdn",
      "drivers/leds",
      "drivers/media",
      "drivers/memstick",
      "drivers/mfd",
      "drivers/misc",
      "drivers/mtd",
      "drivers/net",
      "drivers/net/arcnet",
      "drivers/net/can",
      "drivers/net/fddi",
      "drivers/net/hippi",
      "drivers/net/ieee802154",
      "drivers/net/wan",
      "drivers/net/wireless",
      "drivers/net/wwan",
      "drivers/net/xen-netback",
      "drivers/nfc",
      "drivers/parport",
      "drivers/pcmcia",
      "drivers/platform",
      "drivers/power",
      "drivers/powercap",
      "drivers/ptp",
      "drivers/pwm",
      "drivers/soundwire",
      "drivers/spi",
      "drivers/staging",
      "drivers/thermal",
      "drivers/tty",
      "drivers/uio",
      "drivers/usb/atm",
      "drivers/usb/gadget",
      "drivers/usb/image",
      "drivers/usb/misc",
      "drivers/video",
      "drivers/virt",
      "drivers/w1",
      "drivers/watchdog",
      "drivers/xen",
      "fs/fuse",
      "net/9p",
      "net/vmw_vsock",
      "sound/drivers",
      "sound/firewire",
      "sound/pci",
      "sound/pcmcia",
      "sound/soc",
      "sound/usb",
      "sound/usb/6fire",
      "sound/usb/bcd2000",
      "sound/usb/caiaq",
      "sound/usb/hiface",
      "sound/usb/line6",
      "sound/usb/misc",
      "sound/usb/usx2y",
      "sound/x86",
      "sound/xen",
    ]
  `);
});

test.each([
  'igb ixgbe i40e ice e1000e bnxt_en bnx2x tg3 mlx4_core mlx5_core r8169 atlantic qede sfc ena gve virtio_net vmxnet3 hv_netvsc',
  'r8152 ax88179_178a cdc_ether asix bonding 8021q',
  'nvme vmd ahci megaraid_sas mpt3sas hpsa smartpqi aacraid virtio_blk virtio_scsi vmw_pvscsi hv_storvsc sdhci_pci mmc_block',
  'xhci_pci ehci_pci uas usb_storage usbhid ipmi_si ipmi_ssif ipmi_devintf tpm_tis tpm_crb efivarfs ext4 vfat xfs btrfs',
])('the drivers %s are there with all that they need', async (list) => {
  const folder = `lib/modules/${ramdisk.version}`;
  const lines = (await readFile(join(dir, 'root', folder, 'modules.dep'), 'utf8')).trim().split('\n');
  const builtin = await readFile(join(dir, 'root', folder, 'modules.builtin'), 'utf8');
  const needs = new Map(
    lines.map((line) => [line.split(': ')[0]!.replace(/:$/, ''), line.split(/:\s*/)[1]?.split(' ') ?? []]),
  );
  for (const name of list.split(' ')) {
    const like = new RegExp(`/${name.replaceAll('_', '[-_]')}\\.ko`);
    const found = [...needs.keys()].find((path) => like.test(path));
    if (found === undefined) expect(builtin, name).toMatch(like);
    for (const path of found ? [found, ...needs.get(found)!.filter(Boolean)] : []) {
      expect(names.has(`${folder}/${path}`), path).toBe(true);
    }
  }
});

test('takes no driver that makes disks up', () => {
  for (const path of [
    'drivers/scsi/scsi_debug',
    'drivers/block/null_blk',
    'drivers/block/brd',
    'drivers/net/wireless/x',
  ]) {
    expect(isTaken(path)).toBe(false);
  }
});

test('is the same for the same input, and has firmware that is put beside', async () => {
  const beside = join(dir, 'beside/lib/firmware/bnx2');
  await mkdir(beside, { recursive: true });
  await writeFile(join(beside, 'bnx2-mips-06-6.2.3.fw'), 'firmware');
  await writeFile(join(beside, 'unasked.fw'), 'unasked');
  const build = (name: string, firmwareDirs: string[]) =>
    buildDiscovery({ dir: join(dir, name), kernelTree, firmwareDirs });
  expect((await build('again', [])).sha256).toBe(ramdisk.sha256);
  expect(ramdisk.missing.firmware).toContain('bnx2/bnx2-mips-06-6.2.3.fw');
  const more = await build('more', [join(dir, 'beside')]);
  expect(more.missing.firmware).not.toContain('bnx2/bnx2-mips-06-6.2.3.fw');
  const had = await unpacked(more.initrd, join(dir, 'root2'));
  expect([...had].filter((name) => name.startsWith('lib/firmware/bnx2'))).toEqual([
    'lib/firmware/bnx2',
    'lib/firmware/bnx2/bnx2-mips-06-6.2.3.fw',
  ]);
});

test('without what it is built from says what to install', async () => {
  const build = (more: object) => buildDiscovery({ dir: join(dir, 'none'), kernelTree, ...more });
  await expect(build({ kernelTree: dir })).rejects.toThrow(/There is no kernel in .*linux-image-amd64/);
  await expect(build({ busybox: '/nowhere' })).rejects.toThrow(
    /no \/nowhere. Install it: apt-get install busybox-static/,
  );
  await expect(build({ busybox: '/bin/ls' })).rejects.toThrow(/needs libraries. .*busybox-static/);
  await expect(build({ kernelTree: undefined, kernelPackage: '/nowhere.deb' })).rejects.toThrow(/Unpacking .* failed/);
});

test('shellcheck finds nothing in its scripts', async () => {
  const scripts = (await readdir(SCRIPTS)).filter((name) => name.endsWith('.sh'));
  const { stdout, status } = spawnSync('shellcheck', scripts, { cwd: SCRIPTS, encoding: 'utf8' });
  expect([stdout, status]).toEqual(['', 0]);
  expect(scripts.filter((name) => !names.has(`lab/${name}`))).toEqual([]);
});

test('a text of any bytes becomes JSON that says as much of it as there is to say', () => {
  const quote = (text: Buffer) => {
    const input = execFileSync('busybox', ['od', '-A', 'n', '-v', '-t', 'x1'], { input: text });
    return execFileSync('busybox', ['awk', '-f', `${SCRIPTS}/quote.awk`], {
      input,
      encoding: 'latin1',
      env: { LC_ALL: 'C' },
    });
  };
  const texts = ['', '"', '\\"\\', 'Ünï 日本 😀', '</script>$(reboot)`x`', '\u0001\t\r\n\u007f'].map((text) =>
    Buffer.from(text),
  );
  // How many replacement characters stand for a run of bad bytes, each program decides for itself.
  const joined = (text: string) => text.replaceAll(/\ufffd+/g, '\ufffd');
  for (const text of [...texts, ...Array.from({ length: 30 }, () => randomBytes(40))]) {
    const quoted = quote(text);
    expect(quoted).toMatch(/^[\x20-\x7e]*$/);
    expect(joined(JSON.parse(quoted) as string)).toBe(joined(text.toString('utf8')));
  }
});

test('a frame of LLDP tells the switch and the port, and a broken one nothing', () => {
  const tlv = (type: number, content: Buffer | string) => {
    const body = Buffer.from(content as string);
    return Buffer.concat([Buffer.from([(type << 1) | (body.length >> 8), body.length & 255]), body]);
  };
  const read = (...parts: Buffer[]) => {
    const input = execFileSync('busybox', ['od', '-A', 'n', '-v', '-t', 'x1'], { input: Buffer.concat(parts) });
    return execFileSync('busybox', ['awk', '-f', `${SCRIPTS}/lldp.awk`], { input, encoding: 'utf8' });
  };
  const chassis = tlv(1, Buffer.from([4, 0, 0x1b, 0x21, 0xaa, 0xbb, 0xcc]));
  const port = tlv(2, Buffer.from('\u0005Ethernet1/7'));
  expect(read(chassis, port, tlv(3, '\0x'), tlv(5, 'rack-4\u0007'), tlv(0, ''))).toBe('rack-4?\nEthernet1/7\n');
  expect(read(chassis, port, tlv(0, ''))).toBe('00:1b:21:aa:bb:cc\nEthernet1/7\n');
  expect(read(chassis.subarray(0, 5))).toBe('');
  expect(read(randomBytes(300).fill(0xff, 0, 2))).toBe('');
});
