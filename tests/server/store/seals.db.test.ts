// The hash chain over the change log: whatever is done to what is sealed is found.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { canonical } from '../../../server/store/canonical.ts';
import { recordRefusal } from '../../../server/store/refusals.ts';
import { seal } from '../../../server/store/seals.ts';
import { keepSealing } from '../../../server/store/sealing.ts';
import { formatLink, parseLink, verify } from '../../../server/store/verify.ts';
import { openTestDatabase, tester, type TestDatabase } from '../../support/database.ts';

let db: TestDatabase;
/** Transactions of so many changes each. */
const write = async (...sizes: number[]) => {
  for (const size of sizes)
    await db.write(tester, async (tx) => {
      for (let i = 0; i < size; i++)
        tx.record({
          kind: 'Vm',
          id: randomUUID(),
          name: `v${i}`,
          cloud: 'c',
          environment: 'e',
          operation: 'UPDATE',
          before: { name: `v${i}`, memory: 0.1 + i, labels: { b: '2', a: 'ä"\\' }, at: null },
          after: { name: `v${i}`, memory: 1e21, labels: { a: '1', nested: [{ z: 1, y: [true] }] }, at: new Date(i) },
        });
    });
};
const refuse = () =>
  recordRefusal(db, { ...tester, actor: 'mallory' }, { kind: 'Server', id: null, name: 'labmaster' });
const seals = () => db.prisma.seal.findMany({ orderBy: { upTo: 'asc' } });
const tamper = (sql: string) => db.pool.query(sql);

beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db?.drop());
beforeEach(async () => {
  await db.prisma.change.deleteMany();
  await db.prisma.seal.deleteMany();
  await db.prisma.head.update({ where: { id: 1 }, data: { rev: 0n, compacted: 0n } });
  db.internal.refusals.clear();
});

describe('the sealer', () => {
  it('has nothing to do for an empty log, and the empty log is whole', async () => {
    expect(await seal(db)).toBe(0);
    expect(await verify(db)).toMatchObject({ problem: null, from: 0n, to: 0n, seals: 0, unsealed: 0, more: false });
  });

  it('works off a backlog, at most a thousand changes to a seal, and then goes on from its last', async () => {
    await write(1500, 700);
    expect(await seal(db)).toBe(3);
    await write(5);
    expect(await seal(db)).toBe(1);
    expect(await seal(db)).toBe(0);
    expect((await seals()).map(({ after, upTo }) => [after, upTo])).toEqual([
      [0n, 1000n],
      [1000n, 2000n],
      [2000n, 2200n],
      [2200n, 2205n],
    ]);
    await write(3);
    const last = (await seals()).at(-1)!;
    expect(await verify(db)).toEqual({
      problem: null,
      from: 0n,
      to: 2205n,
      seals: 4,
      unsealed: 3,
      last: { rev: 2205n, hash: last.hash },
      more: false,
    });
  });

  it('stops before a refusal that may still be counted up, and seals it when it is closed', async () => {
    await write(2);
    await refuse();
    await write(2);
    expect(await seal(db)).toBe(1);
    expect((await seals()).map(({ upTo }) => upTo)).toEqual([2n]);
    await refuse();
    expect(await seal(db)).toBe(0);
    expect(await seal(db, 3n)).toBe(1);
    expect((await seals()).map(({ upTo }) => upTo)).toEqual([2n, 5n]);
    expect(await verify(db)).toMatchObject({ problem: null, unsealed: 0 });
  });

  it('is never overtaken by a repeated refusal: one that comes too late for the row is a row of its own', async () => {
    await refuse();
    // As if the repetition had waited for the database for longer than the row stays open.
    await seal(db, 1n);
    await Promise.all([refuse(), refuse(), refuse()]);
    const rows = await db.prisma.change.findMany({ orderBy: { rev: 'asc' } });
    expect(rows.map(({ count }) => count)).toEqual([1, 3]);
  });

  it('lets one of several labds make each link', async () => {
    await write(1000, 1000, 700);
    const made = await Promise.all([seal(db), seal(db), seal(db)]);
    expect(made.reduce((sum, one) => sum + one)).toBe((await seals()).length);
    expect(await verify(db)).toMatchObject({ problem: null, to: 2700n });
  });

  it('neither waits for the head nor for writers', async () => {
    await write(10);
    db.clear();
    await seal(db);
    expect(db.statements.filter((sql) => /BEGIN|FOR UPDATE|UPDATE/i.test(sql))).toEqual([]);
  });

  it('seals what is written while labd runs', async () => {
    const sealing = keepSealing(db);
    try {
      await write(3);
      await vi.waitFor(async () => expect(await seals()).toMatchObject([{ after: 0n, upTo: 3n }]), 20_000);
    } finally {
      await sealing.stop();
    }
  });
});

