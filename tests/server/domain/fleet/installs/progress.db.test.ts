// Progress and output of installers: states move the server, attempts close, nothing goes back.
import { expect, test } from 'vitest';
import { Conflict, NotFound } from '../../../../../server/domain/errors.ts';
import { changesSince, machine, macOf, openFleet, revision, type TestBastion, type TestFleet } from '../fleet.ts';
import { begin, deed, hashOf, install, provenBy } from '../installing.ts';

const name = (n: number) => `m-${macOf(n).replaceAll(':', '')}`;

async function started(more = {}): Promise<TestFleet & { site: TestBastion }> {
  const testFleet = await openFleet(more);
  const site = await testFleet.connect('site');
  await site.report(machine(1));
  return { ...testFleet, site };
}

test('an install opens an attempt, installed closes it, and the server says what its system reported', async () => {
  const lab = await started();
  const { db, site, clock } = lab;
  const { installed } = await install(lab, 1, { role: 'WORKER' });
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
  const lab = await started();
  const { db, site, clock } = lab;
  const { step } = await install(lab);
  await site.send(step('packages', { state: 'FAILED', error: 'no space left' }));
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'FAILED' });
  expect(await db.prisma.installAttempt.findFirst()).toMatchObject({
    outcome: 'FAILED',
    failureStage: 'packages',
    failureReason: 'no space left',
  });
  clock.pass(1_000);
  await install(lab);
  expect(await db.prisma.installAttempt.findMany({ orderBy: { number: 'asc' } })).toMatchObject([
    { number: 1 },
    { number: 2, outcome: null, fromStatus: 'FAILED' },
  ]);
});

test('a failure quotes the last lines of output, those of its own batch too', async () => {
  const lab = await started();
  const { step, log } = await install(lab);
  const lines = (from: number, count: number) =>
    log(from, ...Array.from({ length: count }, (_, i) => `line ${from + i}`));
  await lab.site.send(lines(1, 30));
  await lab.site.send(lines(31, 5), step('post', { state: 'FAILED', message: 'gave up' }));
  const { failureLines, failureReason } = await lab.db.prisma.installAttempt.findFirstOrThrow();
  expect([failureReason, failureLines]).toEqual(['gave up', Array.from({ length: 20 }, (_, i) => `line ${16 + i}`)]);
});

test('rule 2: phases never go back, duplicates are absorbed, stages follow each other', async () => {
  const lab = await started();
  const { db, site, clock } = lab;
  const { step } = await install(lab);
  let seq = 0;
  for (const stage of ['booting', 'partition', 'packages', 'Partition', 'ssh', 'booting']) {
    clock.pass(1_000);
    await site.send(step(stage, { message: `in ${stage}`, seq: ++seq }));
  }
  expect(await db.prisma.installAttempt.findFirst()).toMatchObject({
    // The stage `ssh` is a part of that.
    phase: 'POST',
    diskTouched: true,
    lastSequence: 6n,
  });
  const before = await revision(db);
  await site.send(step('booting', { message: 'in booting', seq: 7 }));
  for (const old of [1, 6, 7, 0])
    await site.send(step('post', { state: 'FAILED', error: 'said again', seq: old, hostname: 'evil' }));
  expect(await changesSince(db, before)).toEqual([]);
  expect(await db.prisma.installAttempt.findFirst()).toMatchObject({ lastSequence: 7n, outcome: null });
  const stages = await db.prisma.installStage.findMany({ orderBy: { position: 'asc' } });
  expect(stages.map((stage) => [stage.position, stage.name, stage.finishedAt !== null])).toEqual([
    [1, 'booting', true],
    [2, 'partition', true],
    [3, 'packages', true],
    [4, 'Partition', true],
    [5, 'ssh', false],
  ]);
});

