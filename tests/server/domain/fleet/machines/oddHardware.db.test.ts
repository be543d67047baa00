// What of a machine's report could not be taken: it keeps no machine from being known, and is a condition of it.
import { expect, test } from 'vitest';
import { readMachineReport } from '../../../../../bastion/api/discover.ts';
import type { MachineReportInput } from '../../../../../server/domain/fleet/contract/input.ts';
import { oddReports } from '../../../../support/oddReports.ts';
import { changesSince, conditions, machine, macOf, openFleet, revision } from '../fleet.ts';

const name = (n: number) => `m-${macOf(n).replaceAll(':', '')}`;
const odd = (field: string, more: Partial<MachineReportInput> = {}) =>
  machine(1, { ...more, ignored: [{ field, reason: 'is a number rather than a text', value: '12345' }] });

test('two hundred odd reports make as many servers, tell each oddity once, and change nothing when they come again', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  const reports = oddReports(200);
  const sent = reports.map(({ report }) => readMachineReport(report) as MachineReportInput);
  const round = async () => {
    for (let from = 0; from < sent.length; from += 50) await site.report(...sent.slice(from, from + 50));
  };
  await round();
  expect(await db.prisma.server.count()).toBe(200);
  const told = await conditions(db);
  const names = sent.map(({ mac }) => `m-${mac.replaceAll(':', '')}`);
  const expected = reports.flatMap(({ told: fields }, n) =>
    fields.map((field) => `${names[n]} OddHardware NotTaken ${field}`),
  );
  expect(told.toSorted()).toEqual(expected.toSorted());
  const before = await revision(db);
  await round();
  expect(await changesSince(db, before)).toEqual([]);
});

test('a condition says which field, why and how it came, and ends with the first report that is without it', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(odd('serial'));
  expect(await db.prisma.condition.findMany({ where: { type: 'OddHardware' } })).toMatchObject([
    {
      subjectName: name(1),
      detail: 'serial',
      reason: 'NotTaken',
      message: 'serial is a number rather than a text. It came as 12345.',
      evidence: { value: '12345' },
    },
  ]);
  await site.report(odd('tpm'));
  expect(await conditions(db)).toEqual([`${name(1)} OddHardware NotTaken tpm`]);
  // A snapshot that only names the machine says nothing of its hardware.
  await site.send(
    { snapshotBegin: { machines: 1 } },
    { snapshotPart: { reports: [{ mac: macOf(1) }] } },
    { snapshotEnd: { machines: 1 } },
  );
  expect(await conditions(db)).toEqual([`${name(1)} OddHardware NotTaken tpm`]);
  await site.report(machine(1));
  expect(await conditions(db)).toEqual([]);
});

test('what an older bastion lets through is left out here, and told', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site', { protocol: 1 });
  const { nics } = machine(1);
  const report = machine(1, { memoryGb: -1, nics: [...nics!, { name: 'lo', mac: '00:00:00:00:00:00' }] });
  await site.report(machine(2), report, machine(3));
  expect(await db.prisma.server.count()).toBe(3);
  expect(await conditions(db)).toEqual([
    `${name(1)} OddHardware NotTaken memory_gb`,
    `${name(1)} OddHardware NotTaken nics[2].mac`,
  ]);
});

test('nothing that a machine sends is taken for the name of another server', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  const id = '018f0000-0000-7000-8000-000000000001';
  await site.report(machine(1, { ignored: [{ field: 'serial', reason: 'is odd', value: `{Server:${id}}` }] }));
  const { message } = await db.prisma.condition.findFirstOrThrow({ where: { type: 'OddHardware' } });
  expect(message).toBe(`serial is odd. It came as { Server:${id}}.`);
});
