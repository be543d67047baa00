// Installs that people asked of a bastion while it had no labd: handed over once, with their own times, and only of its own servers.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { Ledger } from '../../../../../server/domain/ledger/ledger.ts';
import { select } from '../../../../../server/domain/ledger/sql.ts';
import { tester } from '../../../../support/database.ts';
import { machine, macOf, openFleet, type TestBastion, type TestFleet } from '../fleet.ts';
import { begun, deed, fromBefore, hashOf, install, ownInstall, provenBy } from '../installing.ts';

const MINUTE = 60_000;

async function started(): Promise<TestFleet & { site: TestBastion }> {
  const testFleet = await openFleet();
  return { ...testFleet, site: await testFleet.connect('site', fromBefore) };
}

test('a whole history comes in one batch with its machine: its attempts, stages, output and ends, at their own times', async () => {
  const { db, fleet, site, clock } = await started();
  const [first, second] = [ownInstall(1, 'first'), ownInstall(1, 'second')];
  const from = clock.at - 60 * MINUTE;
  const bodies = [
    { report: machine(1) },
    first.begins,
    first.log(0, 'No space left'),
    first.step('partition', { state: 'FAILED', error: 'sgdisk failed' }),
    second.begins,
    second.step('packages'),
    second.log(1, 'Installing'),
    second.installed,
  ];
  const items = bodies.map((body, i) => ({ sequence: i + 1, at: new Date(from + i * MINUTE), body }));
  const push = { bastion: site.id, epoch: site.epoch, items };
  expect(await fleet.push(site.origin, push)).toMatchObject({ acknowledged: 8 });
  // What is sent twice counts once.
  await fleet.push(site.origin, push);
  const attempts = await db.prisma.installAttempt.findMany({
    orderBy: { number: 'asc' },
    include: { stages: { orderBy: { position: 'asc' } }, lines: true },
  });
  expect(attempts).toMatchObject([
    {
      ...{ number: 1, profile: 'debian-13', fromStatus: 'DISCOVERED', outcome: 'FAILED', phase: 'PARTITION' },
      ...{ failureStage: 'partition', failureReason: 'sgdisk failed', failureLines: ['No space left'] },
      parameters: { timezone: { value: 'UTC', from: 'bastion' } },
      disk: begun.disk,
      createdAt: new Date(from + MINUTE),
      finishedAt: new Date(from + 3 * MINUTE),
      stages: [{ name: 'queued' }, { name: 'partition', startedAt: new Date(from + 3 * MINUTE) }],
    },
    {
      ...{ number: 2, fromStatus: 'FAILED', outcome: 'SUCCEEDED', phase: 'DONE' },
      createdAt: new Date(from + 4 * MINUTE),
      finishedAt: new Date(from + 7 * MINUTE),
      stages: [{ name: 'queued' }, { name: 'packages', startedAt: new Date(from + 5 * MINUTE) }],
      lines: [{ line: 'Installing' }],
    },
  ]);
  expect(await db.prisma.server.findFirst()).toMatchObject({
    ...{ status: 'INSTALLED', statusSince: new Date(from + 7 * MINUTE), hostname: 'labmaster' },
  });
});

test('one that still runs goes on at labd, may be cancelled there, and never began after now', async () => {
  const lab = await started();
  const { db, site, clock } = lab;
  const { begins, step } = ownInstall(1);
  await site.report(machine(1));
  const items = [{ sequence: 2, at: new Date(clock.at + 60 * MINUTE), body: begins }];
  await lab.fleet.push(site.origin, { bastion: site.id, epoch: site.epoch, items });
  site.sequence = 2;
  await site.send(step('packages', { seq: 1 }));
  expect(await db.prisma.installAttempt.findFirst()).toMatchObject({
    ...{ phase: 'PACKAGES', outcome: null, createdAt: new Date(clock.at) },
    phaseDeadline: expect.any(Date),
  });
  await deed(lab, 1, 'cancel');
  expect(await db.prisma.order.findFirst()).toMatchObject({
    kind: 'CANCEL',
    payload: { macs: [macOf(1), macOf(1, 1)] },
  });
  await site.send(step('done', { state: 'INSTALLED', seq: 2 }));
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'FAILED' });
});

