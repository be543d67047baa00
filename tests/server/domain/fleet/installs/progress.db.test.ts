// Progress and output of installers: states move the server, attempts open and close, nothing goes back.
import { expect, test } from 'vitest';
import type { ProgressInput } from '../../../../../server/domain/fleet/contract/input.ts';
import { changesSince, machine, macOf, openFleet, revision, type TestBastion, type TestFleet } from '../fleet.ts';

const name = (n: number) => `m-${macOf(n).replaceAll(':', '')}`;
const step = (stage: string, more: Partial<ProgressInput> = {}) => ({ progress: { mac: macOf(1), stage, ...more } });
const queued = step('queued', { state: 'QUEUED', os: 'fedora-43', role: 'WORKER' });
const installed = step('done', {
  state: 'INSTALLED',
  hostname: 'labmaster',
  ip: '10.1.0.1',
  os: 'fedora-43',
  role: 'WORKER',
});

async function started(): Promise<TestFleet & { site: TestBastion }> {
  const testFleet = await openFleet();
  const site = await testFleet.connect('site');
  await site.report(machine(1));
  return { ...testFleet, site };
}

test('queued opens an attempt, installed closes it, and the server says what its system reported', async () => {
  const { db, site, clock } = await started();
  await site.send(queued);
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'PROVISIONING', statusSince: new Date(clock.at) });
  expect(await db.prisma.installAttempt.findMany()).toMatchObject([
    { number: 1, profile: 'fedora-43', role: 'WORKER', phase: 'QUEUED', outcome: null, fromStatus: 'DISCOVERED' },
  ]);
  clock.pass(60_000);
  const before = await revision(db);
  await site.send(installed);
  expect(await db.prisma.server.findFirst()).toMatchObject({
    status: 'INSTALLED',
    hostname: 'labmaster',
    ip: '10.1.0.1',
    role: 'WORKER',
    os: 'fedora-43',
  });
  expect(await db.prisma.installAttempt.findMany()).toMatchObject([
    { outcome: 'SUCCEEDED', phase: 'DONE', finishedAt: new Date(clock.at) },
  ]);
  expect(await changesSince(db, before)).toEqual([`UPDATE Server ${name(1)}`, `UPDATE InstallAttempt ${name(1)}`]);
});

test('a failure closes the attempt with its stage and reason, and the next one has the next number', async () => {
  const { db, site, clock } = await started();
  await site.send(queued, step('packages', { state: 'FAILED', error: 'no space left' }));
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'FAILED' });
  expect(await db.prisma.installAttempt.findFirst()).toMatchObject({
    outcome: 'FAILED',
    failureStage: 'packages',
    failureReason: 'no space left',
  });
  clock.pass(1_000);
  await site.send(queued);
  expect(await db.prisma.installAttempt.findMany({ orderBy: { number: 'asc' } })).toMatchObject([
    { number: 1 },
    { number: 2, outcome: null, fromStatus: 'FAILED' },
  ]);
});

test('a failure quotes the last lines of output, those of its own batch too', async () => {
  const { db, site } = await started();
  const log = (from: number, count: number) => ({
    log: { mac: macOf(1), firstSequence: from, lines: Array.from({ length: count }, (_, i) => `line ${from + i}`) },
  });
  await site.send(queued, log(1, 30));
  await site.send(log(31, 5), step('post', { state: 'FAILED', message: 'gave up' }));
  const { failureLines, failureReason } = await db.prisma.installAttempt.findFirstOrThrow();
  expect([failureReason, failureLines]).toEqual(['gave up', Array.from({ length: 20 }, (_, i) => `line ${16 + i}`)]);
});

test('a discovered machine that says it is installed is adopted', async () => {
  const { db, site } = await started();
  await site.send(installed);
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'INSTALLED', hostname: 'labmaster' });
  expect(await db.prisma.installAttempt.count()).toBe(0);
});

test('a state about a machine that nobody reported is its first sighting', async () => {
  const { db, connect } = await openFleet();
  await (await connect('site')).send(queued, installed);
  expect(await db.prisma.server.findMany()).toMatchObject([{ name: name(1), status: 'INSTALLED', bootMac: macOf(1) }]);
});

test('phases never go back, duplicates are absorbed, stages follow each other', async () => {
  const { db, site, clock } = await started();
  await site.send(queued);
  for (const stage of ['booting', 'partition', 'packages', 'Partition', 'ssh', 'booting']) {
    clock.pass(1_000);
    await site.send(step(stage, { message: `in ${stage}` }));
  }
  expect(await db.prisma.installAttempt.findFirst()).toMatchObject({ phase: 'PACKAGES', diskTouched: true });
  const before = await revision(db);
  await site.send(step('booting', { message: 'in booting' }));
  expect(await changesSince(db, before)).toEqual([]);
  const stages = await db.prisma.installStage.findMany({ orderBy: { position: 'asc' } });
  expect(stages.map((stage) => [stage.position, stage.name, stage.finishedAt !== null])).toEqual([
    [1, 'booting', true],
    [2, 'partition', true],
    [3, 'packages', true],
    [4, 'Partition', true],
    [5, 'ssh', false],
  ]);
});

