// Forgetting: two phases, with a tombstone between them, and the orders that carry it.
import { expect, test } from 'vitest';
import { NotFound } from '../../../../../server/domain/errors.ts';
import { forgetServer } from '../../../../../server/domain/fleet/machines/forget.ts';
import type { OutgoingOrder } from '../../../../../server/domain/fleet/uplink/orders.ts';
import { pendingOrders } from '../../../../support/pendingOrders.ts';
import { tester, type TestDatabase } from '../../../../support/database.ts';
import { changesSince, conditions, machine, macOf, openFleet, revision } from '../fleet.ts';

const name = (n: number) => `m-${macOf(n).replaceAll(':', '')}`;

async function forget(db: TestDatabase, n: number): Promise<string> {
  const { id } = await db.prisma.server.findFirstOrThrow({ where: { name: name(n) } });
  await db.write(tester, (tx) => forgetServer(tx, id), { lockHead: true });
  return id;
}

test('a server goes with all its parts, each a change, and its VMs stay without a host', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1));
  const { id } = await db.prisma.server.findFirstOrThrow();
  const cluster = await db.prisma.cluster.create({ data: { name: 'k' } });
  await db.prisma.clusterMember.create({ data: { clusterId: cluster.id, serverId: id, role: 'WORKER' } });
  await db.prisma.vm.create({ data: { name: 'guest', vcpus: 1, memoryGb: 1, serverId: id } });
  const before = await revision(db);
  await forget(db, 1);
  expect((await changesSince(db, before)).toSorted()).toEqual([
    `DELETE ClusterMember ${name(1)}`,
    `DELETE Server ${name(1)}`,
    `DELETE ServerDisk ${name(1)}`,
    `DELETE ServerNic ${name(1)}`,
    `DELETE ServerNic ${name(1)}`,
    'UPDATE Vm guest',
  ]);
  expect(await db.prisma.vm.findFirst()).toMatchObject({ serverId: null, version: 2n });
  expect([await db.prisma.server.count(), await db.prisma.serverNic.count(), await db.prisma.sighting.count()]).toEqual(
    [0, 0, 0],
  );
});

test('until the bastion acknowledges, a tombstone answers; afterwards a new sighting is a new server', async () => {
  const { db, connect, fleet } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1));
  const old = await forget(db, 1);
  expect(await site.report(machine(1), { mac: macOf(1, 1) })).toMatchObject({ acknowledged: 3 });
  await site.send({ progress: { mac: macOf(1), stage: 'x', state: 'QUEUED' } });
  expect(await db.prisma.server.count()).toBe(0);
  const order = await db.prisma.order.findFirstOrThrow();
  expect(order).toMatchObject({
    kind: 'FORGET',
    bastionId: site.id,
    serverId: old,
    payload: { name: name(1), macs: [macOf(1, 0), macOf(1, 1)] },
  });
  const acknowledge = (outcome: 'DONE' | 'FAILED') =>
    fleet.acknowledge(tester, { bastion: site.id, epoch: site.epoch, order: order.id, outcome });
  await acknowledge('FAILED');
  await site.report(machine(1));
  expect(await db.prisma.server.count()).toBe(0);
  expect(await acknowledge('DONE')).toEqual({
    __typename: 'OrderAcknowledged',
    order: order.id,
    attemptOpen: null,
    stillWanted: null,
  });
  expect(await acknowledge('DONE')).toMatchObject({ __typename: 'OrderAcknowledged' });
  await site.report(machine(1));
  const fresh = await db.prisma.server.findFirstOrThrow();
  expect([fresh.name, fresh.id === old]).toEqual([name(1), false]);
});

test('every bastion that saw the server has a tombstone; one that nobody saw has none', async () => {
  const { db, connect } = await openFleet();
  const [site, other] = [await connect('site'), await connect('other')];
  await site.report(machine(1));
  await other.report(machine(1));
  await forget(db, 1);
  expect((await db.prisma.tombstone.findMany()).map(({ bastionId }) => bastionId).toSorted()).toEqual(
    [site.id, other.id].toSorted(),
  );
  await db.prisma.server.create({ data: { name: name(2), bootMac: macOf(2) } });
  await forget(db, 2);
  expect(await db.prisma.tombstone.count()).toBe(2);
});

