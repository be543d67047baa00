// What bastions send while the database is away.
import { expect, test } from 'vitest';
import { DatabaseUnavailable } from '../../../../../server/store/errors.ts';
import { openTestDatabase } from '../../../../support/database.ts';
import { machine, openFleet } from '../fleet.ts';

test('all who wait hear of it at once, after one try, and are taken when it is back', async () => {
  const state = { away: false, begun: 0 };
  const db = await openTestDatabase({
    forThisTest: true,
    calm: true,
    onStatement(sql) {
      if (!state.away) return;
      if (sql.startsWith('BEGIN')) state.begun += 1;
      throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    },
  });
  const { connect } = await openFleet({}, db);
  const sites = [];
  for (const name of ['a', 'b', 'c', 'd']) sites.push(await connect(name));
  state.away = true;
  const failed = await Promise.allSettled(sites.map((site, i) => site.report(machine(i))));
  expect(failed.map((one) => one.status === 'rejected' && one.reason instanceof DatabaseUnavailable)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(state.begun).toBe(1);
  state.away = false;
  const taken = await Promise.all(sites.map((site, i) => site.sendFrom(1, { report: machine(i) })));
  expect(taken.map(({ __typename }) => __typename)).toEqual(Array.from({ length: 4 }, () => 'UplinkAcknowledged'));
});
