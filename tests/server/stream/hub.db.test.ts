// Following the change log while it cannot be followed: what is logged, what watchers hear, whether labd is ready.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createHealth } from '../../../server/observe/health.ts';
import { type Dropped } from '../../../server/stream/mailbox.ts';
import { Hub } from '../../../server/stream/hub.ts';
import { keepingLogger, openTestDatabase, tester } from '../../support/database.ts';

/** A hub that looks every few milliseconds, over a database that can be made to fail. */
async function following(more: Partial<ConstructorParameters<typeof Hub>[0]> = {}) {
  const state = { away: false, tried: 0 };
  const db = await openTestDatabase({
    forThisTest: true,
    calm: true,
    onStatement() {
      if (!state.away) return;
      state.tried += 1;
      throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    },
  });
  const logger = keepingLogger();
  const hub = new Hub({ database: db, logger, pollEvery: 5, ...more });
  await hub.start();
  onTestFinished(() => hub.close());
  const write = () =>
    db.write(tester, async (tx) => {
      const after = await tx.client.cluster.create({ data: { name: `c${state.tried}-${Math.random()}` } });
      const { id, name, cloud, environment } = after;
      tx.record({ kind: 'Cluster', id, name, cloud, environment, operation: 'CREATE', before: null, after });
    });
  const said = () => logger.lines.map(({ level, message }) => `${level}: ${message}`);
  return { state, db, hub, write, said };
}

const until = async (isSo: () => boolean) => {
  while (!isSo()) await sleep(5);
};
const LOST = 'error: The change log cannot be followed; trying on';
const BACK = 'info: The change log is followed again';

test('a lost database is said once, and once that it is back; subscribers miss nothing', async () => {
  const { state, hub, write, said } = await following();
  const mailbox = hub.subscribe();
  for (const times of [1, 2]) {
    state.away = true;
    const { tried } = state;
    await until(() => state.tried > tried + 10);
    expect(said()).toEqual(Array.from({ length: times }, (_, i) => [LOST, ...(i < times - 1 ? [BACK] : [])]).flat());
    state.away = false;
    await write();
    expect((await mailbox.next())!.changes).toHaveLength(1);
    expect(said()).toEqual(Array.from({ length: times }, () => [LOST, BACK]).flat());
  }
});

test('a gap cuts all who follow, makes labd unready in words, and ends when it is mended', async () => {
  const refreshed = { count: 0 };
  const { db, hub, write, said } = await following({
    afterLoss: async () => {
      refreshed.count += 1;
    },
  });
  const health = createHealth();
  health.watch(async () => {
    await db.ping();
    if (hub.gap) throw hub.gap;
  });
  expect(await health.problem()).toBeUndefined();
  const mailbox = hub.subscribe();
  const waiting = mailbox.next();
  await db.prisma.head.update({ where: { id: 1 }, data: { rev: { increment: 2 } } });
  const dropped = await waiting.catch((error: unknown) => error as Dropped);
  expect(dropped).toMatchObject({
    name: 'Dropped',
    reason: 'reset',
    message: expect.stringContaining('gap') as string,
  });
  await expect(hub.subscribe().next()).rejects.toMatchObject({ reason: 'reset' });
  expect(await health.problem()).toMatch(/^The change log has a gap: it should go on with revision \d+ and ends/);
  expect(await health.databaseUp()).toBe(true);
  const { count } = refreshed;
  // What follows who may do what is not left with what it knew: it looks anew at each try.
  await until(() => refreshed.count > count + 5);
  expect(said()).toEqual([LOST]);

  const { rev } = await db.prisma.head.findUniqueOrThrow({ where: { id: 1 } });
  await db.prisma.head.update({ where: { id: 1 }, data: { compacted: rev } });
  await until(() => hub.gap === undefined);
  expect(said()).toEqual([LOST, BACK]);
  expect(await health.problem()).toBeUndefined();
  const again = hub.subscribe();
  await write();
  expect((await again.next())!.changes).toHaveLength(1);
});
