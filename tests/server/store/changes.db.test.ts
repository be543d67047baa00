// Reading the change log: in order, loudly where it has a gap, and not below its floor.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { changesAfter, head, history, isKept, trim } from '../../../server/store/changes.ts';
import { ChangeLogGap } from '../../../server/store/errors.ts';
import { openTestDatabase, tester, type TestDatabase } from '../../support/database.ts';

describe('the change log', () => {
  let db: TestDatabase;
  const id = randomUUID();
  const write = (count: number) =>
    db.write(tester, async (tx) => {
      for (let i = 0; i < count; i++)
        tx.record({
          kind: 'Vm',
          id,
          name: `v${i}`,
          cloud: 'c',
          environment: 'e',
          operation: 'UPDATE',
          before: { i },
          after: { i: i + 1, at: new Date(0) },
        });
    });
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db?.drop());
  beforeEach(async () => {
    await db.prisma.change.deleteMany();
    await db.prisma.head.update({ where: { id: 1 }, data: { rev: 0n, compacted: 0n } });
  });

  it('is empty at first, with a head of its own', async () => {
    const { head: now, changes, gone } = await changesAfter(db.prisma, 0n, 10);
    expect(now).toMatchObject({ rev: 0n, compacted: 0n });
    expect(now.logId).toMatch(/^[0-9a-f-]{36}$/);
    expect(changes).toEqual([]);
    expect(gone).toBe(false);
  });

  it('tells head, floor and changes in one statement, with rows as they were written', async () => {
    await write(5);
    db.clear();
    const { head: now, changes } = await changesAfter(db.prisma, 2n, 2);
    expect(db.statements).toHaveLength(1);
    expect(now).toEqual(await head(db.prisma));
    expect(changes.map(({ rev }) => rev)).toEqual([3n, 4n]);
    expect(changes[0]).toEqual(await db.prisma.change.findUniqueOrThrow({ where: { rev: 3n } }));
    expect(changes[0]).toMatchObject({ before: { i: 2 }, after: { i: 3, at: '1970-01-01T00:00:00.000Z' } });
  });

  it.each([
    ['in the middle', 3n, 3n, 4n],
    ['at the end', 5n, 5n, null],
    ['at the beginning', 1n, 1n, 2n],
  ])('stops its reader at a gap %s', async (_, missing, expected, found) => {
    await write(5);
    await db.prisma.change.delete({ where: { rev: missing } });
    await expect(changesAfter(db.prisma, 0n, 10)).rejects.toThrow(ChangeLogGap);
    await expect(changesAfter(db.prisma, 0n, 10)).rejects.toMatchObject({ expected, found });
  });

  it('says so when a revision is below the floor or above the head', async () => {
    await write(5);
    await trim(db, 3n);
    expect((await changesAfter(db.prisma, 2n, 10)).gone).toBe(true);
    expect((await changesAfter(db.prisma, 3n, 10)).changes.map(({ rev }) => rev)).toEqual([4n, 5n]);
    expect((await changesAfter(db.prisma, 5n, 10)).gone).toBe(false);
    expect((await changesAfter(db.prisma, 6n, 10)).gone).toBe(true);
    const now = await head(db.prisma);
    expect(isKept({ logId: now.logId, rev: 4n }, now)).toBe(true);
    expect(isKept({ logId: null, rev: 3n }, now)).toBe(true);
    expect(isKept({ logId: randomUUID(), rev: 4n }, now)).toBe(false);
  });

  it('is trimmed in chunks, never beyond its head', async () => {
    await write(25);
    expect(await trim(db, 12n, 5)).toBe(12);
    expect(await trim(db, 5n, 5)).toBe(0);
    expect(await head(db.prisma)).toMatchObject({ rev: 25n, compacted: 12n });
    expect(await trim(db, 1_000n, 5)).toBe(13);
    expect(await head(db.prisma)).toMatchObject({ rev: 25n, compacted: 25n });
    await write(1);
    expect((await changesAfter(db.prisma, 25n, 10)).changes).toHaveLength(1);
  });

  it('tells the history of one object, either way round', async () => {
    await write(4);
    const revs = async (range: object) =>
      (await history(db.prisma, { kind: 'Vm', id }, { limit: 2, ...range })).map(({ rev }) => rev);
    expect(await revs({})).toEqual([1n, 2n]);
    expect(await revs({ after: 2n })).toEqual([3n, 4n]);
    expect(await revs({ newestFirst: true })).toEqual([4n, 3n]);
    expect(await revs({ newestFirst: true, before: 3n })).toEqual([2n, 1n]);
    expect(await history(db.prisma, { kind: 'Server', id }, { limit: 2 })).toEqual([]);
  });
});
