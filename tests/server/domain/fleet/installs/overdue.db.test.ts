// Installs that are stuck: what fails them, what it says, and the clock that stands still while the bastion is away.
import { expect, test } from 'vitest';
import { defaults } from '../../../../../server/domain/ledger/settings.ts';
import { machine, openFleet } from '../fleet.ts';
import { deed, install, type Install } from '../installing.ts';

const sighting = { report: machine(1) };

const { phaseTime, installTime, silence } = defaults;
const MINUTE = 60_000;

/** A machine whose install was asked for a minute after it was last seen. */
async function started() {
  const testFleet = await openFleet();
  let site = await testFleet.connect('site');
  await site.send(sighting);
  testFleet.clock.pass(MINUTE);
  const begun = await install({ ...testFleet, site });
  return {
    ...testFleet,
    ...begun,
    site: () => site,
    /** Lets time pass with the bastion there, which says something twice a minute. */
    async wait(milliseconds: number) {
      for (const end = testFleet.clock.at + milliseconds; testFleet.clock.at < end;) {
        testFleet.clock.pass(Math.min(MINUTE / 2, end - testFleet.clock.at));
        await site.send();
        await testFleet.fleet.sweep();
      }
    },
    reconnect: async () => void (site = await testFleet.connect('site')),
    attempt: () => testFleet.db.prisma.installAttempt.findFirstOrThrow({ orderBy: { number: 'desc' } }),
    status: async () => (await testFleet.db.prisma.server.findFirstOrThrow()).status,
  };
}

test.each([
  ['never seen', () => [], 'queued', 'The machine was never seen by DHCP in 20 minutes: power it on'],
  ['booted', () => [sighting], 'queued', 'The machine booted, but its installer said nothing for 20 minutes.'],
  [
    'booting',
    ({ step }: Install) => [step('booting')],
    'booting',
    'The machine booted, but its installer said nothing for 20 minutes.',
  ],
  [
    'silent',
    ({ step }: Install) => [step('packages')],
    'packages',
    'The installer was silent for 20 minutes after phase packages.',
  ],
])('an install that is overdue fails and says which it was: %s', async (_, said, failureStage, reason) => {
  const { site, wait, attempt, status, db, ...begun } = await started();
  await site().send(...said(begun));
  await wait(phaseTime);
  expect(await status()).toBe('PROVISIONING');
  await wait(MINUTE);
  expect(await status()).toBe('FAILED');
  expect(await attempt()).toMatchObject({
    outcome: 'FAILED',
    failureStage,
    failureReason: expect.stringContaining(reason) as string,
    phaseDeadline: null,
  });
  expect(await db.prisma.order.findMany({ where: { kind: 'CANCEL' } })).toMatchObject([{ payload: { attempt: 1 } }]);
  expect(await db.prisma.installStage.count({ where: { finishedAt: null } })).toBe(0);
});

test('an install that its bastion did not begin says so', async () => {
  const lab = await openFleet();
  const site = await lab.connect('site');
  await site.send(sighting);
  await deed(lab, 1, 'provision', { os: 'fedora-43' });
  lab.clock.pass(phaseTime + MINUTE);
  await site.send(sighting);
  await lab.fleet.sweep();
  expect(await lab.db.prisma.installAttempt.findFirst()).toMatchObject({
    failureReason: 'The bastion that holds the server did not begin the install within 20 minutes.',
  });
});

test('it quotes the last lines, and what the installer says later changes nothing', async () => {
  const { site, wait, attempt, status, step, log, installed } = await started();
  await site().send(step('packages'), log(1, 'fetching', 'no route to host'));
  await wait(phaseTime + MINUTE);
  const failed = await attempt();
  expect(failed).toMatchObject({ outcome: 'FAILED', failureLines: ['fetching', 'no route to host'] });
  await site().send(step('post'), installed);
  expect(await status()).toBe('FAILED');
  expect(await attempt()).toEqual({ ...failed, logTotal: 4n });
});

test('each callback renews the deadline, under a total that none does', async () => {
  const { site, wait, attempt, status, step } = await started();
  for (let passed = 0; passed < installTime - phaseTime; passed += phaseTime / 2) {
    await site().send(step(`step-${passed}`));
    await wait(phaseTime / 2);
  }
  await site().send(step('packages'));
  await wait(phaseTime - MINUTE);
  expect(await status()).toBe('PROVISIONING');
  await site().send(step('more'));
  await wait(2 * MINUTE);
  expect(await attempt()).toMatchObject({
    outcome: 'FAILED',
    failureReason: 'It was not over 120 minutes after it began.',
  });
});

test('while the bastion is away the clock stands still, and goes on where it was', async () => {
  const { fleet, wait, attempt, status, clock, reconnect } = await started();
  await wait(phaseTime / 2);
  const gone = new Date(clock.at);
  const before = await attempt();
  for (let hours = 0; hours < 5; hours++) {
    clock.pass(60 * MINUTE);
    await fleet.sweep();
  }
  expect(await attempt()).toMatchObject({ outcome: null, pausedAt: gone });
  await reconnect();
  await fleet.sweep();
  const away = clock.at - gone.getTime();
  expect(await attempt()).toMatchObject({
    pausedAt: null,
    phaseDeadline: new Date(before.phaseDeadline!.getTime() + away),
    hardDeadline: new Date(before.hardDeadline!.getTime() + away),
  });
  await wait(phaseTime / 2);
  expect(await status()).toBe('PROVISIONING');
  await wait(MINUTE);
  expect(await status()).toBe('FAILED');
});

test('a labd that was away fails nothing that its bastion had no chance to tell of', async () => {
  const { site, fleet, wait, attempt, status, clock, reconnect, step } = await started();
  await wait(phaseTime - 1_000);
  clock.pass(3 * installTime);
  await reconnect();
  await fleet.sweep();
  expect(await status()).toBe('PROVISIONING');
  clock.pass(silence / 2);
  await site().send(step('post'));
  await wait(phaseTime);
  expect(await attempt()).toMatchObject({ outcome: null, phase: 'POST' });
});

test('a server that no bastion holds any more is not waited for', async () => {
  const { db, fleet, attempt, clock } = await started();
  await db.prisma.server.updateMany({ data: { bastionId: null } });
  clock.pass(phaseTime + MINUTE);
  await fleet.sweep();
  expect(await attempt()).toMatchObject({
    outcome: 'FAILED',
    failureReason: 'No bastion holds the server any more, so that nothing was heard of it.',
  });
});

test('a look that finds nothing to do writes nothing', async () => {
  const { db, wait } = await started();
  await wait(MINUTE);
  const before = await db.prisma.head.findFirstOrThrow();
  await wait(MINUTE);
  expect(await db.prisma.head.findFirstOrThrow()).toEqual(before);
});
