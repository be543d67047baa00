// Trimming the change log: never by accident, whole seals only, and told by the log itself.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { changesAfter, head } from '../../../server/store/changes.ts';
import { KEEP_ALL, keepRetaining, retain } from '../../../server/store/retention.ts';
import { seal } from '../../../server/store/seals.ts';
import { verify } from '../../../server/store/verify.ts';
import type { Retention } from '../../../server/store/types.ts';
import { keepingLogger, openTestDatabase, tester, type TestDatabase } from '../../support/database.ts';

const DAY = 86_400_000;
const logger = keepingLogger();
let db: TestDatabase;
const write = (count: number) =>
  db.write(tester, async (tx) => {
    for (let i = 0; i < count; i++) {
      const place = { name: `v${i}`, cloud: 'c', environment: 'e' };
      tx.record({ kind: 'Vm', id: randomUUID(), ...place, operation: 'UPDATE', before: { i }, after: { i: i + 1 } });
    }
  });
/** Three seals whose changes are made three, two days and one day before `now`, and one that is not sealed. */
const prepare = async () => {
  for (const [age, count] of [
    [3, 4],
    [2, 3],
    [1, 2],
    [0, 1],
  ] as const) {
    await write(count);
    await db.pool.query(`UPDATE change SET at = at - interval '${age} days' WHERE rev > $1`, [
      (await head(db.prisma)).rev - BigInt(count),
    ]);
    if (age > 0) await seal(db);
  }
};
/** Lets go of what may go: it is found a day before. */
const retainNow = async (keep: Retention, now = Date.now()) => {
  await retain(db, keep, new Date(now));
  await db.pool.query('UPDATE head SET trimmable_since = $1 WHERE id = 1', [new Date(now - DAY)]);
  return retain(db, keep, new Date(now));
};
const revs = async () =>
  (await db.prisma.change.findMany({ orderBy: { rev: 'asc' } })).map(({ rev, action }) =>
    action === 'trimChanges' ? `${rev} trim` : String(rev),
  );
const days = (count: number) => count * DAY + DAY / 2;

beforeAll(async () => {
  db = await openTestDatabase({ logger });
});
afterAll(() => db?.drop());
beforeEach(async () => {
  await db.prisma.change.deleteMany();
  await db.prisma.seal.deleteMany();
  await db.prisma.head.update({
    where: { id: 1 },
    data: { rev: 0n, compacted: 0n, trimmable: null, trimmableSince: null },
  });
  logger.lines.length = 0;
});

