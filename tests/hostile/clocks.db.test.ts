// Clocks that are set ahead by an hour or a year and put right again, in the middle of what labd does.
import { randomUUID } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { recordRefusal } from '../../server/store/refusals.ts';
import { retain } from '../../server/store/retention.ts';
import { keepSealing, LogWatch, problemsOf } from '../../server/store/sealing.ts';
import { seal } from '../../server/store/seals.ts';
import { verify } from '../../server/store/verify.ts';
import { DAY, HOUR, jumpingClock, YEAR } from '../support/clocks.ts';
import { openTestDatabase, tester, type TestDatabase } from '../support/database.ts';

const JUMPS = [
  ['an hour ahead', HOUR],
  ['an hour behind', -HOUR],
  ['a year ahead', YEAR],
  ['a year behind', -YEAR],
] as const;

const write = (db: TestDatabase) =>
  db.write(tester, async (tx) =>
    tx.record({
      kind: 'Vm',
      id: randomUUID(),
      name: 'v',
      cloud: 'c',
      environment: 'e',
      operation: 'UPDATE',
      before: {},
      after: {},
    }),
  );
const refuse = (db: TestDatabase) =>
  recordRefusal(db, { ...tester, actor: 'mallory' }, { kind: 'Server', id: null, name: 'labmaster' });
const changes = (db: TestDatabase) => db.prisma.change.findMany({ orderBy: { rev: 'asc' } });

async function setUp() {
  const clock = jumpingClock();
  const db = await openTestDatabase({ forThisTest: true, system: clock.system, Client: clock.Client });
  return { clock, db };
}

describe.each(JUMPS)('a clock that is %s and put right again', (_what, jump) => {
  test('leaves the changes after it with their true times', async () => {
    const { clock, db } = await setUp();
    await write(db);
    clock.set(jump);
    await write(db);
    clock.set(0);
    await write(db);
    await write(db);
    const now = Date.now();
    const away = (await changes(db)).map(({ at }) => Math.round((at.getTime() - now) / HOUR) + 0);
    expect(away).toEqual([0, jump / HOUR, 0, 0]);
  });

  test('stops no sealing, and a row that is changed afterwards is found', async () => {
    const { clock, db } = await setUp();
    await write(db);
    clock.set(jump);
    await write(db);
    await refuse(db);
    clock.set(0);
    await write(db);
    expect(await seal(db, 4n)).toBe(1);
    await write(db);
    expect(await seal(db, 4n)).toBe(1);
    expect(await verify(db)).toMatchObject({ problem: null, to: 5n, unsealed: 0 });
    await db.pool.query(`UPDATE change SET actor = 'someone' WHERE rev = 4`);
    expect((await verify(db)).problem).toMatchObject({ fault: 'ROW_CHANGED' });
  });

  test('lets no refusal be counted up once it is sealed', async () => {
    const { clock, db } = await setUp();
    await refuse(db);
    clock.set(jump);
    await refuse(db);
    expect(await seal(db, 1n)).toBe(1);
    clock.set(0);
    await refuse(db);
    expect((await changes(db)).map(({ count }) => count)).toEqual([2, 1]);
    expect(await verify(db)).toMatchObject({ problem: null, to: 1n });
  });

  test('trims nothing that is to be kept', async () => {
    const { clock, db } = await setUp();
    await write(db);
    await seal(db);
    const keep = { audit: 30 * DAY, history: 0, watch: 0 };
    await retain(db, keep);
    clock.set(jump);
    for (let hours = 0; hours < 12; hours++) {
      await write(db);
      await seal(db);
      expect(await retain(db, keep)).toBe(0);
      clock.pass(HOUR);
    }
    clock.set(0);
    clock.pass(20 * DAY);
    expect(await retain(db, keep)).toBe(0);
    expect(await changes(db)).toHaveLength(13);
  });

  test('does not make sealing wait for more than two minutes of this process', async () => {
    const { clock, db } = await setUp();
    const sealing = keepSealing(db);
    try {
      await refuse(db);
      await vi.waitFor(() => expect(db.statements.join()).toContain('earlier'), 20_000);
      clock.set(jump);
      await write(db);
      await new Promise((go) => setTimeout(go, 1_500));
      expect(await db.prisma.seal.count()).toBe(0);
      clock.pass(130_000);
      await vi.waitFor(async () => expect(await db.prisma.seal.count()).toBeGreaterThan(0), 20_000);
    } finally {
      await sealing.stop();
    }
  });
});

test('changes that stay unsealed are told after five minutes of this process', () => {
  let elapsed = 0;
  const watch = new LogWatch(() => elapsed);
  const now = new Date(0);
  const stuck = { rev: 9n, compacted: 0n, at: now, now, sealed: 6n, hash: 'a', earlier: null };
  watch.look(stuck);
  elapsed = 299_000;
  watch.look({ ...stuck, rev: 12n, earlier: 'a' });
  expect(watch.problems()).toEqual([]);
  elapsed = 420_000;
  expect(watch.problems()).toEqual([
    "Changes from revision 7 on have not been sealed for 7 minutes: who changes them now is not found out. labd's log says why.",
  ]);
  watch.look({ ...stuck, rev: 12n, sealed: 12n, earlier: 'a' });
  expect(watch.problems()).toEqual([]);
});

test('a newest change whose time has not come is told until there is another', async () => {
  const { clock, db } = await setUp();
  const sealing = keepSealing(db);
  try {
    clock.set(YEAR);
    await write(db);
    clock.set(0);
    clock.pass(11_000);
    await vi.waitFor(() => expect(problemsOf(db)).toHaveLength(1), 20_000);
    expect(problemsOf(db)[0]).toMatch(
      /^The newest change, revision 1, bears \S+Z, and by the database's clock it is \S+Z: that clock was set wrong then, or is now\.$/,
    );
    await write(db);
    await vi.waitFor(() => expect(problemsOf(db)).toEqual([]), 20_000);
  } finally {
    await sealing.stop();
  }
});