test('no bastion hands over what another one holds, what is elsewhere, or what labd is about already', async () => {
  const lab = await started();
  const { db, site } = lab;
  const other = await lab.connect('other', fromBefore);
  for (const n of [1, 2, 3]) await site.report(machine(n));
  // Another holds it.
  await other.send(ownInstall(1).begins, ownInstall(1).installed);
  // It was moved out of the bastion's place.
  await db.prisma.server.updateMany({ where: { bootMac: macOf(2) }, data: { environment: 'elsewhere' } });
  await site.send(ownInstall(2).begins, ownInstall(2).installed);
  // It is being installed, by labd.
  await install(lab, 3);
  await site.send(ownInstall(3).begins, ownInstall(3).installed);
  // It is out of service.
  await site.report(machine(4));
  await deed(lab, 4, 'retire');
  await site.send(ownInstall(4).begins, ownInstall(4).installed);
  // Nobody may install it.
  await site.report(machine(6));
  await db.prisma.server.updateMany({ where: { bootMac: macOf(6) }, data: { locked: true } });
  await site.send(ownInstall(6).begins, ownInstall(6).installed);
  // It proves nothing, is of no profile, or of none that people can choose.
  await site.report(machine(5));
  const { step } = provenBy(hashOf('5'), 5);
  await site.send(step('queued', { os: 'debian-13', begun, proof: null }), step('queued', { begun }));
  await site.send(step('queued', { os: 'ramdisk/wipe', begun }));
  const servers = await db.prisma.server.findMany({ orderBy: { bootMac: 'asc' }, include: { attempts: true } });
  expect(servers.map(({ status, attempts }) => [status, attempts.length])).toEqual([
    ...[
      ['DISCOVERED', 0],
      ['DISCOVERED', 0],
      ['PROVISIONING', 1],
      ['RETIRED', 0],
      ['DISCOVERED', 0],
      ['DISCOVERED', 0],
    ],
  ]);
});

test('a bastion hands over only what it has from before it joined, also after it opens its uplink anew', async () => {
  const lab = await started();
  const { db } = lab;
  const statuses = async () =>
    (await db.prisma.server.findMany({ orderBy: { bootMac: 'asc' } })).map(({ status }) => status);
  await lab.site.report(machine(1), machine(2), machine(3));
  // It still sends what it has from before.
  const again = await lab.connect('site', { oldest: 1, newest: 500 });
  await again.sendFrom(4, ownInstall(1).begins);
  expect(await statuses()).toEqual(['PROVISIONING', 'DISCOVERED', 'DISCOVERED']);
  const rest = Array.from({ length: 95 }, () => ownInstall(3).step('partition'));
  await again.sendFrom(5, ...rest, ownInstall(2).begins);
  expect(await statuses()).toEqual(['PROVISIONING', 'PROVISIONING', 'DISCOVERED']);
  await again.sendFrom(101, ownInstall(3).begins, ownInstall(3).installed);
  expect(await statuses()).toEqual(['PROVISIONING', 'PROVISIONING', 'DISCOVERED']);
  // Who lets it in anew lets it hand over anew: it ran by itself meanwhile.
  await db.prisma.bastion.updateMany({ data: { enrolment: '0199d1e1-0000-8000-8000-000000000001' } });
  const anew = await lab.connect('site', { oldest: 1, newest: 110 });
  await anew.sendFrom(103, ownInstall(3).begins);
  expect(await statuses()).toEqual(['PROVISIONING', 'PROVISIONING', 'PROVISIONING']);
});

test('it hands over none on a server that labd installed one on since, whatever numbers it says', async () => {
  const lab = await started();
  const { db, clock } = lab;
  await lab.site.report(machine(1));
  clock.at += MINUTE;
  const { installed } = await install(lab, 1);
  await lab.site.send(installed);
  await lab.site.send(ownInstall(1).begins);
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'INSTALLED' });
  expect(await db.prisma.installAttempt.count()).toBe(1);
});

test.each([
  { before: 'DISCOVERED', stage: 'pre', after: 'DISCOVERED' },
  { before: 'INSTALLED', stage: 'pre', after: 'INSTALLED' },
  { before: 'INSTALLED', stage: 'packages', after: 'FAILED' },
])(
  'one that was cancelled at the bastion in $stage leaves what was $before $after',
  async ({ before, stage, after }) => {
    const { db, site } = await started();
    await site.report(machine(1));
    await db.prisma.server.updateMany({ data: { status: before } });
    const { begins, step } = ownInstall(1);
    const message = 'It was cancelled at the bastion.';
    await site.send(begins, step(stage), step(stage, { state: 'CANCELLED', message }));
    expect(
      await db.prisma.installAttempt.findMany({ include: { stages: { orderBy: { position: 'asc' } } } }),
    ).toMatchObject([
      {
        ...{ outcome: 'CANCELLED', failureReason: null, phaseDeadline: null, finishedAt: expect.any(Date) },
        stages: [{ name: 'queued' }, { name: stage, message, finishedAt: expect.any(Date) }],
      },
    ]);
    expect(await db.prisma.server.findFirst()).toMatchObject({ status: after });
    // The next one of before comes as if it had not been.
    await site.send(ownInstall(1, 'next').begins);
    expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'PROVISIONING' });
  },
);

