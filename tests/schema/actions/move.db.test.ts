// Another bastion holds a server: from then on, in its place alone, and not in the middle of an install.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { openGraph } from '../../support/graph.ts';
import { pendingOrders } from '../../support/pendingOrders.ts';

/** A server that bastion north holds; south is beside it, west elsewhere. */
async function lab() {
  const graph = await openGraph({ calm: true });
  const { prisma } = graph.db;
  const [north, south] = await Promise.all(['north', 'south'].map((name) => prisma.bastion.create({ data: { name } })));
  await prisma.bastion.create({ data: { name: 'west', environment: 'west' } });
  await prisma.bastion.create({ data: { name: 'gone', revokedAt: new Date() } });
  const heldSince = new Date('2020-01-01');
  const server = await prisma.server.create({
    data: { name: 'db', bootMac: '52:54:00:00:00:01', status: 'INSTALLED', bastionId: north!.id, heldSince },
  });
  const move = async (bastion: string, scope?: Scope) =>
    (
      await graph.data(
        `mutation { it: moveServer(by: { name: "db" }, bastion: { name: "${bastion}" }) { __typename ... on Server { bastion { name } version } ... on UserError { message } ... on InvalidInput { field } } }`,
        scope && { scope },
      )
    ).it;
  const kept = () => prisma.server.findUniqueOrThrow({ where: { id: server.id } });
  return { ...graph, prisma, server, south: south!, heldSince, move, kept };
}

test('it is held since that moment, and is what it was', async () => {
  const { move, kept, south, heldSince, db } = await lab();
  expect(await move('south')).toEqual({ __typename: 'Server', bastion: { name: 'south' }, version: 2 });
  expect(await kept()).toMatchObject({ bastionId: south.id, status: 'INSTALLED' });
  expect((await kept()).heldSince!.getTime()).toBeGreaterThan(heldSince.getTime());
  const changes = await db.prisma.change.count();
  expect(await move('south')).toMatchObject({ __typename: 'Server', version: 2 });
  expect(await db.prisma.change.count()).toBe(changes);
});

test('a report of the one that held it before does not take it back, also while the other one was never there', async () => {
  const { move, kept, south, prisma, fleet } = await lab();
  await move('south');
  const origin = { actor: 'bastion/north', action: 'test', requestId: '', address: '' };
  const { bastion, epoch } = await fleet.open(origin, {
    name: 'north',
    cloud: 'default',
    environment: 'default',
    instance: '00000000-0000-4000-8000-000000000001',
    protocol: 3,
    software: '0',
    oldest: 0,
    newest: 0,
  });
  const report = { mac: '52:54:00:00:00:01', product: 'seen' };
  await fleet.push(origin, { bastion: bastion.id, epoch, items: [{ sequence: 1, at: new Date(), body: { report } }] });
  expect((await kept()).bastionId).toBe(south.id);
  expect(await prisma.sighting.count({ where: { bastionId: bastion.id } })).toBe(1);
});

test.each([
  ['to a bastion elsewhere', 'west', 'Bastion "west" is in default/west, and server "db" in default/default.'],
  ['to one that was revoked', 'gone', 'Bastion "gone" was revoked.'],
])('%s it is refused', async (_, to, message) => {
  const { move, kept, server } = await lab();
  expect(await move(to)).toEqual({ __typename: 'Conflict', message });
  expect((await kept()).bastionId).toBe(server.bastionId);
});

test('to one that is not there, or that may not be seen, it is refused alike', async () => {
  const { move } = await lab();
  const answer = { __typename: 'InvalidInput', message: 'There is no such bastion.', field: 'bastion' };
  expect(await move('nobody')).toEqual(answer);
  const here = { cloud: '*', environment: 'default', target: '*' };
  expect(
    await move('west', [
      { action: 'read', ...here },
      { action: 'apply', ...here },
    ]),
  ).toEqual(answer);
  expect(await move('south', [{ action: 'read', cloud: '*', environment: '*', target: '*' }])).toMatchObject({
    __typename: 'Forbidden',
  });
});

test('in the middle of an install, and while it is locked, it is refused', async () => {
  const { move, kept, prisma, server } = await lab();
  await prisma.server.update({ where: { id: server.id }, data: { status: 'PROVISIONING' } });
  await prisma.installAttempt.create({
    data: { serverId: server.id, number: 3, profile: 'fedora-43', fromStatus: 'DISCOVERED' },
  });
  expect(await move('south')).toEqual({
    __typename: 'Conflict',
    message: 'Server "db" is being installed by the bastion that holds it.',
  });
  await prisma.server.update({ where: { id: server.id }, data: { locked: true } });
  expect(await move('south')).toEqual({ __typename: 'Conflict', message: 'Server "db" is locked.' });
  expect((await kept()).bastionId).toBe(server.bastionId);
});

test('a shell that was ordered is cancelled by it: the bastion that has the order may never be back', async () => {
  const { move, kept, prisma, server, south } = await lab();
  const attempt = { serverId: server.id, number: 3, profile: 'ramdisk/rescue', fromStatus: 'INSTALLED' };
  const { id } = await prisma.installAttempt.create({ data: attempt });
  expect(await move('south')).toMatchObject({ __typename: 'Server', bastion: { name: 'south' } });
  expect((await kept()).bastionId).toBe(south.id);
  expect(await prisma.installAttempt.findUniqueOrThrow({ where: { id } })).toMatchObject({ outcome: 'CANCELLED' });
  const orders = await prisma.order.findMany({ where: { bastionId: server.bastionId! }, orderBy: { kind: 'asc' } });
  expect(orders.map(({ kind }) => kind)).toEqual(['CANCEL', 'RELOAD']);
});

test('both bastions are told at once, where they know that order; others learn of it when they connect', async () => {
  const { move, prisma, server, south } = await lab();
  const both = [server.bastionId!, south.id];
  await prisma.bastion.updateMany({ data: { protocol: 3 } });
  await move('south');
  expect(await pendingOrders(prisma, both)).toEqual([]);
  await prisma.bastion.updateMany({ data: { protocol: 4 } });
  const told = await pendingOrders(prisma, both);
  expect(told.map(({ kind, serverId, macs, bastionId }) => [kind, serverId, macs, bastionId])).toEqual(
    expect.arrayContaining(both.map((id) => ['RELOAD', null, [], id])) as unknown[],
  );
  expect(told).toHaveLength(2);
  await move('south');
  expect(await pendingOrders(prisma, both)).toHaveLength(2);
});
