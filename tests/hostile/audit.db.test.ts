// Somebody who can write to the database edits the audit trail by SQL: each edit is found, under its own name.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { seal } from '../../server/store/seals.ts';
import { LogWatch, type Look } from '../../server/store/sealing.ts';
import { verify, type Link } from '../../server/store/verify.ts';
import { openTestDatabase, tester, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
let anchor: Link;
const sql = (text: string) => db.pool.query(text);
const write = (count: number) =>
  db.write(tester, async (tx) => {
    for (let i = 0; i < count; i++) {
      const place = { name: `v${i}`, cloud: 'c', environment: 'e' };
      tx.record({ kind: 'Vm', id: randomUUID(), ...place, operation: 'UPDATE', before: { i }, after: { i: i + 1 } });
    }
  });

beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db?.drop());
beforeEach(async () => {
  await db.prisma.change.deleteMany();
  await db.prisma.seal.deleteMany();
  await sql('UPDATE head SET rev = 0, compacted = 0');
  for (const count of [3, 3, 3]) {
    await write(count);
    await seal(db);
  }
  anchor = (await verify(db)).last;
  await write(2);
});

const COLUMNS =
  'tx_id, n, kind, object_id, name, cloud, environment, operation, action, outcome, before, after, shape, actor, request_id, address, count, at';
const copied = COLUMNS.replace('tx_id, n', '1').replace(/^1/, `'${randomUUID()}', 1`);
/** A change of labd's that says it trimmed up to a revision, at the end of the log. */
const forgeTrim = async (floor: number) => {
  await sql('UPDATE head SET rev = rev + 1');
  await sql(`INSERT INTO change (rev, ${COLUMNS})
    SELECT h.rev, '${randomUUID()}', 1, 'ChangeLog', h.log_id, 'change-log', '', '', 'UPDATE', 'trimChanges', 'DONE',
           '{"floor":"0"}', '{"floor":"${floor}"}', 1, 'labd', '', '', 1, clock_timestamp() FROM head h`);
  await sql(`UPDATE head SET compacted = ${floor}`);
  await sql(`DELETE FROM change WHERE rev <= ${floor}`);
  await sql(`DELETE FROM seal WHERE up_to < ${floor}`);
};
const swap = async (a: number, b: number) => {
  await sql(`UPDATE change SET rev = -1 WHERE rev = ${a}`);
  await sql(`UPDATE change SET rev = ${a} WHERE rev = ${b}`);
  await sql(`UPDATE change SET rev = ${b} WHERE rev = -1`);
};
const sealAnew = async () => {
  await sql('DELETE FROM seal');
  await seal(db);
};

