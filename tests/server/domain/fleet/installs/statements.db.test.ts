// What callbacks cost: a batch takes as many statements for many installs as for a few, and so does their end.
import { expect, test } from 'vitest';
import { openTestDatabase } from '../../../../support/database.ts';
import { machine, openFleet } from '../fleet.ts';
import { install, type Install } from '../installing.ts';

test('stages and output of many installs take as many statements as those of a few', async () => {
  const on = await openFleet({ most: 1_000 }, await openTestDatabase({ forThisTest: true, calm: true }));
  const site = await on.connect('site');
  await on.db.prisma.bastion.updateMany({ data: { maxInstalls: 100 } });
  const installs: Install[] = [];
  for (let n = 0; n < 24; n++) {
    on.clock.pass(1);
    await site.report(machine(n));
    installs.push(await install({ ...on, site }, n));
  }
  const count = async (some: readonly Install[], stage: string, more = {}) => {
    on.db.clear();
    await site.send(
      ...some.flatMap((one, n) => [one.step(stage, more), one.log(n * 100, `${stage} begins`, 'and goes on')]),
    );
    return on.db.queries().length;
  };
  const [few, many] = [installs.slice(0, 4), installs.slice(4)];
  const stage = await count(few, 'partition');
  expect(await count(many, 'partition')).toBe(stage);
  expect(stage).toBeLessThanOrEqual(30);
  const failure = await count(few, 'post', { state: 'FAILED', error: 'No space left on device' });
  expect(await count(many, 'post', { state: 'FAILED', error: 'No space left on device' })).toBe(failure);
  expect(failure).toBeLessThanOrEqual(35);
});
