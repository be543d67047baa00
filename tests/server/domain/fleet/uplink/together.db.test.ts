// Several at once: labds that hear of one machine, people who change what is being reported, reports in any order.
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Fleet } from '../../../../../server/domain/fleet/uplink/fleet.ts';
import { tester } from '../../../../support/database.ts';
import { conditions, machine, macOf, openFleet, replicaOf } from '../fleet.ts';

const name = (n: number) => `m-${macOf(n).replaceAll(':', '')}`;

test('two labds that hear of the same machines at the same moment make one server of each', async () => {
  const { db, connect, fleet, clock } = await openFleet({ gather: 1 });
  const second = new Fleet(await replicaOf(db), { gather: 1 });
  onTestFinished(() => second.close());
  const [site, other] = [await connect('site'), await connect('other')];
  for (let round = 0; round < 5; round++) {
    const reports = Array.from({ length: 20 }, (_, i) => machine(round * 100 + i));
    const items = (order: typeof reports) =>
      order.map((report, i) => ({ sequence: round * 20 + i + 1, at: new Date(clock.at), body: { report } }));
    await Promise.all([
      fleet.push(tester, { bastion: site.id, epoch: site.epoch, items: items(reports) }),
      second.push(tester, { bastion: other.id, epoch: other.epoch, items: items(reports.toReversed()) }),
    ]);
  }
  expect(await db.prisma.server.count()).toBe(100);
  expect(await db.prisma.sighting.count()).toBe(200);
  expect(await conditions(db)).toEqual([]);
});

test('people change servers while these are reported: neither waits for the other, and both changes stay', async () => {
  const { db, connect } = await openFleet({ gather: 1 });
  const site = await connect('site');
  await site.report(...[1, 2, 3, 4].map((n) => machine(n)));
  const relabel = (n: number, round: number) =>
    db.write(tester, async ({ client, record }) => {
      const before = await client.server.findUniqueOrThrow({ where: { name: name(n) } });
      const guard = { id: before.id, version: before.version };
      const { count } = await client.server.updateMany({
        where: guard,
        data: { labels: { round }, version: { increment: 1 } },
      });
      if (count === 0) throw Object.assign(new Error('changed meanwhile'), { code: '40001' });
      const after = await client.server.findUniqueOrThrow({ where: { id: before.id } });
      record({
        kind: 'Server',
        id: before.id,
        name: before.name,
        cloud: before.cloud,
        environment: before.environment,
        operation: 'UPDATE',
        before,
        after,
      });
    });
  for (let round = 1; round <= 10; round++) {
    await Promise.all([1, 2, 3, 4].flatMap((n) => [relabel(n, round), site.report(machine(n, { cpuCores: round }))]));
  }
  const servers = await db.prisma.server.findMany();
  expect(servers.map(({ labels, cpuCores, version }) => ({ labels, cpuCores, version }))).toEqual(
    // Made, then ten labels and ten reports.
    servers.map(() => ({ labels: { round: 10 }, cpuCores: 10, version: 21n })),
  );
});

test('a report of a server that another labd changes, which waits for the head, lets it go first', async () => {
  const { db, connect } = await openFleet({ gather: 1 });
  const other = await replicaOf(db);
  const site = await connect('site');
  await site.report(machine(1));
  let reported: Promise<unknown> | undefined;
  await other.write(tester, async ({ client, record }) => {
    const before = await client.server.findFirstOrThrow();
    const after = await client.server.update({
      where: { id: before.id },
      data: { role: 'WORKER', version: { increment: 1 } },
    });
    record({
      kind: 'Server',
      id: before.id,
      name: before.name,
      cloud: before.cloud,
      environment: before.environment,
      operation: 'UPDATE',
      before,
      after,
    });
    db.clear();
    reported ??= site.report(machine(1, { cpuCores: 2 }));
    // In one process the report does not even begin before this ends.
    if (other !== db)
      await expect.poll(() => db.statements.some((sql) => /FROM server .* FOR UPDATE/.test(sql))).toBe(true);
  });
  await reported;
  expect(await db.prisma.server.findFirst()).toMatchObject({ role: 'WORKER', cpuCores: 2, version: 3n });
});

test('a batch that cannot be written as a whole is written caller by caller', async () => {
  let broken = 0;
  let n = 0;
  const ids = () => (broken-- > 0 ? 'no uuid' : `018f0000-0000-7000-8000-${(++n).toString(16).padStart(12, '0')}`);
  const { db, connect } = await openFleet({ ids, gather: 30 });
  const sites = [await connect('a'), await connect('b')];
  broken = 1;
  const answers = await Promise.all(sites.map((site, i) => site.report(machine(i))));
  expect(answers).toEqual(
    [1, 2].map(() => ({ __typename: 'UplinkAcknowledged', acknowledged: 1, snapshotWanted: false })),
  );
  expect(await db.prisma.server.count()).toBe(2);
});

test('however reports are ordered, repeated and cut into batches, the same machines come out', async () => {
  const { db, connect } = await openFleet({ gather: 1 });
  const junk = { serial: 'Default string', uuid: '00000000-0000-0000-0000-000000000000' };
  const all = Array.from({ length: 12 }, (_, n) => (n % 3 === 0 ? machine(n, { ...junk, disks: [] }) : machine(n)));
  const shapes = all.flatMap((report) => [report, { mac: report.mac }, { ...report, mac: report.nics![1]!.mac }]);
  const site = await connect('site');
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...shapes, ...all], { minLength: shapes.length }),
      fc.integer({ min: 1, max: 20 }),
      async (reports, per) => {
        await db.prisma.server.deleteMany();
        for (const one of all) await site.report(one);
        for (let i = 0; i < reports.length; i += per) await site.report(...reports.slice(i, i + per));
        const servers = await db.prisma.server.findMany({ include: { nics: true } });
        expect(servers.map((server) => server.name).toSorted()).toEqual(all.map((_, n) => name(n)).toSorted());
        expect(servers.every(({ nics }) => nics.length === 2)).toBe(true);
      },
    ),
    { numRuns: 5, seed: 7 },
  );
  expect(await conditions(db)).toEqual([]);
});