describe('a verification', () => {
  const prepare = async () => {
    await write(2);
    await seal(db);
    await write(1);
    await write(2);
    await seal(db);
    await write(2);
    await seal(db);
    await write(3);
  };
  const columns = `tx_id, n, kind, object_id, name, cloud, environment, operation, action, outcome, before, after, shape, actor, request_id, address, count, at`;
  const swap = (a: number, b: number) =>
    tamper(`UPDATE change SET rev = -1 WHERE rev = ${a}`)
      .then(() => tamper(`UPDATE change SET rev = ${a} WHERE rev = ${b}`))
      .then(() => tamper(`UPDATE change SET rev = ${b} WHERE rev = -1`));

  it.each<[string, string | (() => Promise<unknown>), string, bigint, bigint]>([
    ['a row with another actor', `UPDATE change SET actor = 'someone' WHERE rev = 4`, 'ROW_CHANGED', 2n, 5n],
    ['a row with another time', `UPDATE change SET at = at + interval '1 ms' WHERE rev = 7`, 'ROW_CHANGED', 5n, 7n],
    ['a row with another count', `UPDATE change SET count = 2 WHERE rev = 1`, 'ROW_CHANGED', 0n, 2n],
    [
      'a row with another value deep in what it was',
      `UPDATE change SET after = '{"name":"v0","memory":1e21,"labels":{"a":"1","nested":[{"z":1,"y":[false]}]},"at":"1970-01-01T00:00:00.000Z"}' WHERE rev = 3`,
      'ROW_CHANGED',
      2n,
      5n,
    ],
    ['a row that is gone', 'DELETE FROM change WHERE rev = 4', 'ROW_MISSING', 3n, 4n],
    ['several rows that are gone', 'DELETE FROM change WHERE rev IN (3, 4, 5)', 'ROW_MISSING', 2n, 5n],
    ['the last sealed row gone', 'DELETE FROM change WHERE rev = 7', 'ROW_MISSING', 6n, 7n],
    ['an unsealed row gone', 'DELETE FROM change WHERE rev = 9', 'ROW_MISSING', 8n, 9n],
    ['the last row gone', 'DELETE FROM change WHERE rev = 10', 'ROW_MISSING', 9n, 10n],
    [
      'a row beyond the head',
      `INSERT INTO change (rev, ${columns}) SELECT 11, '${randomUUID()}', 1, ${columns.slice(10)} FROM change WHERE rev = 10`,
      'ROW_ADDED',
      10n,
      11n,
    ],
    [
      'a row before the first',
      `INSERT INTO change (rev, ${columns}) SELECT 0, '${randomUUID()}', 2, ${columns.slice(10)} FROM change WHERE rev = 1`,
      'ROW_ADDED',
      -1n,
      0n,
    ],
    ['two rows of different transactions swapped', () => swap(3, 5), 'ROWS_REORDERED', 1n, 3n],
    ['two rows of one transaction swapped', () => swap(4, 5), 'ROWS_REORDERED', 2n, 4n],
    ['two unsealed rows swapped', () => swap(8, 9), 'ROWS_REORDERED', 6n, 8n],
    ['a seal with another hash', `UPDATE seal SET hash = '${'ab'.repeat(32)}' WHERE up_to = 5`, 'SEAL_CHANGED', 2n, 5n],
    ['a seal of another time', `UPDATE seal SET sealed_at = now() WHERE up_to = 2`, 'ROW_CHANGED', 0n, 2n],
    ['a seal that begins elsewhere', 'UPDATE seal SET after = 3 WHERE up_to = 5', 'LINK_MISSING', 2n, 5n],
    ['a seal that is gone', 'DELETE FROM seal WHERE up_to = 5', 'LINK_MISSING', 2n, 7n],
    ['the first seal gone', 'DELETE FROM seal WHERE up_to = 2', 'LINK_MISSING', 0n, 5n],
    ['a head that was put back', 'UPDATE head SET rev = 6', 'ROW_MISSING', 6n, 7n],
    ['a head that was put forward', 'UPDATE head SET rev = 12', 'ROW_MISSING', 10n, 12n],
    ['a floor that was raised by hand', 'UPDATE head SET compacted = 5', 'ROW_MISSING', 0n, 5n],
    ['a floor between two seals', 'UPDATE head SET compacted = 4', 'LINK_MISSING', 0n, 4n],
  ])('finds %s', async (_what, how, fault, after, upTo) => {
    await prepare();
    expect(await verify(db)).toMatchObject({ problem: null, seals: 3, unsealed: 3 });
    await (typeof how === 'string' ? tamper(how) : how());
    const { problem } = await verify(db);
    expect(problem).toMatchObject({ fault, after, upTo });
    expect(problem!.message).toMatch(/\d.*\.$/);
  });

  it('finds with an anchor that all of the chain was written anew, and without one does not', async () => {
    await prepare();
    const { last } = await verify(db);
    await tamper(`UPDATE change SET actor = 'someone' WHERE rev = 4`);
    await tamper('DELETE FROM seal');
    await seal(db);
    expect(await verify(db)).toMatchObject({ problem: null });
    const { problem } = await verify(db, { anchor: last });
    expect(problem).toMatchObject({ fault: 'ANCHOR_BROKEN', upTo: 7n });
  });

  it('takes an anchor that was noted earlier, and says so when there is no such seal or it has another hash', async () => {
    await prepare();
    const [first, second] = await seals();
    expect(await verify(db, { anchor: { rev: 2n, hash: first!.hash } })).toMatchObject({ problem: null });
    for (const anchor of [
      { rev: 2n, hash: second!.hash },
      { rev: 3n, hash: first!.hash },
    ])
      expect(await verify(db, { anchor })).toMatchObject({ problem: { fault: 'ANCHOR_BROKEN', upTo: anchor.rev } });
  });

  it('can be made in parts, each from where the one before it ended', async () => {
    await prepare();
    const parts = [await verify(db, { most: 1 })];
    while (parts.at(-1)!.more) parts.push(await verify(db, { most: 1, from: parts.at(-1)!.last }));
    expect(parts.map(({ from, to, more }) => [from, to, more])).toEqual([
      [0n, 2n, true],
      [2n, 5n, true],
      [5n, 7n, false],
    ]);
    expect(parts.at(-1)!.unsealed).toBe(3);
    await tamper(`UPDATE change SET actor = 'someone' WHERE rev = 7`);
    expect(await verify(db, { from: parts[1]!.last })).toMatchObject({ problem: { fault: 'ROW_CHANGED' } });
  });

  it('stops when it is told to', async () => {
    await prepare();
    const goOn = () => {
      throw new Error('enough');
    };
    await expect(verify(db, { goOn })).rejects.toThrow('enough');
  });

  it('is not disturbed by what is written and sealed meanwhile', async () => {
    await prepare();
    const writing = (async () => {
      for (let i = 0; i < 20; i++) {
        await write(30);
        await seal(db);
      }
    })();
    const found = [];
    for (let i = 0; i < 10; i++) found.push((await verify(db)).problem);
    await writing;
    expect(found).toEqual(Array(10).fill(null));
  });
});

describe('a link', () => {
  it('is written down and read back', () => {
    const link = { rev: 12n, hash: 'ab'.repeat(32) };
    expect(parseLink(formatLink(link))).toEqual(link);
    expect(parseLink(` rev:${formatLink(link).toUpperCase()}\n`)).toEqual(link);
    for (const text of ['', '12', `12:${'ab'.repeat(31)}`, `-1:${'ab'.repeat(32)}`]) expect(parseLink(text)).toBeNull();
  });
});

describe('canonical JSON', () => {
  it('is the same for the same value, in whatever order its keys come', () => {
    expect(canonical({ b: 1, a: [{ d: null, c: 'x' }] })).toBe(canonical({ a: [{ c: 'x', d: null }], b: 1 }));
    expect(canonical({ at: new Date(0), rev: 12n, none: undefined })).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","none":null,"rev":"12"}',
    );
  });
});
