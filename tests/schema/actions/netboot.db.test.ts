// Machines that boot from the network for an install by themselves, and orders to power that nobody may carry out any more.
import { expect, test } from 'vitest';
import { sweepPower } from '../../../server/domain/fleet/power/sweep.ts';
import { bmc, lab, MAC } from './powered.ts';

test('an install whose order is taken has its machine boot from the network, once', async () => {
  const { data, pending, answer, kept, prisma, server } = await lab();
  await prisma.server.updateMany({ data: { status: 'INSTALLED' } });
  await data(`mutation { rescueServer(by: { name: "db" }) { __typename } }`);
  const [install] = await pending();
  expect(install).toMatchObject({ kind: 'INSTALL', power: null });
  expect(JSON.stringify(install)).not.toContain('geheim');
  expect(await kept()).toBeNull();
  const secretHash = 'ab'.repeat(32);
  await answer(install!.id, 'DONE', { secretHash });
  const [netboot, ...more] = await pending();
  expect(more).toEqual([]);
  expect(netboot).toMatchObject({
    kind: 'POWER',
    macs: [MAC],
    power: { action: 'netboot', bmc: { password: 'geheim' } },
  });
  expect(await kept()).toMatchObject({ action: 'NETBOOT', outcome: 'WAITING' });
  // The same answer again, as after a connection that was cut.
  await answer(install!.id, 'DONE', { secretHash });
  expect(await pending()).toHaveLength(1);
  await answer(netboot!.id, 'TAKEN');
  await answer(netboot!.id, 'FAILED', { message: 'It is not reached.' });
  expect(await kept()).toMatchObject({ outcome: 'FAILED', message: 'It is not reached.' });
  expect(await prisma.installAttempt.findMany({ where: { serverId: server.id } })).toMatchObject([{ outcome: null }]);
});

test('where its secret is gone, the install is begun all the same, and why nobody powers it is told', async () => {
  const { data, pending, answer, kept, prisma } = await lab();
  await prisma.server.updateMany({ data: { bmc: { ...bmc, password: 'gone' } } });
  await data(`mutation { rescueServer(by: { name: "db" }) { __typename } }`);
  expect(await kept()).toMatchObject({
    action: 'NETBOOT',
    outcome: 'FAILED',
    message: expect.stringContaining('There is no secret "gone"') as string,
  });
  const [install] = await pending();
  await answer(install!.id, 'DONE', { secretHash: 'ab'.repeat(32) });
  expect(await pending()).toEqual([]);
});

/** An install has begun, and its machine is to be made to boot from the network. */
async function begunInstall() {
  const on = await lab();
  await on.data(`mutation { rescueServer(by: { name: "db" }) { __typename } }`);
  const [install] = await on.pending();
  const begin = () => on.answer(install!.id, 'DONE', { secretHash: 'ab'.repeat(32) });
  return { ...on, begin };
}

test('a machine is not made to boot from the network for an install that was given up', async () => {
  const { begin, pending, answer, data } = await begunInstall();
  await begin();
  const [netboot] = await pending();
  await data(`mutation { cancelServer(by: { name: "db" }) { __typename } }`);
  expect(await answer(netboot!.id, 'TAKEN')).toMatchObject({ stillWanted: false });
});

test('nor by what was said of its power before, nor by a bastion that knows no power', async () => {
  const changed = await begunInstall();
  await changed.prisma.server.updateMany({ data: { bmc: { ...bmc, address: '10.0.0.8' } } });
  await changed.begin();
  expect(await changed.pending()).toEqual([]);
  expect(await changed.kept()).toMatchObject({
    action: 'NETBOOT',
    outcome: 'FAILED',
    message: 'spec.bmc was changed since the install was asked for.',
  });
  const old = await begunInstall();
  await old.prisma.bastion.updateMany({ data: { protocol: 4 } });
  await old.begin();
  expect((await old.kept()).message).toContain('speaks version 4 of the uplink, which has no power');
});

test('a bastion that holds the server no more gets no order, and one of another place no password', async () => {
  const { power, pending, answer, prisma } = await lab();
  await power('OFF');
  const [order] = await pending();
  const south = await prisma.bastion.create({ data: { name: 'south' } });
  await prisma.server.updateMany({ data: { bastionId: south.id } });
  expect(await pending()).toEqual([]);
  expect(await answer(order!.id, 'TAKEN')).toMatchObject({ stillWanted: false });
  const other = await lab();
  await other.prisma.bastion.updateMany({ data: { environment: 'west' } });
  expect((await other.power('ON')).message).toBe(
    'Bastion "north", which holds server "db", is of another place than the server.',
  );
});

test('orders of a time that has not come end, and hold up no other', async () => {
  const { power, answer, pending, prisma, db, kept } = await lab();
  const later = new Date(Date.now() + 3_600_000);
  await power('OFF');
  const { power: last } = await prisma.server.findFirstOrThrow();
  await prisma.order.updateMany({ data: { createdAt: later } });
  await prisma.server.updateMany({ data: { power: { ...(last as object), at: later.toISOString() } } });
  expect(await sweepPower(db)).toBe(1);
  expect(await kept()).toMatchObject({ outcome: 'EXPIRED' });
  await power('OFF');
  const [order] = await pending();
  await answer(order!.id, 'TAKEN');
  await prisma.order.updateMany({ data: { takenAt: later } });
  expect(await sweepPower(db)).toBe(1);
  expect(await power('STATUS')).toMatchObject({ __typename: 'Server' });
});