describe('old changes', () => {
  it('stay for ever unless somebody says otherwise', async () => {
    await prepare();
    expect(await retain(db, KEEP_ALL, new Date(Date.now() + 10_000 * DAY))).toBe(0);
    expect(await revs()).toHaveLength(10);
    expect(await head(db.prisma)).toMatchObject({ compacted: 0n, rev: 10n });
  });

  it.each(['audit', 'history', 'watch'] as const)('stay when %s alone needs them', async (use) => {
    await prepare();
    const short = { audit: 0, history: 0, watch: 0 };
    expect(await retainNow({ ...short, [use]: null })).toBe(0);
    expect(await retainNow({ ...short, [use]: days(3) })).toBe(0);
    expect(await revs()).toHaveLength(10);
    expect(await retainNow({ ...short, [use]: days(1) })).toBe(7);
  });

  it('go as whole seals when all allow it, which is a change of its own, and what is left can be verified', async () => {
    await prepare();
    const before = await verify(db);
    const keep = { audit: days(1), history: days(0), watch: 1 };
    expect(await retainNow(keep)).toBe(7);
    expect(await revs()).toEqual(['8', '9', '10', '11 trim']);
    const { head: now, changes, gone } = await changesAfter(db.prisma, 7n, 10);
    expect({ gone, compacted: now.compacted }).toEqual({ gone: false, compacted: 7n });
    expect(changes.at(-1)).toMatchObject({
      kind: 'ChangeLog',
      objectId: now.logId,
      actor: 'labd',
      action: 'trimChanges',
      outcome: 'DONE',
      before: { floor: '0' },
      after: { floor: '7' },
    });
    expect(logger.lines).toMatchObject([{ level: 'info', fields: { upTo: '7' } }]);
    expect((await db.prisma.seal.findMany({ orderBy: { upTo: 'asc' } })).map(({ upTo }) => upTo)).toEqual([7n, 9n]);
    expect(await verify(db, { anchor: before.last, retention: keep })).toMatchObject({
      problem: null,
      from: 7n,
      to: 9n,
      unsealed: 2,
    });
    // An anchor that went with what was trimmed can say nothing any more.
    expect(await verify(db, { anchor: { ...before.last, rev: 4n }, retention: keep })).toMatchObject({
      problem: { fault: 'ANCHOR_TRIMMED' },
    });
    await seal(db);
    const none = { audit: 0, history: 0, watch: 0 };
    expect(await retainNow(none, Date.now() + DAY)).toBe(4);
    expect(await revs()).toEqual(['12 trim']);
    expect(await verify(db, { retention: none })).toMatchObject({
      problem: null,
      from: 11n,
      to: 11n,
      seals: 0,
      unsealed: 1,
    });
    await db.pool.query(`UPDATE change SET after = '{"floor":"10"}'`);
    expect(await verify(db, { retention: none })).toMatchObject({ problem: { fault: 'ROW_MISSING', upTo: 11n } });
  });

  it('go a day after it was found that they may, and no more than was found then', async () => {
    await prepare();
    const keep = { audit: days(2), history: 0, watch: 0 };
    const now = Date.now();
    expect(await retain(db, keep, new Date(now))).toBe(0);
    expect(await retain(db, keep, new Date(now + DAY - 1))).toBe(0);
    expect(await retain(db, keep, new Date(now + DAY))).toBe(4);
    expect(await retain(db, keep, new Date(now + DAY + 1))).toBe(0);
    expect(await revs()).toHaveLength(7);
  });

  it('are compared with how long they are to be kept, and with a beginning that was noted', async () => {
    await prepare();
    await retainNow({ audit: days(1), history: 0, watch: 0 });
    const floor = await db.prisma.seal.findFirstOrThrow({ orderBy: { upTo: 'asc' } });
    const beginning = { rev: floor.upTo, hash: floor.hash };
    for (const retention of [KEEP_ALL, { audit: days(2), history: 0, watch: 0 }]) {
      const { problem } = await verify(db, { retention });
      expect(problem).toMatchObject({ fault: 'TRIMMED_TOO_EARLY', upTo: 7n });
      expect(problem!.message).toContain(`note 7:${floor.hash}`);
      expect(await verify(db, { retention, beginning })).toMatchObject({ problem: null, from: 7n });
    }
    expect(await verify(db, { beginning: { ...beginning, hash: 'ab'.repeat(32) } })).toMatchObject({
      problem: { fault: 'ANCHOR_BROKEN' },
    });
  });

  it('stay as long as they are not sealed, however old they are', async () => {
    await write(5);
    expect(await retainNow({ audit: 0, history: 0, watch: 0 }, Date.now() + DAY)).toBe(0);
    expect(await revs()).toHaveLength(5);
  });

  it('that a killed labd had not got to go with the next look, and are not taken for added meanwhile', async () => {
    await prepare();
    const keep = { audit: days(1), history: 0, watch: 0 };
    await retainNow(keep);
    const kept = await db.prisma.change.findUniqueOrThrow({ where: { rev: 8n } });
    const left = (rev: bigint) =>
      db.prisma.change.create({ data: { ...kept, rev, txId: randomUUID(), before: {}, after: {} } });
    await left(7n);
    await left(6n);
    expect(await verify(db, { retention: keep })).toMatchObject({ problem: null });
    await left(3n);
    expect(await verify(db, { retention: keep })).toMatchObject({ problem: { fault: 'ROW_ADDED' } });
    expect(await retain(db, KEEP_ALL)).toBe(3);
    expect(await revs()).toEqual(['8', '9', '10', '11 trim']);
  });

  it('are trimmed once, whoever does it at the same time', async () => {
    await prepare();
    const keep = { audit: days(1), history: 0, watch: 0 };
    await retain(db, keep);
    await db.pool.query('UPDATE head SET trimmable_since = $1', [new Date(Date.now() - DAY)]);
    await Promise.all([retain(db, keep), retain(db, keep), retain(db, keep)]);
    expect(await revs()).toEqual(['8', '9', '10', '11 trim']);
  });

  it('are looked for as soon as labd starts', async () => {
    await prepare();
    const keep = { audit: days(1), history: 0, watch: 0 };
    await retain(db, keep);
    await db.pool.query('UPDATE head SET trimmable_since = $1', [new Date(Date.now() - DAY)]);
    const retaining = keepRetaining({ ...db, retention: keep });
    try {
      await vi.waitFor(async () => expect(await revs()).toEqual(['8', '9', '10', '11 trim']), 20_000);
    } finally {
      await retaining.stop();
    }
  });
});
