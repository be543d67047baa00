// Sessions of bastions: epochs, sequences, gaps, snapshots, and who is online.
import { expect, onTestFinished, test, vi } from 'vitest';
import { Conflict, Forbidden, InvalidInput } from '../../../../../server/domain/errors.ts';
import { sweep } from '../../../../../server/domain/fleet/uplink/presence.ts';
import { settingsFor } from '../../../../../server/domain/ledger/settings.ts';
import { tester } from '../../../../support/database.ts';
import { changesSince, conditions, machine, macOf, openFleet, revision } from '../fleet.ts';

const name = (n: number) => `m-${macOf(n).replaceAll(':', '')}`;

test('opening an uplink registers the bastion where it says it is; afterwards its place is labd’s', async () => {
  const { db, connect } = await openFleet();
  const first = await connect('site');
  expect(first.uplink).toMatchObject({
    __typename: 'Uplink',
    epoch: 1,
    acknowledged: 0,
    snapshotWanted: false,
    bastion: { name: 'site', cloud: 'lab', environment: 'test', protocol: 2 },
  });
  await connect('site', { cloud: 'elsewhere', environment: 'prod', software: '0.2.0' });
  expect(await db.prisma.bastion.findMany()).toMatchObject([{ cloud: 'lab', environment: 'test', software: '0.2.0' }]);
});

test('a newer connection fences the older', async () => {
  const { db, connect } = await openFleet();
  const [old, young] = [await connect('site'), await connect('site')];
  expect(await old.report(machine(1))).toMatchObject({ __typename: 'UplinkFenced', epoch: 2 });
  expect(await young.report(machine(2))).toMatchObject({ __typename: 'UplinkAcknowledged', acknowledged: 1 });
  expect((await db.prisma.server.findMany()).map((row) => row.name)).toEqual([name(2)]);
});

test('duplicates are absorbed, and what follows them is taken', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1), machine(2));
  const before = await revision(db);
  expect(await site.sendFrom(1, { report: machine(1) }, { report: machine(2) })).toMatchObject({ acknowledged: 2 });
  expect(await changesSince(db, before)).toEqual([]);
  expect(await site.sendFrom(2, { report: machine(2) }, { report: machine(3) })).toMatchObject({ acknowledged: 3 });
  expect(await db.prisma.server.count()).toBe(3);
});

test('a gap is answered with what was expected, and takes nothing', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1));
  expect(await site.sendFrom(5, { report: machine(5) })).toMatchObject({ __typename: 'UplinkGap', expected: 2 });
  expect(await db.prisma.server.count()).toBe(1);
  expect(await site.sendFrom(2, { report: machine(2) })).toMatchObject({ acknowledged: 2 });
});

test('sequences within a batch are consecutive', async () => {
  const { connect, fleet, clock } = await openFleet();
  const site = await connect('site');
  const items = [1, 3].map((sequence) => ({ sequence, at: new Date(clock.at), body: { report: machine(1) } }));
  await expect(fleet.push(tester, { bastion: site.id, epoch: 1, items })).rejects.toMatchObject({
    constructor: InvalidInput,
    field: 'input.items[1].sequence',
  });
});

test('an epoch that was never issued, and a bastion that is gone, are told apart from a stale one', async () => {
  const { db, connect, fleet } = await openFleet();
  const site = await connect('site');
  await expect(fleet.push(tester, { bastion: site.id, epoch: 9, items: [] })).rejects.toMatchObject({
    field: 'input.epoch',
  });
  await db.prisma.bastion.deleteMany();
  expect(await site.report(machine(1))).toMatchObject({ __typename: 'UplinkFenced', epoch: 1 });
});

test('a reconnecting bastion goes on where it was; one that lost its directory starts anew', async () => {
  const { connect } = await openFleet();
  await (await connect('site')).report(machine(1), machine(2));
  expect((await connect('site', { oldest: 3, newest: 4 })).uplink).toMatchObject({
    acknowledged: 2,
    snapshotWanted: false,
  });
  expect((await connect('site', { instance: 'site-2' })).uplink).toMatchObject({
    acknowledged: 0,
    snapshotWanted: false,
  });
});