test('a tombstone answers for its own machine only', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1, { uuid: '03000200-0400-0500-0006-000700080009' }));
  await forget(db, 1);
  await site.report(machine(2, { uuid: '03000200-0400-0500-0006-000700080009' }));
  expect((await db.prisma.server.findMany()).map((row) => row.name)).toEqual([name(2)]);
});

test('a conflict ends when the other server is forgotten', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1), machine(2, { uuid: machine(1).uuid!, serial: machine(1).serial! }));
  expect(await conditions(db)).toHaveLength(2);
  await forget(db, 1);
  expect(await conditions(db)).toEqual([]);
});

test('an order of another bastion, and a stale epoch, are refused', async () => {
  const { db, connect, fleet } = await openFleet();
  const [site, other] = [await connect('site'), await connect('other')];
  await site.report(machine(1));
  await forget(db, 1);
  const { id: order } = await db.prisma.order.findFirstOrThrow();
  await expect(
    fleet.acknowledge(tester, { bastion: other.id, epoch: 1, order, outcome: 'DONE' }),
  ).rejects.toBeInstanceOf(NotFound);
  await connect('site');
  expect(await fleet.acknowledge(tester, { bastion: site.id, epoch: 1, order, outcome: 'DONE' })).toMatchObject({
    __typename: 'UplinkFenced',
    epoch: 2,
  });
});

test('orders reach the bastion that follows them: those that wait, then new ones, until it is fenced', async () => {
  const { db, connect, fleet } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1), machine(2));
  await forget(db, 1);
  const got: OutgoingOrder[] = [];
  const follow = async () => {
    for await (const order of fleet.follow(site.id, site.epoch)) {
      got.push(order);
      if (got.length === 1) await forget(db, 2);
      else await connect('site');
    }
  };
  await follow();
  expect(got.map(({ kind, name: called, macs }) => [kind, called, macs])).toEqual([
    ['FORGET', name(1), [macOf(1, 0), macOf(1, 1)]],
    ['FORGET', name(2), [macOf(2, 0), macOf(2, 1)]],
  ]);
});

test('an order is sent again when the machine is reported once more, not after it was acknowledged', async () => {
  const { db, connect, fleet } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1));
  await forget(db, 1);
  const orders = fleet.follow(site.id, site.epoch);
  const first = (await orders.next()).value as OutgoingOrder;
  await site.report(machine(1));
  expect((await orders.next()).value).toEqual(first);
  await fleet.acknowledge(tester, { bastion: site.id, epoch: site.epoch, order: first.id, outcome: 'DONE' });
  const ended = new AbortController();
  const rest = orders.next();
  await site.report(machine(2));
  ended.abort();
  await connect('site');
  expect(await rest).toEqual({ done: true, value: undefined });
});

test('following ends when it is aborted', async () => {
  const { connect, fleet } = await openFleet();
  const site = await connect('site');
  const ended = new AbortController();
  const next = fleet.follow(site.id, site.epoch, ended.signal).next();
  ended.abort();
  expect(await next).toEqual({ done: true, value: undefined });
});

test('a bastion with many orders keeps none from the others; the oldest come first', async () => {
  const { db, connect } = await openFleet();
  const [busy, idle] = [await connect('busy'), await connect('idle')];
  const order = (bastionId: string, second: number) => ({
    bastionId,
    kind: 'CANCEL',
    payload: { name: `o${second}`, macs: [] },
    createdAt: new Date(second * 1_000),
  });
  await db.prisma.order.createMany({
    data: [...Array.from({ length: 1_500 }, (_, i) => order(busy.id, 1_500 - i)), order(idle.id, 9_999)],
  });
  const pending = await pendingOrders(db.prisma, [busy.id, idle.id]);
  expect(pending.map(({ name: called }) => called)).toEqual([
    ...Array.from({ length: 1_000 }, (_, i) => `o${i + 1}`),
    'o9999',
  ]);
  expect(pending.at(-1)).toMatchObject({ bastionId: idle.id, kind: 'CANCEL', serverId: null, macs: [] });
  expect(pending.at(-1)!.createdAt).toEqual(new Date(9_999_000));
});