test('rule 2: an outcome is final, and what comes late is kept in the log of its own attempt', async () => {
  const lab = await started();
  const { db, site } = lab;
  const first = await install(lab);
  await site.send(first.log(1, 'in time'), first.step('post', { seq: 1 }), first.installed);
  const before = await revision(db);
  await site.send(first.step('packages', { state: 'FAILED', error: 'late', seq: 2 }), first.log(2, 'later'));
  expect(await changesSince(db, before)).toEqual([]);
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'INSTALLED' });
  const second = await install(lab, 1, { deed: 'reprovision' });
  await site.send(first.step('ssh', { message: 'hello', seq: 3 }), first.installed, second.log(4, 'of the second'));
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'PROVISIONING' });
  const logs = await db.prisma.installAttempt.findMany({
    orderBy: { number: 'asc' },
    select: { outcome: true, logTotal: true, stages: { select: { name: true } }, lines: { orderBy: { seq: 'asc' } } },
  });
  expect(logs.map(({ lines, ...rest }) => ({ ...rest, lines: lines.map(({ line }) => line) }))).toEqual([
    {
      outcome: 'SUCCEEDED',
      logTotal: 5n,
      stages: [{ name: 'post' }],
      lines: [
        'in time',
        'Said after the end, without effect: packages: late',
        'later',
        'Said after the end, without effect: ssh: hello',
        'Said after the end, without effect: done',
      ],
    },
    { outcome: null, logTotal: 1n, stages: [], lines: ['of the second'] },
  ]);
});

test('rule 1: without the proof of the open attempt nothing moves; the machine was seen', async () => {
  const lab = await started();
  const { db, site, clock } = lab;
  await install(lab);
  clock.pass(60_000);
  const before = await revision(db);
  const nothing = provenBy(undefined as never);
  const other = provenBy(hashOf('guessed'));
  for (const { step, log, installed } of [nothing, other])
    await site.send(
      step('queued', { state: 'QUEUED' }),
      step('packages'),
      step('post', { state: 'FAILED', error: 'x' }),
      installed,
      log(1, 'x'),
    );
  expect(await changesSince(db, before)).toEqual([]);
  expect(await db.prisma.server.findFirst()).toMatchObject({ status: 'PROVISIONING', hostname: null });
  expect(await db.prisma.installAttempt.findFirst()).toMatchObject({ outcome: null, logTotal: 0n, lastSequence: 0n });
  expect([await db.prisma.installStage.count(), await db.prisma.logLine.count()]).toEqual([0, 0]);
  expect(await db.prisma.sighting.findFirst()).toMatchObject({ source: 'callback', lastSeenAt: new Date(clock.at) });
});

test('rule 1: a discovered machine is not installed because it says so, and nobody is made by a callback', async () => {
  const { db, site } = await started();
  const { step, installed } = provenBy(hashOf('x'));
  const unknown = provenBy(hashOf('x'), 7);
  await site.send(step('queued', { state: 'QUEUED' }), installed, unknown.installed, unknown.log(1, 'x'));
  expect(await db.prisma.server.findMany()).toMatchObject([{ status: 'DISCOVERED', bootMac: macOf(1) }]);
  expect(await db.prisma.installAttempt.count()).toBe(0);
});

test('rule 1: a secret proves its own machine alone', async () => {
  const lab = await started();
  const { db, site } = lab;
  await site.report(machine(2));
  const [one] = [await install(lab, 1), await install(lab, 2)];
  await site.send(provenBy(one.proof, 2).installed, provenBy(one.proof, 2).log(1, 'x'));
  expect(await db.prisma.installAttempt.count({ where: { outcome: null, logTotal: 0n } })).toBe(2);
  await site.send({ progress: { ...one.installed.progress!, mac: macOf(1, 1) } });
  expect(await db.prisma.server.findFirst({ where: { bootMac: macOf(1) } })).toMatchObject({ status: 'INSTALLED' });
});

test('rule 5: a callback undoes no rename, role or cancel', async () => {
  const lab = await started();
  const { db, site } = lab;
  await db.prisma.server.updateMany({ data: { role: 'CONTROL_PLANE', name: 'web', version: { increment: 1 } } });
  const first = await install(lab);
  await site.send(first.step('pre', { role: 'WORKER' }), { report: machine(1) });
  await deed(lab, 1, 'cancel');
  await site.send(first.installed);
  expect(await db.prisma.server.findFirst()).toMatchObject({ name: 'web', status: 'DISCOVERED' });
  await site.send((await install(lab)).step('done', { state: 'INSTALLED', role: 'WORKER' }), { report: machine(1) });
  expect(await db.prisma.server.findFirst()).toMatchObject({ name: 'web', role: 'CONTROL_PLANE', status: 'INSTALLED' });
});

