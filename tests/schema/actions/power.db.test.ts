// Power: an order of people to the bastion that holds a server, good for a minute, carried out once, answered in the server.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { sweepPower } from '../../../server/domain/fleet/power/sweep.ts';
import { settingsFor } from '../../../server/domain/ledger/settings.ts';
import { revealing } from '../../../server/domain/fleet/installs/reveal.ts';
import { openGraph } from '../../support/graph.ts';
import { pendingOrders } from '../../support/pendingOrders.ts';
import { SECRET_KEY } from '../../support/secrets.ts';

const MAC = '52:54:00:00:00:01';
const bmc = { type: 'redfish', address: '10.0.0.7', user: 'root', password: 'bmc' };
const everywhere = { cloud: '*', environment: '*', target: '*' };
const origin = { actor: 'bastion/north', action: 'test', requestId: '', address: '' };
const own = { cloud: 'default', environment: 'default', software: '0', oldest: 0, newest: 0 };

/** A server that bastion north holds, which is connected unless another version is said. */
async function lab({ protocol = 5, said = bmc }: { protocol?: number | null; said?: object } = {}) {
  const graph = await openGraph({ calm: true, key: SECRET_KEY });
  const { prisma } = graph.db;
  const north = await prisma.bastion.create({ data: { name: 'north' } });
  const server = await prisma.server.create({
    data: { name: 'db', bootMac: MAC, status: 'INSTALLED', firmware: 'UEFI', bastionId: north.id },
  });
  await graph.data('mutation { createSecret(input: { name: "bmc", value: "geheim" }) { __typename } }');
  await graph.data(
    'mutation Say($bmc: JSON) { updateServer(by: { name: "db" }, input: { bmc: $bmc }) { __typename } }',
    {
      variables: { bmc: said },
    },
  );
  const open = async (name = 'north', version = protocol) =>
    (
      await graph.fleet.open(origin, {
        ...own,
        name,
        protocol: version!,
        instance: '00000000-0000-4000-8000-000000000001',
      })
    ).epoch;
  const epoch = protocol === null ? 0 : await open();
  const fields = 'power { action outcome state since message }';
  const power = async (action: string, scope?: Scope) =>
    (
      await graph.data(
        `mutation { it: powerServer(by: { name: "db" }, action: ${action}) { __typename ... on Server { ${fields} } ... on UserError { message remedy } } }`,
        scope && { scope },
      )
    ).it;
  const kept = async () => (await graph.data(`{ server(by: { name: "db" }) { ${fields} } }`)).server.power;
  const pending = (now?: number) => pendingOrders(prisma, [north.id], revealing(graph.secrets, graph.db.logger), now);
  const answer = (order: string, outcome: 'TAKEN' | 'DONE' | 'FAILED', more: object = {}, session = epoch) =>
    graph.fleet.acknowledge(origin, { bastion: north.id, epoch: session, order, outcome, ...more });
  return { ...graph, prisma, north, server, open, power, kept, pending, answer };
}

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
