// What is learnt from installs that succeeded: when one that runs should be over, and which stage is slow.
import { expect, test } from 'vitest';
import { estimatesOf } from '../../../../../server/domain/fleet/installs/learnt.ts';
import { machine, openFleet } from '../fleet.ts';
import { install } from '../installing.ts';

const SECOND = 1_000;

/** A site, and installs whose packages take so many seconds, and all else one. */
async function site() {
  const on = await openFleet();
  const { db, clock } = on;
  const bastion = await on.connect('site');
  const begin = async (n: number) => {
    const begun = await install({ ...on, site: bastion }, n);
    await bastion.send(begun.step('booting'));
    clock.pass(SECOND);
    await bastion.send(begun.step('packages'));
    return begun;
  };
  return {
    ...on,
    bastion,
    begin,
    async taught(n: number, seconds: number, product = 'MiniServer') {
      await bastion.report(machine(n, { product }));
      const begun = await begin(n);
      clock.pass(seconds * SECOND);
      await bastion.send(begun.installed);
    },
    async estimate() {
      const attempts = await db.prisma.installAttempt.findMany({
        where: { finishedAt: null },
        include: { stages: true },
      });
      const estimates = await estimatesOf(
        db.prisma,
        attempts.map(({ id }) => id),
        new Date(clock.at),
      );
      return attempts.map(({ id, stages }) => {
        const estimate = estimates.get(id);
        const [first] = stages.toSorted((a, b) => a.position - b.position);
        return (
          estimate && {
            whole: (estimate.eta.getTime() - first!.startedAt.getTime()) / SECOND,
            slow: estimate.slow,
            stages: stages.flatMap(({ name, startedAt }) => {
              const expected = estimate.stages.get(name);
              return expected ? [[name, (expected.getTime() - startedAt.getTime()) / SECOND] as const] : [];
            }),
          }
        );
      });
    },
  };
}

test('an install is estimated by those of its model, by all of its profile where these are few, and by fewer than three not at all', async () => {
  const { bastion, begin, taught, estimate } = await site();
  await taught(1, 100, 'Other');
  await taught(2, 200, 'Other');
  await bastion.report(machine(9));
  await begin(9);
  expect(await estimate()).toEqual([undefined]);
  await taught(3, 300, 'Other');
  const stages = [
    ['booting', 1],
    ['packages', 200],
  ];
  expect(await estimate()).toEqual([{ whole: 201, slow: null, stages }]);
  for (const [n, seconds] of [
    [4, 20],
    [5, 30],
    [6, 40],
  ] as const)
    await taught(n, seconds);
  expect(await estimate()).toMatchObject([{ whole: 31 }]);
});

test('a stage is slow when it takes more than three times what it takes as a rule', async () => {
  const { bastion, begin, taught, estimate, clock } = await site();
  for (const [n, seconds] of [
    [1, 20],
    [2, 30],
    [3, 40],
  ] as const)
    await taught(n, seconds);
  await bastion.report(machine(9));
  await begin(9);
  clock.pass(90 * SECOND);
  expect(await estimate()).toMatchObject([{ slow: null }]);
  clock.pass(SECOND);
  expect(await estimate()).toMatchObject([{ slow: 'packages' }]);
});