test('what the spool of a bastion of version 1 no longer has is made up for by a snapshot, and counting goes on after it', async () => {
  const { connect } = await openFleet();
  await (await connect('site')).report(machine(1), machine(2));
  const site = await connect('site', { protocol: 1, oldest: 10, newest: 12 });
  expect(site.uplink).toMatchObject({ acknowledged: 9, snapshotWanted: true });
  expect(await site.report(machine(3))).toMatchObject({ acknowledged: 10, snapshotWanted: true });
  const snapshot = [
    { snapshotBegin: { machines: 1 } },
    { snapshotPart: { reports: [machine(3)] } },
    { snapshotEnd: { machines: 1 } },
  ];
  expect(await site.send(...snapshot)).toMatchObject({ acknowledged: 13, snapshotWanted: false });
});

test('a spool of version 1 that was set back is not mistaken for duplicates', async () => {
  const { db, connect } = await openFleet();
  await (await connect('site')).report(machine(1), machine(2), machine(3));
  const site = await connect('site', { protocol: 1, oldest: 1, newest: 2 });
  expect(site.uplink).toMatchObject({ acknowledged: 0, snapshotWanted: true });
  await site.report(machine(4), machine(5));
  expect(await db.prisma.server.count()).toBe(5);
});

test('after a gap a snapshot may go on', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  const part = { snapshotPart: { reports: [machine(1), machine(2)] } };
  expect(
    await site.sendFrom(40, { snapshotBegin: { machines: 2 } }, part, { snapshotEnd: { machines: 2 } }),
  ).toMatchObject({ acknowledged: 42, snapshotWanted: false });
  expect(await db.prisma.server.count()).toBe(2);
});

test('a snapshot never deletes: what it lacks becomes stale, until it is seen again', async () => {
  const { db, connect } = await openFleet();
  const [site, other] = [await connect('site'), await connect('other')];
  await site.report(machine(1), machine(2));
  await other.report(machine(3));
  await site.send({ snapshotBegin: { machines: 1 } });
  await site.send({ snapshotPart: { reports: [machine(1)] } });
  const before = await revision(db);
  await site.send({ snapshotEnd: { machines: 1 } });
  expect(await db.prisma.server.count()).toBe(3);
  expect(await conditions(db)).toEqual([`${name(2)} Stale NotInSnapshot`]);
  expect(await changesSince(db, before)).toEqual([`UPDATE Server ${name(2)}`, `CREATE Condition ${name(2)}`]);
  await site.report(machine(2));
  expect(await conditions(db)).toEqual([]);
});

test('an empty bastion cannot erase an inventory', async () => {
  const { db, connect } = await openFleet();
  await (await connect('site')).report(machine(1), machine(2));
  const empty = await connect('site', { instance: 'new' });
  expect(await empty.send({ snapshotBegin: { machines: 0 } }, { snapshotEnd: { machines: 0 } })).toMatchObject({
    snapshotWanted: false,
  });
  expect(await db.prisma.server.count()).toBe(2);
  expect(await conditions(db)).toEqual([`${name(1)} Stale NotInSnapshot`, `${name(2)} Stale NotInSnapshot`]);
});

test('a snapshot of which a part is missing says nothing about what is not in it, and is asked for again', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1), machine(2));
  expect(
    await site.send(
      { snapshotBegin: { machines: 2 } },
      { snapshotPart: { reports: [machine(1)] } },
      { snapshotEnd: { machines: 2 } },
    ),
  ).toMatchObject({ snapshotWanted: true });
  expect(await site.send({ snapshotEnd: { machines: 2 } })).toMatchObject({ snapshotWanted: true });
  expect(await conditions(db)).toEqual([]);
});

test.each([1, 2, 3, 4, 5])('version %i of the uplink is taken, and kept on the bastion', async (protocol) => {
  const { db, connect } = await openFleet();
  await connect('site', { protocol });
  expect(await db.prisma.bastion.findFirst()).toMatchObject({ protocol });
  const other = (protocol % 5) + 1;
  await connect('site', { protocol: other });
  expect(await db.prisma.bastion.findFirst()).toMatchObject({ protocol: other });
});

