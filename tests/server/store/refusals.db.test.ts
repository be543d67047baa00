// Refusals: all of them counted, few of them rows.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NO_OBJECT, recordRefusal } from '../../../server/store/refusals.ts';
import { openTestDatabase, tester, type TestDatabase } from '../../support/database.ts';

describe('a refusal', () => {
  let db: TestDatabase;
  let minute = 0;
  const refuse = (name: string, actor = 'mallory', now = minute) =>
    recordRefusal(
      db,
      { ...tester, actor, action: 'deleteServer' },
      { kind: 'Server', id: null, name, operation: 'DELETE' },
      now,
    );
  const rows = () => db.prisma.change.findMany({ orderBy: { rev: 'asc' } });
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db?.drop());
  beforeEach(async () => {
    minute += 120_000;
    await db.prisma.change.deleteMany();
  });

  it('is a row of the log without before and after', async () => {
    await refuse('labmaster');
    expect(await rows()).toMatchObject([
      {
        outcome: 'REFUSED',
        actor: 'mallory',
        action: 'deleteServer',
        kind: 'Server',
        objectId: NO_OBJECT,
        name: 'labmaster',
        operation: 'DELETE',
        before: null,
        after: null,
        count: 1,
      },
    ]);
  });

  it('that repeats within a minute is counted in the first one, without the head', async () => {
    await refuse('labmaster');
    const { rev } = await db.prisma.head.findUniqueOrThrow({ where: { id: 1 } });
    await Promise.all(Array.from({ length: 300 }, () => refuse('labmaster')));
    expect(await rows()).toMatchObject([{ count: 301 }]);
    expect(await db.prisma.head.findUniqueOrThrow({ where: { id: 1 } })).toMatchObject({ rev });
    await refuse('labmaster', 'mallory', minute + 60_000);
    expect(await rows()).toMatchObject([{ count: 301 }, { count: 1 }]);
  });

  it('of a caller who tries many names makes twenty-one rows a minute at most', async () => {
    for (let i = 0; i < 50; i++) await refuse(`m-${i}`);
    await refuse('m-0', 'alice');
    const all = await rows();
    expect(all).toHaveLength(22);
    expect(all[20]).toMatchObject({ name: '*', count: 30 });
    expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(51);
  });

  it('comes back to its caller only when it is durable, also in a flood', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, i) => refuse(`m-${i % 4}`)));
    expect((await rows()).reduce((sum, { count }) => sum + count, 0)).toBe(40);
  });
});
