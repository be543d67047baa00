// The border of a cloud and an environment: a bastion takes, moves and recognises servers on its own side of it alone.
import { expect, test } from 'vitest';
import { forgetServer } from '../../../../../server/domain/fleet/machines/forget.ts';
import { tester } from '../../../../support/database.ts';
import { conditions, machine, macOf, openFleet, revision, type TestFleet } from '../fleet.ts';
import { install } from '../installing.ts';

const nameOf = (n: number) => `m-${macOf(n).replaceAll(':', '')}`;
const prod = { environment: 'prod' };
const dev = { environment: 'dev' };

async function two() {
  const fleet = await openFleet();
  return { ...fleet, prod: await fleet.connect('prod', prod), dev: await fleet.connect('dev', dev) };
}

const servers = ({ db }: Pick<TestFleet, 'db'>) => db.prisma.server.findMany({ orderBy: { id: 'asc' } });
const twins = async ({ db }: Pick<TestFleet, 'db'>) =>
  (await db.prisma.twin.findMany({ include: { server: true, other: true }, orderBy: [{ serverId: 'asc' }] })).map(
    ({ server, other, because }) => `${server.environment} ${other.environment} ${because.join(', ')}`,
  );

const seconds = (n: number) => n * 1000;

test.each([
  [
    'nobody holds',
    async ({ db }: TestFleet) => void (await db.prisma.server.updateMany({ data: { bastionId: null } })),
  ],
  ['its bastion holds', () => Promise.resolve()],
  [
    'is held by one that was gone for longer than its lease',
    ({ clock }: TestFleet) => Promise.resolve(clock.pass(seconds(86_400))),
  ],
])('a bastion neither takes nor changes a server of another environment that %s', async (_, prepare) => {
  const fleet = await two();
  await fleet.prod.report(machine(1));
  await prepare(fleet);
  const [before] = await servers(fleet);
  const from = await revision(fleet.db);
  await fleet.dev.report(machine(1, { serial: 'SN00001', cpuCores: 1 }));
  await fleet.dev.send({ progress: { mac: macOf(1), stage: 'queued', state: 'QUEUED' } });
  await fleet.dev.send({ log: { mac: macOf(1), firstSequence: 1, lines: ['mine'] } });
  const [after, made] = await servers(fleet);
  expect(after).toEqual(before);
  expect(made).toMatchObject({ environment: 'dev', bastionId: fleet.dev.id, status: 'DISCOVERED' });
  const changed = await fleet.db.prisma.change.findMany({ where: { rev: { gt: from } } });
  expect([...new Set(changed.map(({ environment }) => environment))]).toEqual(['dev']);
  expect(await fleet.db.prisma.sighting.count({ where: { serverId: before!.id, bastionId: fleet.dev.id } })).toBe(0);
  expect(await conditions(fleet.db)).toEqual([]);
  expect(await twins(fleet)).toHaveLength(2);
});

test('the same machine in two environments is a twin of itself until one of them is another, or has gone', async () => {
  const fleet = await two();
  await fleet.prod.report(machine(1));
  await fleet.dev.report(machine(1));
  const because = `uuid ${machine(1).uuid}, serial SN00001, MAC ${macOf(1)}, MAC ${macOf(1, 1)}`;
  expect(await twins(fleet)).toEqual([`prod dev ${because}`, `dev prod ${because}`]);
  await fleet.prod.report(machine(1));
  expect(await twins(fleet)).toHaveLength(2);
  // Piece by piece it becomes another machine.
  const { uuid } = machine(9);
  await fleet.dev.report(machine(1, { uuid: uuid! }));
  await fleet.dev.report(machine(1, { uuid: uuid!, serial: 'SN9' }));
  expect(await twins(fleet)).toHaveLength(2);
  const nic = (n: number) => ({ name: `eno${n}`, mac: macOf(n) });
  await fleet.dev.report(machine(1, { uuid: uuid!, serial: 'SN9', disks: [], nics: [nic(1), nic(9)] }));
  await fleet.dev.report(machine(9, { serial: 'SN9', disks: [], nics: [nic(9)] }));
  expect(await servers(fleet)).toHaveLength(2);
  expect(await twins(fleet)).toEqual([]);
  const lent = { name: 'eno2', mac: macOf(1, 1) };
  await fleet.dev.report(machine(9, { serial: 'SN9', disks: [], nics: [nic(9), lent] }));
  expect(await twins(fleet)).toEqual([`prod dev MAC ${lent.mac}`, `dev prod MAC ${lent.mac}`]);
  await fleet.db.prisma.server.deleteMany({ where: { environment: 'prod' } });
  expect(await twins(fleet)).toEqual([]);
});

