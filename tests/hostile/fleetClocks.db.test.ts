// What labd notes about bastions and installs, when its clock was ahead, or follows the database's over a leap.
import { describe, expect, test } from 'vitest';
import { defaults } from '../../server/domain/ledger/settings.ts';
import { machine, openFleet } from '../server/domain/fleet/fleet.ts';
import { install } from '../server/domain/fleet/installing.ts';

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
const MINUTE = 60_000;
const { phaseTime, installTime, silence, lease } = defaults;

/** A machine whose install has begun. */
async function installing() {
  const testFleet = await openFleet();
  const { fleet, clock, connect, db } = testFleet;
  const site = await connect('site');
  await site.send({ report: machine(1) });
  await install({ ...testFleet, site });
  const attempt = () => db.prisma.installAttempt.findFirstOrThrow();
  const status = async () => (await db.prisma.server.findFirstOrThrow()).status;
  const online = async () => (await db.prisma.condition.findFirst({ where: { type: 'BastionOnline' } }))?.status;
  const seen = async () => (await db.prisma.bastionSession.findFirstOrThrow({ orderBy: { epoch: 'desc' } })).lastSeenAt;
  return { fleet, clock, connect, db, site, attempt, status, online, seen };
}

describe.each([
  ['an hour ahead', HOUR],
  ['a year ahead', YEAR],
  ['an hour back', -HOUR],
  ['a year back', -YEAR],
])('when labd follows a clock that was set %s', (_what, jump) => {
  test('a running install fails no sooner and no later than it would have', async () => {
    const { fleet, clock, site, attempt, status } = await installing();
    clock.pass(5 * MINUTE);
    await site.send();
    const before = new Date(clock.at);
    clock.pass(jump);
    await fleet.leapFrom(before);
    await fleet.sweep();
    expect(await status()).toBe('PROVISIONING');
    expect(await attempt()).toMatchObject({
      pausedAt: null,
      phaseDeadline: new Date(clock.at + phaseTime - 5 * MINUTE),
      hardDeadline: new Date(clock.at + installTime - 5 * MINUTE),
    });
    for (let minute = 0; minute < 16; minute++) {
      clock.pass(MINUTE / 2);
      await site.send();
      clock.pass(MINUTE / 2);
      await site.send();
      await fleet.sweep();
      expect(await status()).toBe(minute < 15 ? 'PROVISIONING' : 'FAILED');
    }
  });

  test('no bastion is taken for silent, and none loses what it holds', async () => {
    const { fleet, clock, connect, db, online, site } = await installing();
    const other = await connect('other');
    const before = new Date(clock.at);
    clock.pass(jump);
    await fleet.leapFrom(before);
    await fleet.sweep();
    expect(await online()).toBe(true);
    await other.report(machine(1));
    expect(await db.prisma.server.findFirstOrThrow()).toMatchObject({ bastionId: site.id });
  });

  test('several labd that do so one after the other give no install more time than it may have', async () => {
    const { fleet, clock, attempt, status } = await installing();
    const before = new Date(clock.at);
    clock.pass(jump);
    for (let labd = 0; labd < 3; labd++) {
      await fleet.leapFrom(before);
      await fleet.sweep();
    }
    expect(await status()).toBe('PROVISIONING');
    const { phaseDeadline, hardDeadline } = await attempt();
    expect(phaseDeadline!.getTime()).toBeLessThanOrEqual(clock.at + phaseTime);
    expect(hardDeadline!.getTime()).toBeLessThanOrEqual(clock.at + installTime);
  });
});

describe('what a labd noted whose clock was a year ahead', () => {
  test('keeps no bastion online that has gone', async () => {
    const { fleet, clock, online, seen } = await installing();
    clock.pass(-YEAR);
    await fleet.sweep();
    expect(await seen()).toEqual(new Date(clock.at));
    clock.pass(silence + 1);
    await fleet.sweep();
    expect(await online()).toBe(false);
  });

  test('keeps no server with a bastion whose lease is over', async () => {
    const { fleet, clock, connect, db } = await installing();
    clock.pass(-YEAR);
    await fleet.sweep();
    clock.pass(silence + 1);
    await fleet.sweep();
    clock.pass(lease);
    const other = await connect('other');
    await other.report(machine(1));
    expect(await db.prisma.server.findFirstOrThrow()).toMatchObject({ bastionId: other.id });
  });

  test('lets no install be stuck for a year', async () => {
    const { fleet, clock, site, attempt } = await installing();
    clock.pass(-YEAR);
    await site.send();
    await fleet.sweep();
    expect(await attempt()).toMatchObject({
      phaseDeadline: new Date(clock.at + phaseTime),
      hardDeadline: new Date(clock.at + installTime),
    });
  });
});
