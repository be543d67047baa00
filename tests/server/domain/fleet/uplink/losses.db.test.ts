// What bastions of version 2 say of their spools: running hashes, and what is lost, counted.
import { expect, test } from 'vitest';
import { InvalidInput } from '../../../../../server/domain/errors.ts';
import { changesSince, machine, openFleet, revision } from '../fleet.ts';

const [one, two] = ['1'.repeat(32), '2'.repeat(32)];
const at = new Date(Date.UTC(2026, 0, 1));
const item = (sequence: number) => ({ sequence, at, body: { report: machine(sequence) } });

async function site() {
  const fleet = await openFleet();
  const connect = (more = {}) => fleet.connect('site', { protocol: 2, ...more });
  const lost = async () => {
    const [row] = await fleet.db.prisma.bastion.findMany();
    return [Number(row!.lostItems), row!.lostReason];
  };
  return { ...fleet, connect, lost };
}

test('the running hash is given back as it was given, up to what is acknowledged', async () => {
  const { connect } = await site();
  const first = await connect();
  expect(first.uplink.hash).toBeNull();
  await first.push({ items: [item(1), item(2)], hash: one, newest: 2 });
  await first.push({ items: [], hash: two, newest: 2 });
  expect((await connect({ newest: 2 })).uplink).toMatchObject({ acknowledged: 2, hash: one, snapshotWanted: false });
});

test.each([
  ['was emptied', { newest: 0, instance: 'other' }],
  ['ends before it', { oldest: 1, newest: 1 }],
  ['begins after it', { oldest: 9, newest: 30 }],
  ['is a copy that went on', { oldest: 1, newest: 30 }],
])('what is acknowledged does not follow the numbers of a directory that %s', async (_what, other) => {
  const { connect, lost } = await site();
  await (await connect()).push({ items: [item(1), item(2)], hash: one, newest: 2 });
  expect((await connect(other)).uplink).toMatchObject({ acknowledged: 2, hash: one });
  expect(await lost()).toEqual([0, null]);
});

test('what is lost is counted on the bastion, once, and the items after it are taken', async () => {
  const { db, connect, lost } = await site();
  const bastion = await connect({ oldest: 1, newest: 9 });
  await bastion.push({ items: [item(1)], hash: one, newest: 9 });
  const before = await revision(db);
  const gone = { items: [item(5)], hash: two, newest: 9, lost: { through: 4, reason: 'its disk\u0000 fails' } };
  expect(await bastion.push(gone)).toMatchObject({ acknowledged: 5, snapshotWanted: true });
  expect(await lost()).toEqual([3, expect.stringMatching(/^its disk.+ fails$/)]);
  expect((await changesSince(db, before)).filter((change) => change.includes('Bastion'))).toHaveLength(1);
  // The same again, as after an answer that did not arrive.
  expect(await bastion.push(gone)).toMatchObject({ acknowledged: 5 });
  expect(await lost()).toEqual([3, expect.any(String)]);
  expect((await connect({ newest: 9 })).uplink).toMatchObject({ acknowledged: 5, hash: two });
});

test('what is lost at the end is counted without items', async () => {
  const { connect, lost } = await site();
  const bastion = await connect();
  expect(await bastion.push({ lost: { through: 7, reason: 'gone' }, newest: 7 })).toMatchObject({ acknowledged: 7 });
  expect(await lost()).toEqual([7, 'gone']);
});

test('a loss in one batch, and another bastion beside it, are each their own', async () => {
  const { db, fleet, connect } = await site();
  const other = (await connect({ name: 'other', instance: 'other-1' })).uplink.bastion.id;
  const bastion = await connect();
  await Promise.all([
    bastion.push({ lost: { through: 2, reason: 'gone' }, newest: 2 }),
    fleet.push({ actor: 'x', action: 'y', requestId: '', address: '' }, { bastion: other, epoch: 1, items: [item(1)] }),
  ]);
  const rows = await db.prisma.bastion.findMany({ orderBy: { name: 'asc' } });
  expect(rows.map(({ name, lostItems }) => [name, Number(lostItems)])).toEqual([
    ['other', 0],
    ['site', 2],
  ]);
});

test('what an earlier directory had not sent, and this one never had, is counted', async () => {
  const { connect, lost } = await site();
  await (await connect()).push({ items: [item(1), item(2)], hash: one, newest: 12 });
  await connect({ newest: 12, oldest: 1 });
  expect(await lost()).toEqual([0, null]);
  await connect({ instance: 'emptied' });
  expect(await lost()).toEqual([10, expect.stringContaining('emptied, copied or put back')]);
  await connect({ instance: 'emptied' });
  expect(await lost()).toEqual([10, expect.any(String)]);
});

test.each([
  ['input.hash', { hash: 'not a hash' }],
  ['input.hash', { hash: 'F'.repeat(32) }],
  ['input.lost.through', { lost: { through: 3, reason: '' }, items: [item(3)] }],
  ['input.lost.through', { lost: { through: -1, reason: '' } }],
  ['input.lost.through', { lost: { through: 12, reason: '' }, newest: 11 }],
  ['input.newest', { newest: 1.5 }],
])('what makes no sense is refused by its field, %s, and takes nothing', async (field, input) => {
  const { connect, lost } = await site();
  const bastion = await connect();
  await expect(bastion.push(input)).rejects.toMatchObject({ constructor: InvalidInput, field });
  expect(await lost()).toEqual([0, null]);
});
