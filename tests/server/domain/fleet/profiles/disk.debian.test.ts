// The search for the very disk, before anything is written: in trees like sysfs, by the shells of installers.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { render } from '../../../../../common/install/template.ts';
import { shippedProfiles } from '../../../../../common/install/profiles/shipped.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Sysfs = Readonly<Record<string, string>>;

/** A disk's files below /sys/block/NAME. */
function disk(name: string, files: Sysfs): void {
  for (const [path, text] of Object.entries({ size: '1000\n', ...files })) {
    const whole = join(folder, 'sys', 'block', name, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text, 'latin1');
  }
}

interface Chosen {
  readonly serial?: string;
  readonly wwn?: string;
}

/** What is found: the disk's name, or the problem. */
function find(shell: readonly string[], { serial = '', wwn = '' }: Chosen): string {
  const { templates } = shippedProfiles()[0]!;
  const search = render(templates, '_disk.sh', { disk: { serial, wwn } }).replace('lab_wait=15', 'lab_wait=0');
  // No disk is waited for, and what would be reported is printed.
  const script = `LAB_SYS=${folder}/sys\nsleep() { :; }\nlab_log() { :; }\nlab_fail() { echo "$1"; }\nset -eu\n${search}\nlab_find_disk\necho "$LAB_DISK"\n`;
  writeFileSync(join(folder, 'script'), script);
  const [command, ...words] = shell;
  try {
    return execFileSync(command!, [...words, join(folder, 'script')], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch (error) {
    return (error as { stdout: string }).stdout.trim();
  }
}

describe.each([
  ['bash', ['/bin/bash']],
  ['dash', ['/bin/dash']],
  ['busybox', ['/usr/bin/busybox', 'sh']],
])('%s', (_name, shell) => {
  test('finds the disk by its serial, also behind another', () => {
    disk('sda', { 'device/vpd_pg80': '\0\x80\0\x14   WD-WRONG' });
    disk('sdb', { 'device/vpd_pg80': '\0\x80\0\x14      WD-WX11 ', 'device/wwid': 'naa.50014ee2b5e7c5f8\n' });
    disk('nvme0n1', { 'device/serial': 'S4EWNX0R123456      \n', wwid: 'eui.0025385b11b2c3d4\n' });
    disk('vda', { serial: 'disk-1' });
    expect(find(shell, { serial: 'WD-WX11' })).toBe('sdb');
    expect(find(shell, { serial: 'S4EWNX0R123456' })).toBe('nvme0n1');
    expect(find(shell, { serial: 'disk-1' })).toBe('vda');
  });

  test('finds it by its WWN, however that is written', () => {
    disk('sda', { 'device/wwid': 'naa.50014ee2b5e7c5f9\n' });
    disk('sdb', { 'device/wwid': 'naa.50014ee2b5e7c5f8\n' });
    disk('nvme0n1', { wwid: 'eui.0025385b11b2c3d4\n' });
    for (const wwn of ['0x50014ee2b5e7c5f8', 'naa.50014EE2B5E7C5F8', 'wwn-0x50014ee2b5e7c5f8'])
      expect(find(shell, { wwn })).toBe('sdb');
    expect(find(shell, { wwn: 'eui.0025385b11b2c3d4' })).toBe('nvme0n1');
  });

  test('takes no disk that is not the one in all that was chosen', () => {
    disk('sda', { serial: 'A', 'device/wwid': 'naa.1\n' });
    disk('sdb', { serial: 'B', 'device/wwid': 'naa.2\n' });
    expect(find(shell, { serial: 'A', wwn: '0x2' })).toMatch(
      /^no disk has the serial A and the WWN 0x2; there are: sda sdb ; nothing was written$/,
    );
    expect(find(shell, { serial: 'gone' })).toMatch(/^no disk has the serial gone and the WWN \(any\)/);
    expect(find(shell, {})).toMatch(/^no disk has/);
  });

  test('takes none of several', () => {
    disk('sda', { serial: 'same' });
    disk('sdb', { serial: 'same' });
    expect(find(shell, { serial: 'same' })).toMatch(/^several disks are the chosen one: sda sdb/);
  });

  test('takes neither a path of several to the disk, nor an empty slot, for it', () => {
    disk('nvme0c0n1', { serial: 'S', hidden: '1\n' });
    disk('nvme0n1', { serial: 'S', hidden: '0\n' });
    disk('sdc', { serial: 'S', size: '0\n' });
    disk('loop0', { serial: 'S' });
    expect(find(shell, { serial: 'S' })).toBe('nvme0n1');
  });

  test('knows what is plugged in by its own number, and not by that of a hub', () => {
    const port = join(folder, 'sys', 'devices', 'usb1', '1-1');
    const plugged = join(port, '1-1.2');
    mkdirSync(join(plugged, 'host0', 'block', 'sda'), { recursive: true });
    for (const [path, serial] of [
      [port, 'HUB'],
      [plugged, 'STICK'],
    ] as const) {
      writeFileSync(join(path, 'idVendor'), '1\n');
      writeFileSync(join(path, 'serial'), `${serial}\n`);
    }
    writeFileSync(join(plugged, 'host0', 'block', 'sda', 'size'), '1000\n');
    mkdirSync(join(folder, 'sys', 'block'));
    symlinkSync(join(plugged, 'host0', 'block', 'sda'), join(folder, 'sys', 'block', 'sda'));
    expect(find(shell, { serial: 'STICK' })).toBe('sda');
    expect(find(shell, { serial: 'HUB' })).toMatch(/^no disk/);
  });

  test('does nothing that a serial says', () => {
    const serial = `"; touch ${folder}/harm; ' $(touch ${folder}/harm) \`id\` \\`;
    disk('sda', { serial: `${serial}\n` });
    expect(find(shell, { serial })).toBe('sda');
    expect(existsSync(join(folder, 'harm'))).toBe(false);
  });
});

test('everything that writes to a disk comes after the search', () => {
  const writes = /^\s*(?:wipefs|dd |mkfs|sfdisk|vgchange|mdadm|debconf-set|.*clearpart|.*\| dd)/m;
  const folderOf = new URL('../../../../../common/install/profiles/templates/', import.meta.url);
  const writing = readdirSync(folderOf).filter((name) => writes.test(readFileSync(new URL(name, folderOf), 'utf8')));
  expect(writing.toSorted()).toEqual(['fedora.ks', 'image.sh', 'partman.sh']);
  for (const name of writing) {
    const text = readFileSync(new URL(name, folderOf), 'utf8');
    expect(text.indexOf('lab_find_disk')).toBeGreaterThan(0);
    expect(text.search(writes)).toBeGreaterThan(text.indexOf('lab_find_disk'));
  }
});