test('an outcome is final: what comes late undoes nothing', async () => {
  const { db, site, clock } = await started();
  const early = clock.at;
  clock.pass(10_000);
  await site.send(queued, installed);
  const late = clock.at;
  const before = await revision(db);
  clock.at = early;
  await site.send(step('packages', { state: 'FAILED', error: 'late' }), step('ssh'), queued);
  clock.at = late;
  expect(await changesSince(db, before)).toEqual([]);
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'INSTALLED' });
});

test('what was installed is not discovered, failed or installed again without an attempt', async () => {
  const { db, site } = await started();
  await site.send(queued, step('post', { state: 'FAILED' }));
  const before = await revision(db);
  await site.send(installed, step('post', { state: 'FAILED' }));
  expect(await changesSince(db, before)).toEqual([]);
  await db.prisma.server.updateMany({ data: { status: 'RETIRED' } });
  await site.send(installed, queued);
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'RETIRED' });
});

test('a report undoes no rename, role or outcome, and progress keeps the role that people gave', async () => {
  const { db, site } = await started();
  await db.prisma.server.updateMany({ data: { role: 'CONTROL_PLANE', name: 'labmaster', version: { increment: 1 } } });
  await site.send(queued, installed, { report: machine(1) });
  expect(await db.prisma.server.findFirst()).toMatchObject({
    name: 'labmaster',
    role: 'CONTROL_PLANE',
    status: 'INSTALLED',
    hostname: 'labmaster',
  });
});

test('only the holder installs a server: another bastion’s callbacks and output are dropped', async () => {
  const { db, site, connect } = await started();
  const other = await connect('other');
  await other.report(machine(1));
  await other.send(queued, { log: { mac: macOf(1), firstSequence: 1, lines: ['x'] } });
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'DISCOVERED', bastionId: site.id });
  await site.send(queued);
  await other.send(installed, { log: { mac: macOf(1), firstSequence: 1, lines: ['x'] } });
  expect([await db.prisma.installAttempt.count({ where: { outcome: null } }), await db.prisma.logLine.count()]).toEqual(
    [1, 0],
  );
});

test('lines of output are kept once each, outside the change log', async () => {
  const { db, site } = await started();
  const log = (firstSequence: number, ...lines: string[]) => ({ log: { mac: macOf(1), firstSequence, lines } });
  await site.send(log(1, 'nobody installs'));
  await site.send(queued, log(2, 'a', 'b'));
  const before = await revision(db);
  await site.send(log(3, 'b', 'c'), log(2, 'a'));
  expect(await changesSince(db, before)).toEqual([]);
  const lines = await db.prisma.logLine.findMany({ orderBy: { seq: 'asc' } });
  expect(lines.map(({ seq, line }) => [Number(seq), line])).toEqual([
    [2, 'a'],
    [3, 'b'],
    [4, 'c'],
  ]);
  expect(await db.prisma.installAttempt.findFirst()).toMatchObject({ logTotal: 3n, logDropped: 0n });
});

test('output is capped per attempt, and what was dropped is counted', async () => {
  const testFleet = await openFleet({ logLines: 5 });
  const site = await testFleet.connect('site');
  await site.report(machine(1));
  await site.send(queued, { log: { mac: macOf(1), firstSequence: 1, lines: ['1', '2', '3'] } });
  await site.send(
    { log: { mac: macOf(1), firstSequence: 4, lines: ['4', '5', '6', '7'] } },
    { log: { mac: macOf(1), firstSequence: 8, lines: ['8'] } },
    step('post'),
  );
  expect(await testFleet.db.prisma.logLine.count()).toBe(5);
  expect(await testFleet.db.prisma.installAttempt.findFirst()).toMatchObject({
    logTotal: 8n,
    logDropped: 3n,
    phase: 'POST',
  });
});

test('lines that came before the outcome in one batch belong to the attempt', async () => {
  const { db, site } = await started();
  await site.send(queued, { log: { mac: macOf(1), firstSequence: 1, lines: ['in time'] } }, installed, {
    log: { mac: macOf(1), firstSequence: 2, lines: ['too late'] },
  });
  expect((await db.prisma.logLine.findMany()).map(({ line }) => line)).toEqual(['in time']);
});