test('rule 6: only the holder installs a server: what another bastion says of it is dropped, whatever it knows', async () => {
  const lab = await started();
  const { db, connect } = lab;
  const other = await connect('other');
  await other.report(machine(1));
  const { installed, log } = await install(lab);
  const before = await revision(db);
  await other.send(installed, log(1, 'x'));
  expect(await changesSince(db, before)).toEqual([]);
  expect([await db.prisma.installAttempt.count({ where: { outcome: null } }), await db.prisma.logLine.count()]).toEqual(
    [1, 0],
  );
});

test('a bastion’s clock, behind or ahead, puts nothing before the attempt or after now', async () => {
  const lab = await started();
  const { db, site, clock } = lab;
  const { step, installed } = await install(lab);
  const begun = clock.at;
  clock.pass(60_000);
  const now = clock.at;
  const said = async (at: number, body: typeof installed) => {
    const items = [{ sequence: ++site.sequence, at: new Date(at), body }];
    await lab.fleet.push(
      { actor: 'b', action: 'test', requestId: '', address: '' },
      { bastion: site.id, epoch: site.epoch, items },
    );
  };
  await said(begun - 3_600_000, step('pre'));
  await said(now + 365 * 86_400_000, installed);
  expect(await db.prisma.installStage.findFirst()).toMatchObject({ startedAt: new Date(begun) });
  expect(await db.prisma.installAttempt.findFirst()).toMatchObject({ outcome: 'SUCCEEDED', finishedAt: new Date(now) });
  expect(await db.prisma.server.findFirst()).toMatchObject({ statusSince: new Date(now) });
});

test('lines of output are kept once each, outside the change log', async () => {
  const lab = await started();
  const { db, site } = lab;
  const { log } = await install(lab);
  await site.send(log(2, 'a', 'b'));
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

test('rule 12: output is capped per attempt, and what was dropped is counted', async () => {
  const lab = await started({ logLines: 5 });
  const { step, log } = await install(lab);
  await lab.site.send(log(1, '1', '2', '3'));
  await lab.site.send(log(4, '4', '5', '6', '7'), log(8, '8'), step('post'));
  expect(await lab.db.prisma.logLine.count()).toBe(5);
  expect(await lab.db.prisma.installAttempt.findFirst()).toMatchObject({
    logTotal: 8n,
    logDropped: 3n,
    phase: 'POST',
  });
});

test('rule 13: labd keeps the hash alone, once, and neither the order nor the change log has it', async () => {
  const lab = await started();
  const { db, site, connect } = lab;
  const other = await connect('other');
  await deed(lab, 1, 'provision', { os: 'fedora-43' });
  const secret = () => db.prisma.installAttempt.findFirstOrThrow().then(({ secretHash }) => secretHash);
  const open = (value: boolean) => ({ __typename: 'OrderAcknowledged', attemptOpen: value }) as const;
  await expect(begin(lab, site, undefined)).rejects.toMatchObject({ field: 'input.secretHash' });
  await expect(begin(lab, site, 'lab_inst_token')).rejects.toMatchObject({ field: 'input.secretHash' });
  await expect(begin(lab, other, hashOf('a'))).rejects.toBeInstanceOf(NotFound);
  expect(await secret()).toBeNull();
  expect(await begin(lab, site, hashOf('a'))).toMatchObject(open(true));
  expect(await begin(lab, site, hashOf('a'))).toMatchObject(open(true));
  await expect(begin(lab, site, hashOf('b'))).rejects.toBeInstanceOf(Conflict);
  expect(await secret()).toBe(hashOf('a'));
  const told = JSON.stringify([await db.prisma.change.findMany(), await db.prisma.order.findMany()], (_, value) =>
    typeof value === 'bigint' ? String(value) : (value as unknown),
  );
  expect(told).not.toContain(hashOf('a'));
  await deed(lab, 1, 'cancel');
  expect(await begin(lab, site, hashOf('a'))).toMatchObject(open(false));
});

test('rule 13: an attempt that ended before its bastion began it takes no secret', async () => {
  const lab = await started();
  await deed(lab, 1, 'provision', { os: 'fedora-43' });
  await deed(lab, 1, 'cancel');
  expect(await begin(lab, lab.site, hashOf('a'))).toMatchObject({ attemptOpen: false });
  expect(await lab.db.prisma.installAttempt.findFirst()).toMatchObject({ secretHash: null, outcome: 'CANCELLED' });
});
