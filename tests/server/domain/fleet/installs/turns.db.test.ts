// Installs that wait for their turn: how many run at a bastion at once, who is next, and whatever ends one begins another.
import { describe, expect, onTestFinished, test } from 'vitest';
import { Fleet } from '../../../../../server/domain/fleet/uplink/fleet.ts';
import { act, type Deed, type InstallInput } from '../../../../../server/domain/inventory/lifecycle.ts';
import { turnsOf } from '../../../../../server/domain/fleet/installs/turns.ts';
import { inventory } from '../../../../../server/domain/inventory/index.ts';
import { deleteObject } from '../../../../../server/domain/objects/objects.ts';
import { pendingOrders } from '../../../../support/pendingOrders.ts';
import { defaults, settingsFor } from '../../../../../server/domain/ledger/settings.ts';
import { tester } from '../../../../support/database.ts';
import { machine, macOf, openFleet, replicaOf, type TestFleet } from '../fleet.ts';
import { anyone, deed, hashOf, provenBy } from '../installing.ts';

const MINUTE = 60_000;
const os = { os: 'fedora-43' };

/** A bastion that runs so many installs at once, and machines whose installs were asked for one after the other. */
async function asked(machines: number, maxInstalls: number) {
  const testFleet = await openFleet();
  const { db, fleet, clock } = testFleet;
  const site = await testFleet.connect('site');
  const all = Array.from({ length: machines }, (_, i) => i + 1);
  await site.report(...all.map((n) => machine(n)));
  await db.prisma.bastion.updateMany({ data: { maxInstalls } });
  for (const n of all) {
    clock.pass(1);
    await deed(testFleet, n, 'provision', os);
  }
  return {
    ...testFleet,
    site,
    /** The machines whose installs have their turn, and those whose wait for it */
    running: () => openOf(db, false),
    waiting: () => openOf(db, true),
    /** The machines that the bastion is told to install */
    told: async () =>
      (await pendingOrders(db.prisma, [site.id]))
        .filter(({ kind }) => kind === 'INSTALL')
        .map(({ macs: [mac] }) => numberOf(mac!)),
    /** Takes the order to install a machine, as its bastion does */
    begin: async (n: number) => {
      const order = (await pendingOrders(db.prisma, [site.id])).find(
        ({ kind, macs }) => kind === 'INSTALL' && macs[0] === macOf(n),
      )!;
      const secretHash = hashOf(`turn ${n}`);
      expect(
        await fleet.acknowledge(tester, {
          bastion: site.id,
          epoch: site.epoch,
          order: order.id,
          outcome: 'DONE',
          secretHash,
        }),
      ).toMatchObject({ attemptOpen: true });
      return provenBy(secretHash, n);
    },
  };
}

const open = { finishedAt: null };
const numberOf = (mac: string) => Number.parseInt(mac.slice(12, 14), 16);

