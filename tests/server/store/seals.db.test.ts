// The chain of seals: whatever is done to the log behind labd's back is found, and nothing is forgotten by accident.
import { expect, test } from 'vitest';
import { head } from '../../../server/store/changes.ts';
import { recordRefusal } from '../../../server/store/refusals.ts';
import { FOR_EVER, forget } from '../../../server/store/retention.ts';
import { sealNext } from '../../../server/store/seals.ts';
import type { Database } from '../../../server/store/types.ts';
import { parseAnchor, verify } from '../../../server/store/verify.ts';
import { openTestDatabase, tester } from '../../support/database.ts';

const DAY = 86_400_000;

/** Makes networks, a change each, sealed in so many batches. */
async function filled(batches = 3, each = 4) {
  const db = await openTestDatabase({ forThisTest: true, calm: true });
  for (let batch = 0; batch < batches; batch++) {
    await write(db, batch * each, each);
    await sealAll(db);
  }
  return db;
}

async function write(db: Database, from: number, count: number): Promise<void> {
  for (let i = from; i < from + count; i++) {
    const after = {
      id: crypto.randomUUID(),
      name: `n${i}`,
      nested: { b: 1.5, a: ['x', { z: null, y: true }] },
      at: new Date(),
    };
    const change = {
      kind: 'Network',
      id: after.id,
      name: after.name,
      cloud: 'a',
      environment: 'b',
      operation: 'CREATE' as const,
    };
    await db.write(tester, (tx) => Promise.resolve(tx.record({ ...change, before: null, after })));
  }
}

async function sealAll(db: Database, now?: number): Promise<void> {
  while (await sealNext(db, now));
}

test('an untouched log is as it was written, also by its anchor', async () => {
  const db = await filled();
  await write(db, 100, 2);
  const found = await verify(db);
  expect(found).toMatchObject({ tampering: undefined, from: 0n, upTo: 14n, seals: 3, unsealed: 2n });
  expect(found.anchor).toMatch(/^12:[0-9a-f]{64}$/);
  const noted = parseAnchor(found.anchor!)!;
  await sealAll(db);
  expect((await verify(db, noted)).tampering).toBeUndefined();
});

const tamperings: Record<string, [sql: string, kind: string]> = {
  'a changed actor': ["UPDATE change SET actor = 'somebody else' WHERE rev = 6", 'CHANGED'],
  'a changed value deep in a row': [
    `UPDATE change SET after = jsonb_set(after, '{nested,b}', '1.6') WHERE rev = 6`,
    'CHANGED',
  ],
  'a changed moment': ["UPDATE change SET at = at + interval '1 millisecond' WHERE rev = 1", 'CHANGED'],
  'a changed count': ['UPDATE change SET count = 2 WHERE rev = 12', 'CHANGED'],
  'a change that is gone': ['DELETE FROM change WHERE rev = 6', 'MISSING'],
  'the last change that is gone': ['DELETE FROM change WHERE rev = 12', 'MISSING'],
  'a changed seal': [`UPDATE seal SET hash = repeat('0', 64) WHERE up_to = 8`, 'CHANGED'],
  'a seal that is gone': ['DELETE FROM seal WHERE up_to = 8', 'SEAL'],
};

test.each(Object.entries(tamperings))('%s is found', async (_name, [sql, kind]) => {
  const db = await filled();
  await db.pool.query(sql);
  expect((await verify(db)).tampering).toMatchObject({ kind });
});

test('two changes that were swapped are found', async () => {
  const db = await filled();
  await db.pool.query('UPDATE change SET rev = -1 WHERE rev = 5');
  await db.pool.query('UPDATE change SET rev = 5 WHERE rev = 6');
  await db.pool.query('UPDATE change SET rev = 6 WHERE rev = -1');
  expect((await verify(db)).tampering).toMatchObject({ kind: 'CHANGED', after: 4n, upTo: 8n });
});

test('a gap behind the last seal is found', async () => {
  const db = await filled();
  await write(db, 100, 3);
  await db.pool.query('DELETE FROM change WHERE rev = 14');
  expect((await verify(db)).tampering).toMatchObject({ kind: 'MISSING', upTo: 14n });
});

test('a log that was made anew as a whole is told by a seal that was noted', async () => {
  const db = await filled();
  const noted = parseAnchor((await verify(db)).anchor!)!;
  await db.pool.query("UPDATE change SET actor = 'somebody else' WHERE rev = 6");
  await db.pool.query('DELETE FROM seal');
  await sealAll(db);
  expect((await verify(db)).tampering).toBeUndefined();
  expect((await verify(db, noted)).tampering).toMatchObject({ kind: 'ANCHOR' });
  expect((await verify(db, { rev: 5n, hash: noted.hash })).tampering).toMatchObject({ kind: 'ANCHOR' });
});

test('a refusal is sealed when its count is settled, and what follows it with it', async () => {
  const db = await filled(1);
  await recordRefusal(db, tester, { kind: 'Network', id: null, name: 'x' });
  await write(db, 50, 1);
  await sealAll(db);
  expect(await verify(db)).toMatchObject({ seals: 1, unsealed: 2n });
  await recordRefusal(db, tester, { kind: 'Network', id: null, name: 'x' });
  await sealAll(db, Date.now() + 180_000);
  expect(await verify(db)).toMatchObject({ tampering: undefined, seals: 2, unsealed: 0n });
});

test('two labds that seal at once make one chain', async () => {
  const db = await filled(1, 6);
  await write(db, 50, 20);
  await Promise.all([sealAll(db), sealAll(db), sealAll(db)]);
  expect(await verify(db)).toMatchObject({ tampering: undefined, unsealed: 0n });
});

test('changes go when every policy lets them, whole seals at a time, and that is a change itself', async () => {
  const db = await filled();
  const later = Date.now() + 10 * DAY;
  const day = { audit: DAY, history: DAY, watch: DAY };
  expect(await forget(db, FOR_EVER, later)).toBeNull();
  for (const kept of ['audit', 'history', 'watch'] as const) {
    expect(await forget(db, { ...day, [kept]: null }, later)).toBeNull();
    expect(await forget(db, { ...day, [kept]: 20 * DAY }, later)).toBeNull();
  }
  await write(db, 100, 2);
  const noted = parseAnchor((await verify(db)).anchor!)!;
  expect(await forget(db, day, later)).toBe(12n);
  expect(await head(db.prisma)).toMatchObject({ compacted: 12n, rev: 15n });
  const rows = await db.prisma.change.findMany({ orderBy: { rev: 'asc' } });
  expect(rows.map(({ rev, action }) => [rev, action])).toEqual([
    [13n, 'test'],
    [14n, 'test'],
    [15n, 'forgetChanges'],
  ]);
  expect(rows[2]).toMatchObject({ actor: 'labd', before: { from: '0' }, after: { from: '12' } });
  await sealAll(db);
  expect(await verify(db, noted)).toMatchObject({ tampering: undefined, from: 12n, seals: 1 });
  expect(await forget(db, day, later)).toBe(15n);
});