test.each([0, 7, -1])('version %i is refused with what to install', async (protocol) => {
  const { connect } = await openFleet();
  const refused = connect('site', { protocol });
  await expect(refused).rejects.toBeInstanceOf(Conflict);
  await expect(refused).rejects.toMatchObject({
    message: `Bastion "site" speaks version ${protocol} of the uplink, and this labd speaks 1, 2, 3, 4, 5, 6.`,
    remedy: 'Install the lab-bastion of the same release as labd.',
  });
});

test('a revoked bastion does not come back under its name', async () => {
  const { db, connect } = await openFleet();
  await connect('site');
  await db.prisma.bastion.updateMany({ data: { revokedAt: new Date() } });
  await expect(connect('site')).rejects.toMatchObject({
    constructor: Forbidden,
    permission: 'uplink:lab:test:bastions/site',
  });
});

test('being online begins and ends with the session, each a change of the bastion', async () => {
  const { db, connect, fleet } = await openFleet();
  const site = await connect('site');
  const online = async () =>
    (await db.prisma.condition.findFirstOrThrow({ where: { subjectId: site.id, type: 'BastionOnline' } })).status;
  expect(await online()).toBe(true);
  const before = await revision(db);
  await site.send();
  expect(await changesSince(db, before)).toEqual([]);
  await fleet.disconnect(tester, site.id, site.epoch);
  expect(await online()).toBe(false);
  expect(await changesSince(db, before)).toEqual(['UPDATE Bastion site', 'UPDATE Condition site']);
});

test('the end of a connection that was taken over changes nothing', async () => {
  const { db, connect, fleet } = await openFleet();
  const old = await connect('site');
  await connect('site');
  await fleet.disconnect(tester, old.id, old.epoch);
  expect(await db.prisma.condition.findFirst({ where: { type: 'BastionOnline' } })).toMatchObject({ status: true });
});

test('a bastion that fell silent is swept offline, and is back with its next word', async () => {
  const { db, connect, settings, clock } = await openFleet();
  const [site, lively] = [await connect('site'), await connect('lively')];
  const online = async () =>
    (await db.prisma.condition.findMany({ where: { type: 'BastionOnline', status: true } }))
      .map((row) => row.subjectName)
      .toSorted();
  clock.pass(40_000);
  await lively.send();
  clock.pass(10_000);
  expect(await sweep(db, settingsFor(db, settings))).toBe(1);
  expect(await online()).toEqual(['lively']);
  expect(await site.send()).toMatchObject({ __typename: 'UplinkAcknowledged' });
  expect(await online()).toEqual(['lively', 'site']);
});

test('nobody is looked for until the fleet is started, and then by itself', async () => {
  const { connect, fleet } = await openFleet();
  await connect('site');
  const sweeps = vi.spyOn(fleet, 'sweep');
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  vi.advanceTimersByTime(60_000);
  expect(sweeps).not.toHaveBeenCalled();
  fleet.start();
  vi.advanceTimersByTime(15_000);
  expect(sweeps).toHaveBeenCalledOnce();
});

test('several bastions that push at once are written as one, each with its own answer', async () => {
  const { db, connect } = await openFleet({ gather: 50 });
  const sites = [await connect('a'), await connect('b'), await connect('c')];
  const stale = sites[2]!;
  await connect('c');
  const before = await db.prisma.change.groupBy({ by: ['txId'] });
  const answers = await Promise.all([
    ...sites.map((site, i) => site.report(machine(i))),
    sites[0]!.sendFrom(7, { report: machine(7) }),
  ]);
  expect(answers.map(({ __typename }) => __typename)).toEqual([
    'UplinkAcknowledged',
    'UplinkAcknowledged',
    'UplinkFenced',
    'UplinkGap',
  ]);
  expect((await db.prisma.change.groupBy({ by: ['txId'] })).length - before.length).toBe(1);
  expect(stale.epoch).toBe(1);
});
