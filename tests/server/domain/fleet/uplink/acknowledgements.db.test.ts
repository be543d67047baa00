// Acknowledgements that come at once are written together, and each is answered for itself.
import { expect, test } from 'vitest';
import { openTestDatabase, tester } from '../../../../support/database.ts';
import { placeReload } from '../../../../../server/domain/fleet/installs/orders.ts';
import { settingsFor } from '../../../../../server/domain/ledger/settings.ts';
import { machine, openFleet, type TestBastion, type TestFleet } from '../fleet.ts';
import { deed, hashOf } from '../installing.ts';

/** Provisions machines, and returns their orders in the order of the machines' numbers. */
async function ordered(on: TestFleet, site: TestBastion, from: number, count: number): Promise<string[]> {
  const numbers = Array.from({ length: count }, (_, i) => from + i);
  await site.report(...numbers.map((n) => machine(n)));
  for (const n of numbers) await deed(on, n, 'provision', { os: 'fedora-43' });
  const orders = await on.db.prisma.order.findMany({ where: { acknowledgedAt: null, kind: 'INSTALL' } });
  const bootMac = ({ payload }: (typeof orders)[number]) => (payload as { macs: string[] }).macs[0]!;
  return orders.toSorted((a, b) => (bootMac(a) < bootMac(b) ? -1 : 1)).map(({ id }) => id);
}

test('a thousand installs that begin at once take as many statements as a few', async () => {
  const on = await openFleet({}, await openTestDatabase({ forThisTest: true, calm: true }));
  const site = await on.connect('site');
  await on.db.prisma.bastion.updateMany({ data: { maxInstalls: 1_000 } });
  const count = async (from: number, size: number) => {
    const orders = await ordered(on, site, from, size);
    on.db.clear();
    const answers = await Promise.all(
      orders.map((order) =>
        on.fleet.acknowledge(tester, {
          bastion: site.id,
          epoch: site.epoch,
          order,
          outcome: 'DONE',
          secretHash: hashOf(order),
        }),
      ),
    );
    expect(answers).toEqual(
      orders.map((order) => ({ __typename: 'OrderAcknowledged', order, attemptOpen: true, stillWanted: null })),
    );
    return on.db.statements.length;
  };
  const few = await count(100, 4);
  expect(await count(200, 40)).toBe(few);
  // The first goes alone, and the others with each other: a transaction, its session, the orders, the attempts, and two writes.
  expect(few).toBeLessThanOrEqual(2 * 8);
  const kept = await on.db.prisma.order.findMany({ where: { kind: 'INSTALL' } });
  expect(kept.filter(({ payload }) => 'plan' in (payload as object))).toEqual([]);
});

test('one that cannot be taken leaves the others as they are', async () => {
  const on = await openFleet();
  const site = await on.connect('site');
  const other = await on.connect('other');
  const [first, second, third, fourth, fifth] = (await ordered(on, site, 1, 5)) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const say = (order: string, more: object = {}, { id, epoch }: { id: string; epoch: number } = site) =>
    on.fleet
      .acknowledge(tester, {
        bastion: id,
        epoch,
        order,
        outcome: 'DONE',
        secretHash: hashOf(order),
        ...more,
      })
      .catch((error: Error) => error.name);
  await deed(on, 5, 'abort');
  const answers = await Promise.all([
    say(first),
    say(second),
    say(second),
    say(second, { secretHash: hashOf('another') }),
    say(third, {}, other),
    say(third, { secretHash: undefined }),
    say(third, {}, { id: site.id, epoch: site.epoch + 1 }),
    say(fourth, { outcome: 'REFUSED', message: 'It has no boot services.', secretHash: undefined }),
    say(fifth),
  ]);
  const taken = (order: string, attemptOpen: boolean | null) => ({
    __typename: 'OrderAcknowledged',
    order,
    attemptOpen,
    stillWanted: null,
  });
  expect(answers).toEqual([
    taken(first, true),
    taken(second, true),
    taken(second, true),
    'Conflict',
    'NotFound',
    'InvalidInput',
    expect.objectContaining({ __typename: 'UplinkFenced' }),
    taken(fourth, null),
    taken(fifth, false),
  ]);
  // The order to begin an attempt has its id.
  const found = new Map((await on.db.prisma.installAttempt.findMany()).map((one) => [one.id, one]));
  const attempts = [first, second, third, fourth, fifth].map((id) => found.get(id)!);
  expect(
    attempts.map(({ outcome, secretHash, failureReason }) => ({ outcome, taken: secretHash !== null, failureReason })),
  ).toEqual([
    { outcome: null, taken: true, failureReason: null },
    { outcome: null, taken: true, failureReason: null },
    { outcome: null, taken: false, failureReason: null },
    { outcome: 'FAILED', taken: false, failureReason: 'It has no boot services.' },
    { outcome: 'FAILED', taken: false, failureReason: 'It was aborted by tester.' },
  ]);
  expect(
    (await on.db.prisma.order.findMany({ where: { acknowledgedAt: null, kind: 'INSTALL' } })).map(({ id }) => id),
  ).toEqual([third]);
});

/** A bastion that was told so many times to load anew what it holds, and the ids of those orders. */
async function reloading(on: TestFleet, count: number) {
  const site = await on.connect('site', { protocol: 4 });
  const told = Array.from({ length: count }, () => site.id);
  await on.db.write(tester, (tx) => placeReload(tx, told, settingsFor(tx)), { lockHead: true });
  const open = async () => (await on.db.prisma.order.findMany({ where: { acknowledgedAt: null } })).map(({ id }) => id);
  return { site, open };
}

test('an order to load anew stays open until it is done', async () => {
  const on = await openFleet();
  const { site, open } = await reloading(on, 1);
  const [order] = (await open()) as [string];
  const say = (outcome: 'FAILED' | 'DONE') =>
    on.fleet.acknowledge(tester, { bastion: site.id, epoch: site.epoch, order, outcome, message: 'labd was busy.' });
  const taken = { __typename: 'OrderAcknowledged', order, attemptOpen: null, stillWanted: null };
  expect(await say('FAILED')).toEqual(taken);
  expect(await open()).toEqual([order]);
  expect(await say('DONE')).toEqual(taken);
  expect(await open()).toEqual([]);
});

test('orders to load anew from before a session are done with it, and no others', async () => {
  const on = await openFleet();
  const { open, site } = await reloading(on, 3);
  const [install] = await ordered(on, site, 1, 1);
  expect(await open()).toHaveLength(4);
  const other = await on.connect('other', { protocol: 4 });
  expect(await open()).toHaveLength(4);
  await on.db.write(tester, (tx) => placeReload(tx, [other.id], settingsFor(tx)), { lockHead: true });
  await on.connect('site', { protocol: 4 });
  const left = await on.db.prisma.order.findMany({ where: { acknowledgedAt: null }, orderBy: { kind: 'asc' } });
  expect(left.map(({ kind, bastionId }) => [kind, bastionId])).toEqual([
    ['INSTALL', site.id],
    ['RELOAD', other.id],
  ]);
  expect(left[0]!.id).toBe(install);
});