describe('an edit of the audit trail by SQL', () => {
  test.each<[string, () => Promise<unknown>, string, string]>([
    [
      'a change put into another mouth',
      () => sql(`UPDATE change SET actor = 'user/ann' WHERE rev = 5`),
      'ROW_CHANGED',
      'A change after revision 3, up to 6, is not what it was when it was sealed, or its seal is not.',
    ],
    [
      'a change moved a year back',
      () => sql(`UPDATE change SET at = at - interval '1 year' WHERE rev = 5`),
      'ROW_CHANGED',
      'A change after revision 3, up to 6, is not what it was when it was sealed, or its seal is not.',
    ],
    [
      'what was refused made done',
      () => sql(`UPDATE change SET outcome = 'REFUSED', closed = true WHERE rev = 2`),
      'ROW_CHANGED',
      'A change after revision 0, up to 3, is not what it was when it was sealed, or its seal is not.',
    ],
    ['a change deleted', () => sql('DELETE FROM change WHERE rev = 5'), 'ROW_MISSING', 'Revision 5 is not there.'],
    [
      'a whole block deleted, with its seal',
      () => sql('DELETE FROM change WHERE rev IN (4, 5, 6)').then(() => sql('DELETE FROM seal WHERE up_to = 6')),
      'LINK_MISSING',
      'Revision 3 is followed by a seal that goes on from 6: one between them is gone, or was changed.',
    ],
    [
      'a change put in beyond the head',
      () => sql(`INSERT INTO change (rev, ${COLUMNS}) SELECT 12, ${copied} FROM change WHERE rev = 11`),
      'ROW_ADDED',
      'There is a revision 12, but the log ends at 11.',
    ],
    [
      'two changes swapped',
      () => swap(4, 6),
      'ROWS_REORDERED',
      'Revision 4 cannot have come after 3: changes were put in another order.',
    ],
    [
      'a seal changed to fit nothing',
      () => sql(`UPDATE seal SET hash = '${'00'.repeat(32)}' WHERE up_to = 6`),
      'SEAL_CHANGED',
      'The seal at revision 6 was changed, and not what it covers.',
    ],
    [
      'the age of a seal changed',
      () => sql(`UPDATE seal SET newest = newest - interval '1 year' WHERE up_to = 6`),
      'ROW_CHANGED',
      'A change after revision 3, up to 6, is not what it was when it was sealed, or its seal is not.',
    ],
    [
      'the head put back',
      () => sql('UPDATE head SET rev = 5'),
      'ROW_MISSING',
      'The log ends at 5, but is sealed up to 9.',
    ],
    ['the head put forward', () => sql('UPDATE head SET rev = 14'), 'ROW_MISSING', 'Revisions 12 to 14 are not there.'],
    [
      'the floor raised, without a trim in the log',
      () => sql('UPDATE head SET compacted = 6'),
      'ROW_MISSING',
      'The log begins after revision 6, and no change says that labd trimmed it.',
    ],
    [
      'a floor between two seals, with a trim in the log',
      () => forgeTrim(5),
      'LINK_MISSING',
      'The log begins after revision 5, and no seal ends there.',
    ],
  ])('%s is found', async (_what, edit, fault, message) => {
    expect(await verify(db, { anchor })).toMatchObject({ problem: null, seals: 3, unsealed: 2 });
    await edit();
    const { problem } = await verify(db);
    expect(problem).toMatchObject({ fault, message });
  });

  test('a trim forged to the letter, and sealed by labd itself, is found while changes are kept for ever', async () => {
    await forgeTrim(6);
    await seal(db);
    const { problem } = await verify(db, { anchor });
    expect(problem).toMatchObject({ fault: 'TRIMMED_TOO_EARLY', upTo: 6n });
    expect(problem!.message).toMatch(
      /^Changes up to revision 6, the last of them of \S+Z, are gone, and labd is set to keep changes for ever\. If they went while/,
    );
  });

  const month = { audit: 30 * 86_400_000, history: 0, watch: 0 };

  test('a trim forged before its time is found', async () => {
    await forgeTrim(6);
    await seal(db);
    const { problem } = await verify(db, { retention: month });
    expect(problem).toMatchObject({ fault: 'TRIMMED_TOO_EARLY' });
    expect(problem!.message).toContain('labd is set to keep changes for 720 hours.');
  });

  test('a trim forged before its time is found also where the seal that it ends with was made older', async () => {
    await forgeTrim(6);
    await sql(
      `UPDATE seal SET sealed_at = sealed_at - interval '1 year', newest = newest - interval '1 year' WHERE up_to = 6`,
    );
    expect((await verify(db, { retention: month })).problem).toMatchObject({
      fault: 'ROW_CHANGED',
      after: 6n,
      upTo: 9n,
    });
    await sql(`UPDATE seal SET newest = NULL WHERE up_to = 6`);
    expect((await verify(db, { retention: month })).problem).toMatchObject({
      fault: 'ROW_CHANGED',
      after: 6n,
      upTo: 9n,
    });
  });

  test.each([
    ['all seals made anew over a changed row', () => sql(`UPDATE change SET actor = 'x' WHERE rev = 5`).then(sealAnew)],
    [
      'a tail cut off, with its seals',
      () =>
        sql('DELETE FROM seal WHERE up_to > 6')
          .then(() => sql('UPDATE head SET rev = 6'))
          .then(() => sql('DELETE FROM change WHERE rev > 6')),
    ],
  ])('%s is found with the anchor that was noted', async (_what, edit) => {
    await edit();
    expect(await verify(db)).toMatchObject({ problem: null });
    expect((await verify(db, { anchor })).problem).toMatchObject({ fault: 'ANCHOR_BROKEN', upTo: 9n });
  });
});

describe('a labd that runs meanwhile', () => {
  const look = (more: Partial<Look>): Look => {
    const now = new Date(0);
    return { rev: 9n, compacted: 0n, at: now, now, sealed: 9n, hash: 'a', earlier: 'a', ...more };
  };
  test.each<[string, Partial<Look>, string]>([
    [
      'a log that was cut off',
      { rev: 6n },
      'The change log ended at revision 10 and now ends at 6: run lab audit verify.',
    ],
    [
      'a seal that was changed',
      { earlier: 'b' },
      'The seal at revision 9 is not the one that this labd saw there: run lab audit verify.',
    ],
    [
      'a seal that is gone',
      { earlier: null },
      'The seal at revision 9 is not the one that this labd saw there: run lab audit verify.',
    ],
  ])('says so of %s, without being asked', (_what, found, message) => {
    const watch = new LogWatch(() => 0);
    watch.look(look({ earlier: null }));
    watch.look(look({ rev: 10n }));
    expect(watch.problems()).toEqual([]);
    watch.look(look(found));
    expect(watch.problems()).toEqual([message]);
  });

  test('takes a seal that was trimmed for none that was changed', () => {
    const watch = new LogWatch(() => 0);
    watch.look(look({ earlier: null }));
    watch.look(look({ rev: 20n, compacted: 12n, sealed: 15n, earlier: null }));
    expect(watch.problems()).toEqual([]);
  });
});
