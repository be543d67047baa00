// The one disk that an install may write: chosen by a rule, or refused with what to type.
import { expect, test } from 'vitest';
import type { DiskRule } from '../../../common/install/plan.ts';
import { problemsOf } from '../../../common/checked.ts';
import type { Disk } from '../../../server/domain/fleet/contract/validate.ts';
import { disk } from './disks.ts';
import { chooseDisk } from '../../../common/install/disk.ts';

const any: DiskRule = { serial: null, wwn: null, minGb: null, maxGb: null, kind: null, removable: false, pick: 'only' };

const small = disk('sda', 120);
const large = disk('sdb', 4000, { rotational: true });
const fast = disk('nvme0n1', 1000, { transport: 'nvme', wwn: 'eui.0025385b71b0a2c4' });
const stick = disk('sdc', 32, { transport: 'usb' });
const all = [small, large, fast, stick];

test.each<[string, Partial<DiskRule>, readonly Disk[], string]>([
  ['the only one', {}, [small], 'sda'],
  ['the only one that cannot be taken out', {}, [stick, small], 'sda'],
  ['the smallest', { pick: 'smallest' }, all, 'sda'],
  ['the largest', { pick: 'largest' }, all, 'sdb'],
  ['by serial, in any case', { serial: 's-SDB ' }, all, 'sdb'],
  ['by WWN, however it is spelled', { wwn: '0x0025385B71B0A2C4' }, all, 'nvme0n1'],
  ['by kind nvme', { kind: 'nvme' }, all, 'nvme0n1'],
  ['by kind hdd', { kind: 'hdd' }, all, 'sdb'],
  ['by kind ssd', { kind: 'ssd' }, all, 'sda'],
  ['by least size', { minGb: 1500 }, all, 'sdb'],
  ['by most size', { maxGb: 200 }, all, 'sda'],
  ['by both', { minGb: 500, maxGb: 2000 }, all, 'nvme0n1'],
  ['one that can be taken out', { removable: true, maxGb: 64 }, all, 'sdc'],
])('is %s', (_how, rule, disks, name) => {
  expect(chooseDisk({ ...any, ...rule }, disks)).toMatchObject({ value: { name } });
});

test('is known again by what no other disk has', () => {
  const twins = [disk('sda', 120, { serial: 'X1', wwn: '0x5000c500a1b2c3d4' }), disk('sdb', 240, { serial: 'x1' })];
  expect(chooseDisk({ ...any, pick: 'smallest' }, twins)).toEqual({
    value: { name: 'sda', serial: null, wwn: '0x5000c500a1b2c3d4', sizeGb: 120 },
  });
  expect(problemsOf(chooseDisk({ ...any, pick: 'largest' }, twins))[0]?.message).toContain('neither a serial number');
});

const wanted = (text: string) => ({ text, field: 'input.set.disk' });
test.each<[string, string]>([
  ['serial:S-sdb', 'sdb'],
  ['wwn:0025385b71b0a2c4', 'nvme0n1'],
  ['sda', 'sda'],
  ['/dev/sda', 'sda'],
  // Whoever names it has decided, whatever the rule says.
  ['name:sdc', 'sdc'],
])('is the one that is asked for as %s', (text, name) => {
  expect(chooseDisk({ ...any, serial: 'other' }, all, wanted(text))).toMatchObject({ value: { name } });
});

test.each<[string, readonly Disk[], string | undefined, string, string]>([
  ['no disk was reported', [], undefined, 'The machine has reported no disk.', 'Boot it into discovery first'],
  [
    'none fits',
    [stick],
    undefined,
    'None of its disks is what the profile asks for: sdc (32 GB, serial S-sdc).',
    'Say which: --set disk=serial:S-sdc.',
  ],
  [
    'several fit',
    [small, large],
    undefined,
    'Several of its disks are what the profile asks for: sda (120 GB, serial S-sda), sdb (4000 GB, serial S-sdb).',
    'Say which: --set disk=serial:S-sda or --set disk=serial:S-sdb.',
  ],
  ['what is asked for is not there', [small], 'serial:S-sdz', 'No disk is serial:S-sdz.', '--set disk=serial:S-sda'],
  [
    'it cannot be known again',
    [disk('sda', 120, { serial: 'To Be Filled By O.E.M.' }), fast],
    'sda',
    'neither a serial number nor a WWN',
    '--set disk=serial:S-nvme0n1',
  ],
])('is refused when %s', (_when, disks, text, message, remedy) => {
  const [problem] = problemsOf(chooseDisk(any, disks, text === undefined ? undefined : wanted(text)));
  expect(problem).toMatchObject({ field: 'input.set.disk' });
  expect(problem!.message).toContain(message);
  expect(problem!.remedy).toContain(remedy);
});

test('is refused when the smallest are equal, or the size of one is not known', () => {
  const rule: DiskRule = { ...any, pick: 'smallest' };
  for (const disks of [
    [small, disk('sdb', 120)],
    [small, disk('sdb', null)],
  ])
    expect(problemsOf(chooseDisk(rule, disks))[0]?.message).toContain('Several');
});