test('a bastion cancels nothing that labd ordered: such an install has failed', async () => {
  const lab = await started();
  const { db, site } = lab;
  await site.report(machine(1));
  const { step } = await install(lab, 1);
  await site.send(step('pre', { state: 'CANCELLED', message: 'No more' }));
  expect(await db.prisma.installAttempt.findFirst()).toMatchObject({ outcome: 'FAILED', failureReason: 'No more' });
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'FAILED' });
});

test('what was decided of a server before the bastion joined, or is no decision about it, keeps nothing from coming', async () => {
  const lab = await openFleet();
  const { db } = lab;
  const first = await lab.connect('site', fromBefore);
  await first.report(machine(1));
  await deed(lab, 1, 'adopt');
  await db.prisma.bastion.updateMany({ data: { enrolment: '0199d1e1-0000-8000-8000-000000000001' } });
  const site = await lab.connect('site', fromBefore);
  site.sequence = 1;
  await db.write({ ...tester, action: 'renameServer' }, async (tx) => {
    const ledger = new Ledger(new Date(), randomUUID);
    const [server] = ledger.load('Server', await select(tx.client, 'Server', 'true'));
    ledger.update('Server', server!.id, { name: 'renamed' });
    await ledger.flush(tx);
  });
  await site.send(ownInstall(1).begins, ownInstall(1).installed);
  expect(await db.prisma.installAttempt.findMany()).toMatchObject([{ fromStatus: 'INSTALLED', outcome: 'SUCCEEDED' }]);
});

test('an empty batch that only asks whether the session is open ends no hand-over', async () => {
  const { db, site } = await started();
  await site.report(machine(1));
  await site.push({});
  await site.push({ items: [], newest: 100, hash: null, lost: { through: 50, reason: 'its disk failed' } });
  await site.sendFrom(51, ownInstall(1).begins);
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'PROVISIONING' });
});

test('one whose end the bastion lost is ended by the next one that it began', async () => {
  const { db, site } = await started();
  await site.report(machine(1));
  const [lost, next] = [ownInstall(1, 'lost'), ownInstall(1, 'next')];
  await site.send(lost.begins, lost.step('packages'), next.begins);
  await site.send(next.installed, lost.step('bootloader'));
  const attempts = await db.prisma.installAttempt.findMany({ orderBy: { number: 'asc' }, include: { stages: true } });
  expect(attempts).toMatchObject([
    {
      ...{ outcome: 'FAILED', failureStage: 'packages' },
      failureReason: 'How it ended is not known: its bastion lost that, and began another install.',
      stages: [{ finishedAt: expect.any(Date) }, { finishedAt: expect.any(Date) }],
    },
    { outcome: 'SUCCEEDED' },
  ]);
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'INSTALLED' });
});

test('one whose end the bastion lost in a batch of before is ended too', async () => {
  const { db, site } = await started();
  await site.report(machine(1));
  const [lost, next] = [ownInstall(1, 'lost'), ownInstall(1, 'next')];
  await site.send(lost.begins, lost.step('packages'));
  await site.send(next.begins);
  const attempts = await db.prisma.installAttempt.findMany({ orderBy: { number: 'asc' }, include: { stages: true } });
  expect(attempts).toMatchObject([
    {
      ...{ outcome: 'FAILED', failureStage: 'packages' },
      stages: [{ finishedAt: expect.any(Date) }, { finishedAt: expect.any(Date) }],
    },
    { outcome: null },
  ]);
});

test('one is taken whose values are at the bound of what may be given, beside those of its profile', async () => {
  const { db, site } = await started();
  await site.report(machine(1));
  const given = { script: 'x'.repeat(65_536 - 13), timezone: 'Europe/Berlin', keyboard: 'de' };
  const body = ownInstall(1).step('queued', { os: 'debian-13', begun: { ...begun, parameters: given } });
  expect(await site.send(body)).toMatchObject({ __typename: 'UplinkAcknowledged' });
  expect(await db.prisma.installAttempt.count()).toBe(1);
});

test('what is said of one has to be what attempts keep', async () => {
  const { site } = await started();
  await site.report(machine(1));
  const { step } = ownInstall(1);
  const wrong = (more: object) => site.sendFrom(2, step('queued', { os: 'debian-13', begun: { ...begun, ...more } }));
  await expect(wrong({ parameters: ['UTC'] })).rejects.toMatchObject({
    field: 'input.items[0].body.progress.begun.parameters',
  });
  await expect(wrong({ disk: { name: 'sda', more: 1 } })).rejects.toThrow('There is no "more" here');
  await expect(wrong({ files: [{ use: 'kernel' }] })).rejects.toThrow('It is missing.');
});
