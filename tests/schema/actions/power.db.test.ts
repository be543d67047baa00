// Power: an order of people to the bastion that holds a server, good for a minute, carried out once, answered in the server.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { sweepPower } from '../../../server/domain/fleet/power/sweep.ts';
import { settingsFor } from '../../../server/domain/ledger/settings.ts';
import { bmc, lab, MAC, origin } from './powered.ts';

const everywhere = { cloud: '*', environment: '*', target: '*' };

test('the bastion gets the password, and no row has it; what it answers is kept with the server', async () => {
  const { power, kept, pending, answer, prisma, db } = await lab();
  expect(await power('ON')).toEqual({
    __typename: 'Server',
    power: { action: 'ON', outcome: 'WAITING', state: 'UNKNOWN', since: null, message: null },
  });
  const [order] = await pending();
  expect(order).toMatchObject({ kind: 'POWER', name: 'db', macs: [MAC], plan: null, secrets: null });
  expect(order!.power).toEqual({ action: 'on', firmware: 'UEFI', bmc: { ...bmc, password: 'geheim' } });
  expect(JSON.stringify(await prisma.order.findMany())).not.toContain('geheim');
  const changes = await prisma.change.findMany();
  expect(
    JSON.stringify(changes, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  ).not.toContain('geheim');
  expect(changes.at(-1)).toMatchObject({ kind: 'Server', action: 'powerServer', actor: 'tester' });
  expect(await answer(order!.id, 'TAKEN')).toMatchObject({ stillWanted: true });
  expect(await pending()).toEqual([]);
  expect(await answer(order!.id, 'DONE', { powerState: 'ON', message: 'as it was' })).toMatchObject({
    __typename: 'OrderAcknowledged',
    stillWanted: null,
  });
  const now = await kept();
  expect(now).toMatchObject({ action: 'ON', outcome: 'DONE', state: 'ON', message: 'as it was' });
  expect((await prisma.change.findMany()).at(-1)).toMatchObject({ kind: 'Server', actor: 'bastion/north' });
  // It is on since then, however often it is asked.
  await power('STATUS');
  const [again] = await pending();
  await answer(again!.id, 'TAKEN');
  await answer(again!.id, 'DONE', { powerState: 'ON' });
  expect(await kept()).toMatchObject({ action: 'STATUS', state: 'ON', since: now.since });
  expect(await prisma.order.count()).toBe(1);
  void db;
});

test('who may only read switches nothing, and who may not read the secret sends it nowhere', async () => {
  const { power, pending, kept } = await lab();
  const read = { action: 'read', ...everywhere } as const;
  expect(await power('OFF', [read])).toMatchObject({ __typename: 'Forbidden' });
  const servers = { cloud: '*', environment: '*', target: 'servers/*' };
  expect(
    await power('OFF', [
      { action: 'read', ...servers },
      { action: 'apply', ...servers },
    ]),
  ).toMatchObject({
    __typename: 'InvalidInput',
    message: expect.stringContaining('There is no secret "bmc"') as string,
  });
  expect(await pending()).toEqual([]);
  expect(await kept()).toBeNull();
});

test('refused at once: where nobody said how, where its way cannot, where its bastion is away, old or none', async () => {
  expect(await (await lab({ said: {} })).power('ON')).toMatchObject({
    message: 'Nobody said how server "db" is powered.',
    remedy: 'Say it in spec.bmc: lab edit server db.',
  });
  const waking = await lab({ said: { type: 'wol' } });
  expect((await waking.power('OFF')).message).toContain('Wake-on-LAN only powers machines on');
  expect(await waking.power('ON')).toMatchObject({ __typename: 'Server' });
  const away = await lab({ protocol: null });
  await away.prisma.bastion.updateMany({ data: { protocol: 5 } });
  expect((await away.power('OFF')).message).toBe(
    'Bastion "north", which holds server "db", is offline, and power is not switched later.',
  );
  const hidden: Scope = ['servers/*', 'secrets/*'].flatMap((target) => [
    { action: 'read' as const, cloud: '*', environment: '*', target },
    { action: 'apply' as const, cloud: '*', environment: '*', target },
  ]);
  expect((await away.power('OFF', hidden)).message).toBe(
    'The bastion that holds server "db" is offline, and power is not switched later.',
  );
  const old = await lab({ protocol: 4 });
  expect((await old.power('OFF')).message).toContain(
    'speaks version 4 of the uplink, which has no power: that came with version 5',
  );
  await old.prisma.server.updateMany({ data: { bastionId: null } });
  expect((await old.power('OFF')).message).toContain('is held by no bastion');
  await old.prisma.server.updateMany({ data: { locked: true } });
  expect((await old.power('OFF')).message).toBe('Server "db" is locked.');
});

test('after a minute an order is sent to nobody, taken by nobody, and said to have run out', async () => {
  const { power, pending, answer, kept, prisma, db } = await lab();
  await power('OFF');
  const [order] = await pending();
  const ago = new Date(Date.now() - 61_000);
  await prisma.order.updateMany({ data: { createdAt: ago } });
  expect(await pending()).toEqual([]);
  expect(await answer(order!.id, 'TAKEN')).toMatchObject({ stillWanted: false });
  expect(await sweepPower(db)).toBe(1);
  expect(await sweepPower(db)).toBe(0);
  expect(await kept()).toMatchObject({
    outcome: 'EXPIRED',
    state: 'UNKNOWN',
    message: expect.stringContaining('did not take it') as string,
  });
  // A late word of it changes nothing.
  await answer(order!.id, 'DONE', { powerState: 'OFF' });
  expect(await kept()).toMatchObject({ outcome: 'EXPIRED', state: 'UNKNOWN' });
});

test('nor while a clock that was set back takes it for new', async () => {
  const { power, pending, prisma } = await lab();
  await power('OFF');
  await prisma.order.updateMany({ data: { createdAt: new Date(Date.now() + 3_600_000) } });
  expect(await pending()).toEqual([]);
});

test('of two that take it one carries it out, also where one comes by a newer connection', async () => {
  const { power, pending, answer, open } = await lab();
  await power('CYCLE');
  const [order] = await pending();
  const answers = await Promise.all([answer(order!.id, 'TAKEN'), answer(order!.id, 'TAKEN')]);
  expect(answers.map((one) => 'stillWanted' in one && one.stillWanted).toSorted()).toEqual([false, true]);
  const newer = await open();
  expect(await answer(order!.id, 'DONE', { powerState: 'ON' })).toMatchObject({ __typename: 'UplinkFenced' });
  expect(await answer(order!.id, 'TAKEN', {}, newer)).toMatchObject({ stillWanted: false });
  expect(await answer(order!.id, 'FAILED', { message: 'No.' }, newer)).toMatchObject({
    __typename: 'OrderAcknowledged',
  });
});

test('one that was taken and never answered is said to be lost; until then no other is made', async () => {
  const { power, pending, answer, kept, prisma, db } = await lab();
  await power('CYCLE');
  const [order] = await pending();
  await answer(order!.id, 'TAKEN');
  expect((await power('OFF')).message).toBe('Server "db" is being powered already: cycle.');
  await prisma.order.updateMany({ data: { takenAt: new Date(Date.now() - 200_000) } });
  expect(await sweepPower(db, settingsFor(db))).toBe(1);
  expect(await kept()).toMatchObject({ outcome: 'FAILED', message: expect.stringContaining('did not say') as string });
  expect(await power('OFF')).toMatchObject({ __typename: 'Server' });
});

test('nothing else is taken before it is done, and no bastion answers for another', async () => {
  const { power, pending, answer, prisma, north, open, fleet } = await lab();
  const other = await prisma.order.create({ data: { bastionId: north.id, kind: 'CANCEL' } });
  await expect(answer(other.id, 'TAKEN')).rejects.toThrow('Only an order to power');
  await power('OFF');
  const [, order] = await pending();
  const south = await prisma.bastion.create({ data: { name: 'south' } });
  const epoch = await open('south');
  await expect(
    fleet.acknowledge(origin, { bastion: south.id, epoch, order: order!.id, outcome: 'TAKEN' }),
  ).rejects.toThrow('There is no order');
});