/** The machines of open attempts, in the order of asking. */
async function openOf({ prisma }: TestFleet['db'], waiting: boolean): Promise<number[]> {
  const attempts = await prisma.installAttempt.findMany({
    where: { ...open, waiting },
    include: { server: { select: { bootMac: true } } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return attempts.map(({ server }) => numberOf(server!.bootMac));
}

test('installs beyond what runs at once wait in the order of asking: their bastion hears nothing, and no deadline runs', async () => {
  const { db, fleet, clock, site, running, waiting, told } = await asked(5, 2);
  expect([await running(), await waiting(), await told()]).toEqual([
    [1, 2],
    [3, 4, 5],
    [1, 2],
  ]);
  const attempts = await db.prisma.installAttempt.findMany({
    where: { waiting: true },
    orderBy: { createdAt: 'desc' },
  });
  const [last] = attempts;
  expect(last).toMatchObject({ phase: 'QUEUED', outcome: null, phaseDeadline: null, hardDeadline: null });
  expect(await turnsOf(db.prisma, [last!.id])).toEqual([{ id: last!.id, position: 3, waiting: 3 }]);
  // Those that run are overdue long before their turn comes: the others are not.
  for (let passed = 0; passed < defaults.phaseTime; passed += MINUTE / 2) {
    clock.pass(MINUTE / 2);
    await site.send();
    await fleet.sweep();
  }
  expect([await running(), await waiting()]).toEqual([[3, 4], [5]]);
  const [third] = await db.prisma.installAttempt.findMany({
    where: { ...open, waiting: false },
    orderBy: { createdAt: 'asc' },
  });
  expect(third!.phaseDeadline!.getTime()).toBe(clock.at + defaults.phaseTime);
});

const forget = ({ db }: TestFleet, n: number) =>
  db.write(tester, (tx) =>
    deleteObject(tx, inventory.Server, { ways: [{ bootMac: macOf(n) }], called: macOf(n) }, anyone),
  );

describe('the next one is begun in the same moment as one that runs', () => {
  type Asked = Awaited<ReturnType<typeof asked>>;
  const ends: Record<string, (on: Asked) => Promise<unknown>> = {
    succeeds: async ({ begin, site }) => site.send((await begin(1)).installed),
    fails: async ({ begin, site }) =>
      site.send((await begin(1)).step('packages', { state: 'FAILED', error: 'no room' })),
    'is cancelled': (on) => deed(on, 1, 'cancel'),
    'is aborted': (on) => deed(on, 1, 'abort'),
    'is refused': async ({ db, fleet, site }) => {
      const [order] = await pendingOrders(db.prisma, [site.id]);
      return fleet.acknowledge(tester, { bastion: site.id, epoch: site.epoch, order: order!.id, outcome: 'REFUSED' });
    },
    'is forgotten with its server': (on) => forget(on, 1),
  };
  test.each(Object.entries(ends))('%s', async (_, end) => {
    const on = await asked(3, 1);
    await end(on);
    expect([await on.running(), await on.waiting(), (await on.told()).includes(2)]).toEqual([[2], [3], true]);
    const changes = await on.db.prisma.change.findMany({ where: { kind: 'InstallAttempt' }, orderBy: { rev: 'desc' } });
    expect(changes[0]).toMatchObject({ actor: 'labd', action: 'giveTurns' });
  });
});

test('one that waits is cancelled, aborted and forgotten without a word to its bastion, and leaves its place', async () => {
  const on = await asked(5, 1);
  const { db, running, waiting, told } = on;
  await deed(on, 2, 'cancel');
  await deed(on, 3, 'abort');
  await forget(on, 4);
  expect([await running(), await waiting(), await told()]).toEqual([[1], [5], [1]]);
  expect(
    await db.prisma.order.groupBy({
      by: ['kind', 'waiting'],
      _count: true,
      orderBy: [{ kind: 'asc' }, { waiting: 'asc' }],
    }),
  ).toEqual([
    { kind: 'FORGET', waiting: false, _count: 1 },
    { kind: 'INSTALL', waiting: false, _count: 1 },
    { kind: 'INSTALL', waiting: true, _count: 1 },
  ]);
  expect((await db.prisma.server.findFirstOrThrow({ where: { bootMac: macOf(2) } })).status).toBe('DISCOVERED');
});

test('a limit that is raised lets others begin at the next look, at the bastion that holds them then', async () => {
  const on = await asked(4, 1);
  const { db, fleet, running, waiting, told } = on;
  const other = await on.connect('other');
  await db.prisma.server.updateMany({ where: { bootMac: macOf(3) }, data: { bastionId: other.id } });
  await db.prisma.bastion.updateMany({ where: { name: 'site' }, data: { maxInstalls: 2 } });
  await fleet.sweep();
  expect([await running(), await waiting(), await told()]).toEqual([[1, 2, 3], [4], [1, 2]]);
  expect((await pendingOrders(db.prisma, [other.id])).map(({ macs: [mac] }) => numberOf(mac!))).toEqual([3]);
});

test('no more run than may, and none is left out, when many are asked for and end at once at two labds', async () => {
  const on = await asked(0, 3);
  const { db, site, settings } = on;
  const other = await replicaOf(db);
  const two = new Fleet(other, settings);
  onTestFinished(() => two.close());
  const machines = Array.from({ length: 12 }, (_, i) => i + 1);
  await site.report(...machines.map((n) => machine(n)));
  await db.prisma.bastion.updateMany({ data: { maxInstalls: 3 } });
  await db.prisma.serverDisk.updateMany({ data: { serial: 'WD-12345' } });
  const one = (n: number, what: Deed, input?: InstallInput) =>
    (n % 2 === 0 ? db : other).write(
      tester,
      (tx) =>
        act(
          tx,
          what,
          { ways: [{ bootMac: macOf(n) }], called: macOf(n) },
          { install: input },
          anyone,
          settingsFor(db, settings),
        ),
      { lockHead: true },
    );
  await deed(on, 1, 'provision', os);
  await Promise.all(machines.slice(1).map((n) => one(n, 'provision', os)));
  expect([(await on.running()).length, (await on.waiting()).length]).toEqual([3, 9]);
  for (let left = 12; left > 0; left -= 3) {
    const now = await on.running();
    expect(now).toHaveLength(3);
    await Promise.all([...now.map((n) => one(n, 'abort')), on.fleet.sweep(), two.sweep()]);
  }
  expect([await on.running(), await on.waiting()]).toEqual([[], []]);
  expect(await db.prisma.installAttempt.count({ where: { outcome: 'FAILED' } })).toBe(12);
  const given = await db.prisma.change.findMany({ where: { action: 'giveTurns', kind: 'InstallAttempt' } });
  expect(given).toHaveLength(9);
  expect(new Set(given.map(({ objectId }) => objectId)).size).toBe(9);
});