test('however many copies of a machine are made elsewhere, its own bastion finds it by each of its values', async () => {
  const fleet = await two();
  const { uuid, serial } = machine(1);
  const alike = Array.from({ length: 20 }, (_, i) => machine(100 + i, { uuid: uuid!, serial: serial!, disks: [] }));
  await fleet.dev.report(...alike);
  await fleet.prod.report(machine(1));
  await fleet.dev.report(...alike);
  // With another card in it: its UUID, serial and disk are all that is left to know it by.
  await fleet.prod.report(machine(1, { mac: macOf(2), nics: [{ name: 'eno1', mac: macOf(2) }] }));
  const own = (await servers(fleet)).filter(({ environment }) => environment === 'prod');
  expect(own).toMatchObject([{ name: nameOf(1), bootMac: macOf(2) }]);
});

test('a NIC does not leave a server for one in another environment', async () => {
  const fleet = await two();
  await fleet.prod.report(machine(1));
  await fleet.dev.report(
    machine(2, {
      nics: [
        { name: 'eno1', mac: macOf(2) },
        { name: 'eno2', mac: macOf(1, 1) },
      ],
    }),
  );
  const holders = await fleet.db.prisma.serverNic.findMany({ where: { mac: macOf(1, 1) }, include: { server: true } });
  expect(holders.map(({ server }) => server!.environment).sort()).toEqual(['dev', 'prod']);
  expect(await conditions(fleet.db)).toEqual([]);
  expect(await twins(fleet)).toHaveLength(2);
});

test('a server that was moved over the border stays with the bastion that holds it, on rows from before as well', async () => {
  const fleet = await two();
  await fleet.dev.report(machine(1));
  await fleet.dev.report(machine(2));
  // As somebody with apply on both places moves it, or as an earlier labd let it be taken.
  await fleet.db.prisma.server.updateMany({ where: { name: nameOf(1) }, data: prod });
  await fleet.dev.report(machine(1, { cpuCores: 32 }));
  await fleet.dev.send((await install({ ...fleet, site: fleet.dev })).installed);
  expect(await servers(fleet)).toMatchObject([
    { environment: 'prod', bastionId: fleet.dev.id, cpuCores: 32, status: 'INSTALLED' },
    { environment: 'dev', bastionId: fleet.dev.id },
  ]);
  // The bastion there knows it, and waits for the lease as it would for any other's.
  await fleet.prod.report(machine(1));
  expect(await servers(fleet)).toMatchObject([{ bastionId: fleet.dev.id }, {}]);
  fleet.clock.pass(seconds(86_400));
  await fleet.prod.report(machine(1));
  expect(await servers(fleet)).toMatchObject([{ bastionId: fleet.prod.id }, {}]);
  // From now on it is none of the first one's business.
  await fleet.dev.report(machine(1, { cpuCores: 1 }));
  expect(await servers(fleet)).toMatchObject([{ bastionId: fleet.prod.id }, {}, { environment: 'dev', cpuCores: 1 }]);
});

test('a bastion elsewhere that saw a server of old is not told to forget it', async () => {
  const fleet = await two();
  await fleet.prod.report(machine(1));
  const [server] = await servers(fleet);
  const seen = { serverId: server!.id, bastionId: fleet.dev.id, source: 'discover' };
  await fleet.db.prisma.sighting.create({ data: seen });
  await fleet.db.write(tester, (tx) => forgetServer(tx, server!.id));
  expect((await fleet.db.prisma.order.findMany()).map(({ bastionId }) => bastionId)).toEqual([fleet.prod.id]);
  expect((await fleet.db.prisma.tombstone.findMany()).map(({ bastionId }) => bastionId)).toEqual([fleet.prod.id]);
});
