// Values as they come in, in the one form in which they are kept.
import { expect, test } from 'vitest';
import { canonicalAddress } from '../../../common/address.ts';
import { InvalidInput } from '../../../server/domain/errors.ts';
import { usableSerial, usableUuid } from '../../../common/junk.ts';
import { limits } from '../../../server/domain/fleet/contract/checks.ts';
import { parsePush } from '../../../server/domain/fleet/contract/validate.ts';
import { uuid7 } from '../../../server/domain/uuid.ts';
import { realSystem } from '../../../common/system.ts';

test('an address has one spelling', () => {
  expect(['10.0.0.1', '2001:DB8:0::1', '::FFFF:192.168.8.20', '::1'].map(canonicalAddress)).toEqual([
    '10.0.0.1',
    '2001:db8::1',
    '192.168.8.20',
    '::1',
  ]);
});

test('serials and UUIDs of real machines are usable', () => {
  expect([' SN0001 ', 'VMware-56 4d 1a', 'CZ1234ABCD'].map(usableSerial)).toEqual([
    'SN0001',
    'VMware-56 4d 1a',
    'CZ1234ABCD',
  ]);
  expect(usableUuid('78563412-0000-1000-8000-ABCDEF012345')).toBe('78563412-0000-1000-8000-abcdef012345');
  expect(usableUuid('7856341200001000800 0ABCDEF012345')).toBeUndefined();
});

const item = (body: object, sequence = 1) => ({ sequence, at: new Date(0), body }) as never;
const refusal = (...items: never[]) => {
  try {
    parsePush({ bastion: 'b', epoch: 1, items });
    return 'taken';
  } catch (error) {
    return error instanceof InvalidInput ? error.field : error;
  }
};
const mac = '38:05:25:33:e2:e4';

test.each([
  ['input.items', ...Array.from({ length: limits.items + 1 }, (_, i) => item({ report: { mac } }, i + 1))],
  ['input.items[0].body', item({})],
  ['input.items[0].body', item({ report: { mac }, log: { mac, firstSequence: 1, lines: [] } })],
  ['input.items[0].sequence', item({ report: { mac } }, -1)],
  ['input.items[0].sequence', item({ report: { mac } }, 2 ** 53)],
  ['input.items[0].at', { ...(item({ report: { mac } }) as object), at: new Date(8.64e15) } as never],
  ['input.items[0].body.report.mac', item({ report: { mac: '00:00:00:00:00:00' } })],
  ['input.items[0].body.snapshotPart.reports[0].mac', item({ snapshotPart: { reports: [{ mac: 'x' }] } })],
  ['input.items[0].body.progress.stage', item({ progress: { mac, stage: '' } })],
  ['input.items[0].body.log.firstSequence', item({ log: { mac, firstSequence: 0.5, lines: [] } })],
])('what cannot be taken is refused at %s', (field, ...items) => {
  expect(refusal(...items)).toBe(field);
});

test.each([
  ['cpu_cores', { cpuCores: 1.5 }],
  ['memory_gb', { memoryGb: -1 }],
  ['serial', { serial: 'x'.repeat(257) }],
  ['disks', { disks: Array.from({ length: 257 }, (_, i) => ({ name: `sd${i}` })) }],
  ['disks[0].name', { disks: [{ name: ' ' }] }],
  [
    'nics[1].ip',
    {
      nics: [
        { name: 'a', mac },
        { name: 'b', mac, ip: '10.0.0.256' },
      ],
    },
  ],
  ['gpus', { gpus: Array.from({ length: 65 }, (_, i) => `GPU ${i}`) }],
])('a report is taken without what cannot be at %s, which is told', (field, odd) => {
  const { items } = parsePush({ bastion: 'b', epoch: 1, items: [item({ report: { mac, ...odd } })] });
  expect(items[0]!.body).toMatchObject({ reports: [{ mac, ignored: [{ field, reason: expect.any(String) }] }] });
});

test('a machine that a snapshot only names is said nothing odd of', () => {
  const { items } = parsePush({ bastion: 'b', epoch: 1, items: [item({ snapshotPart: { reports: [{ mac }] } })] });
  expect(items[0]!.body).toMatchObject({ reports: [{ mac, ignored: undefined }] });
});

test('ids are in the order of time', () => {
  let now = Date.UTC(2026, 0, 1);
  const ids = uuid7({ ...realSystem, now: () => (now += 1) });
  const made = Array.from({ length: 100 }, ids);
  expect(made.toSorted()).toEqual(made);
  expect(made.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(
    true,
  );
});
