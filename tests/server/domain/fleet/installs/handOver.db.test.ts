// What keeps a bastion from handing over what it did before it joined: decisions since, told by revision and by no clock.
import { describe, expect, test } from 'vitest';
import { machine, openFleet } from '../fleet.ts';
import { deed, fromBefore, install, ownInstall } from '../installing.ts';

const YEAR = 365 * 86_400_000;

describe.each([
  { clocks: 'a year ahead', by: YEAR },
  { clocks: 'a year behind', by: -YEAR },
])('beside a database whose clock is right, of labd $clocks', ({ by }) => {
  async function joined() {
    const lab = await openFleet();
    lab.clock.at = Date.now() + by;
    const site = await lab.connect('site', fromBefore);
    await site.report(machine(1));
    return { ...lab, site };
  }

  test('what was decided since is known', async () => {
    const lab = await joined();
    await deed(lab, 1, 'adopt');
    await lab.site.send(ownInstall(1).begins);
    expect(await lab.db.prisma.installAttempt.count()).toBe(0);
  });

  test('what was decided before keeps nothing from coming', async () => {
    const lab = await joined();
    await deed(lab, 1, 'adopt');
    await lab.db.prisma.bastion.updateMany({ data: { enrolment: '0199d1e1-0000-8000-8000-000000000001' } });
    const site = await lab.connect('site', fromBefore);
    site.sequence = 1;
    await site.send(ownInstall(1).begins);
    expect(await lab.db.prisma.installAttempt.findMany()).toMatchObject([{ fromStatus: 'INSTALLED', outcome: null }]);
  });

  test('what labd ordered since ends it, whenever its clock says that it was', async () => {
    const lab = await joined();
    await lab.site.report(machine(2));
    // The clock that orders goes another way than the one at the join.
    lab.clock.at -= 2 * by;
    const { step } = await install(lab, 1);
    await lab.site.send(step('booting'));
    await lab.site.send(ownInstall(2).begins);
    expect(await lab.db.prisma.installAttempt.count()).toBe(1);
  });
});

test('where the change log does not go back to when a bastion joined, it hands nothing over', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site', fromBefore);
  await site.report(machine(1));
  const [{ rev } = { rev: 0n }] = await db.prisma.head.findMany();
  await db.prisma.head.updateMany({ data: { compacted: rev } });
  await site.send(ownInstall(1).begins);
  expect(await db.prisma.installAttempt.count()).toBe(0);
});
