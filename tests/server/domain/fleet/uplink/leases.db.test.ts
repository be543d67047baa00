// What DHCP servers of bastions gave: a lease that is new or gone is a change, a renewal is none.
import { expect, test } from 'vitest';
import { openTestDatabase, tester } from '../../../../support/database.ts';
import type { LeaseInput } from '../../../../../server/domain/fleet/uplink/leases.ts';
import { changesSince, openFleet, revision } from '../fleet.ts';

const lease = (n: number, more: Partial<LeaseInput> = {}): LeaseInput => ({
  ip: `10.0.0.${n}`,
  mac: `02:00:00:00:00:${String(n).padStart(2, '0')}`,
  expiresAt: new Date('2030-01-01T00:00:00Z'),
  ...more,
});

async function site({ calm = false } = {}) {
  const on = await openFleet({}, await openTestDatabase({ forThisTest: true, calm }));
  const { id, epoch } = await on.connect('site');
  const tell = (leases: LeaseInput[], at = epoch) => on.fleet.tellLeases(tester, { bastion: id, epoch: at, leases });
  const known = async () => {
    const rows = await on.db.prisma.lease.findMany({
      where: { bastionId: id },
      orderBy: [{ mac: 'asc' }, { ip: 'asc' }],
    });
    return rows.map(({ ip, mac, expiresAt }) => `${ip} ${mac} ${expiresAt.toISOString().slice(0, 10)}`);
  };
  /** What telling these changes, and who is said to have changed it. */
  const changed = async (leases: LeaseInput[]) => {
    const before = await revision(on.db);
    await tell(leases);
    return changesSince(on.db, before);
  };
  return { ...on, id, tell, known, changed };
}

test('that are new or gone are changes of their bastion, and one that another machine got is both', async () => {
  const { changed, known, tell } = await site();
  expect(await tell([lease(20), lease(21)])).toEqual({ __typename: 'BastionLeasesTold', leases: 2 });
  expect(await known()).toEqual(['10.0.0.20 02:00:00:00:00:20 2030-01-01', '10.0.0.21 02:00:00:00:00:21 2030-01-01']);
  expect(await changed([lease(20)])).toEqual(['DELETE Lease site']);
  expect(await changed([lease(20, { mac: '02:00:00:00:00:99' })])).toEqual(['DELETE Lease site', 'CREATE Lease site']);
  expect(await known()).toEqual(['10.0.0.20 02:00:00:00:00:99 2030-01-01']);
});

test('a renewal writes no change, and its end is known', async () => {
  const { changed, known, tell, db } = await site();
  await tell([lease(20), lease(21)]);
  const { version } = await db.prisma.lease.findFirstOrThrow();
  expect(await changed([lease(21), lease(20, { expiresAt: new Date('2031-01-01T00:00:00Z') })])).toEqual([]);
  expect(await known()).toEqual(['10.0.0.20 02:00:00:00:00:20 2031-01-01', '10.0.0.21 02:00:00:00:00:21 2030-01-01']);
  expect((await db.prisma.lease.findFirstOrThrow()).version).toBe(version);
});

test('a MAC address may be written in any way, and have several addresses', async () => {
  const { tell, known } = await site();
  await tell([lease(20, { mac: '02-00-00-00-00-AA' }), lease(21, { mac: '0200.0000.00aa' })]);
  expect((await known()).map((one) => one.split(' ').slice(0, 2).join(' '))).toEqual([
    '10.0.0.20 02:00:00:00:00:aa',
    '10.0.0.21 02:00:00:00:00:aa',
  ]);
});

test('another bastion may lease the same addresses, and what one says is nothing of the other', async () => {
  const { tell, known, connect, fleet, db } = await site();
  await tell([lease(20)]);
  const other = await connect('other');
  await fleet.tellLeases(tester, { bastion: other.id, epoch: other.epoch, leases: [lease(20)] });
  await fleet.tellLeases(tester, { bastion: other.id, epoch: other.epoch, leases: [] });
  expect(await known()).toHaveLength(1);
  expect(await db.prisma.lease.count()).toBe(1);
});

test('of an earlier session are not taken', async () => {
  const { connect, tell, known } = await site();
  await connect('site');
  expect(await tell([lease(20)])).toMatchObject({ __typename: 'UplinkFenced', epoch: 2 });
  expect(await known()).toEqual([]);
});

test.each([
  [[lease(20, { ip: '10.0.0' })], 'input.leases[0].ip'],
  [[lease(20), lease(21, { ip: 'fe80::1' })], 'input.leases[1].ip'],
  [[lease(20, { mac: 'x' })], 'input.leases[0].mac'],
  [[lease(20, { expiresAt: new Date(Number.NaN) })], 'input.leases[0].expiresAt'],
  [[lease(20), lease(21, { ip: '10.0.0.20' })], 'input.leases[1].ip'],
  [Array.from({ length: 1_501 }, () => lease(20)), 'input.leases'],
])('what is no lease is refused by its field, and nothing is taken (%#)', async (leases, field) => {
  const { tell, known } = await site();
  await expect(tell(leases)).rejects.toMatchObject({ field });
  expect(await known()).toEqual([]);
});

test('10 and 100 of them take the same few statements', async () => {
  const { db, tell } = await site({ calm: true });
  const many = (count: number, year: number, from = 0) =>
    Array.from({ length: count }, (_, i) =>
      lease(20, { ip: `10.0.1.${from + i}`, expiresAt: new Date(`${year}-01-01`) }),
    );
  const count = async (leases: LeaseInput[]) => {
    db.clear();
    await tell(leases);
    return db.queries().length;
  };
  // Some are renewed, some are gone, some are new.
  const few = [await count(many(10, 2030)), await count(many(10, 2031, 5))];
  await tell([]);
  expect([await count(many(100, 2030)), await count(many(100, 2031, 50))]).toEqual(few);
});

test('what ran out is gone an hour later, also when its bastion never says so', async () => {
  const { tell, known, fleet, clock, db } = await site();
  const hour = 3_600_000;
  const at = (hours: number) => new Date(clock.at + hours * hour);
  await tell([lease(20, { expiresAt: at(1) }), lease(21, { expiresAt: at(5) })]);
  clock.pass(1.9 * hour);
  await fleet.sweep();
  expect(await known()).toHaveLength(2);
  clock.pass(0.2 * hour);
  const before = await revision(db);
  await fleet.sweep();
  expect((await known()).map((one) => one.split(' ')[0])).toEqual(['10.0.0.21']);
  expect(await changesSince(db, before)).toContain('DELETE Lease site');
});
