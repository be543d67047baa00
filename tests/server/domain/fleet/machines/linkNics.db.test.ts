// NICs and networks: the longest prefix in the server's cloud and environment, and nothing where two tie.
import { expect, test } from 'vitest';
import { relinkForNetworks, relinkServers } from '../../../../../server/domain/fleet/machines/linkNics.ts';
import { tester, type TestDatabase } from '../../../../support/database.ts';
import { changesSince, conditions, machine, macOf, openFleet, revision } from '../fleet.ts';

const name = (n: number) => `m-${macOf(n).replaceAll(':', '')}`;
const place = { cloud: 'lab', environment: 'test' };

async function network(
  db: TestDatabase,
  called: string,
  cidr: string,
  more: { vlan?: number; cloud?: string } = {},
): Promise<string> {
  const work = async (tx: Parameters<Parameters<TestDatabase['write']>[1]>[0]) => {
    const row = await tx.client.network.create({ data: { name: called, cidr, ...place, ...more } });
    await relinkForNetworks(tx, [row]);
    return row.id;
  };
  return (await db.write(tester, work, { lockHead: true })).value;
}

async function drop(db: TestDatabase, id: string): Promise<void> {
  const work = async (tx: Parameters<Parameters<TestDatabase['write']>[1]>[0]) =>
    relinkForNetworks(tx, [await tx.client.network.delete({ where: { id } })]);
  await db.write(tester, work, { lockHead: true });
}

const linked = async (db: TestDatabase) => {
  const nics = await db.prisma.serverNic.findMany({
    where: { ip: { not: null } },
    include: { network: true },
    orderBy: { ip: 'asc' },
  });
  return nics.map(({ ip, network: to }) => `${ip} ${to?.name ?? '-'}`);
};

test('a NIC is linked to the longest prefix, whichever came first', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await network(db, 'wide', '10.0.0.0/8');
  await site.report(machine(1), machine(260));
  expect(await linked(db)).toEqual(['10.1.0.1 wide', '10.1.1.4 wide']);
  const narrow = await network(db, 'narrow', '10.1.1.0/24');
  expect(await linked(db)).toEqual(['10.1.0.1 wide', '10.1.1.4 narrow']);
  await site.report(machine(257));
  expect(await linked(db)).toEqual(['10.1.0.1 wide', '10.1.1.1 narrow', '10.1.1.4 narrow']);
  await drop(db, narrow);
  expect(await linked(db)).toEqual(['10.1.0.1 wide', '10.1.1.1 wide', '10.1.1.4 wide']);
});

test('only NICs in the network change, and their servers do not', async () => {
  const { db, connect } = await openFleet();
  await (await connect('site')).report(machine(1), machine(260));
  const before = await revision(db);
  await network(db, 'narrow', '10.1.1.0/24');
  expect(await changesSince(db, before)).toEqual([`UPDATE ServerNic ${name(260)}`]);
});

test('ranges repeat across sites: only networks of the server’s own place count', async () => {
  const { db, connect } = await openFleet();
  await network(db, 'foreign', '10.1.0.0/16', { cloud: 'other' });
  await (await connect('site')).report(machine(1));
  expect(await linked(db)).toEqual(['10.1.0.1 -']);
  await db.prisma.server.updateMany({ data: { cloud: 'other', version: { increment: 1 } } });
  const { id } = await db.prisma.server.findFirstOrThrow();
  await db.write(tester, (tx) => relinkServers(tx, [id]), { lockHead: true });
  expect(await linked(db)).toEqual(['10.1.0.1 foreign']);
});

test('an exact tie links none and says so on the server, until it is resolved', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  const blue = await network(db, 'blue', '10.1.0.0/24');
  await site.report(machine(1));
  const red = await network(db, 'red', '10.1.0.0/24', { vlan: 7 });
  expect(await linked(db)).toEqual(['10.1.0.1 -']);
  expect(await conditions(db)).toEqual([`${name(1)} Conflict NetworkTie eno1`]);
  expect((await db.prisma.condition.findFirstOrThrow({ where: { type: 'Conflict' } })).message).toBe(
    `10.1.0.1 of eno1 lies in several networks of the same prefix, so it is linked to none: {Network:${blue}}, {Network:${red}} (VLAN 7).`,
  );
  const before = await revision(db);
  await site.report(machine(1));
  expect(await changesSince(db, before)).toEqual([]);
  await drop(db, red);
  expect([await linked(db), await conditions(db)]).toEqual([['10.1.0.1 blue'], []]);
});

test('a tie ends with the NIC or its address', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await network(db, 'blue', '10.1.0.0/24');
  await network(db, 'red', '10.1.0.0/24', { vlan: 7 });
  await site.report(machine(1), machine(2));
  expect(await conditions(db)).toHaveLength(2);
  await site.report(
    machine(1, { nics: [{ name: 'eno1', mac: macOf(1), ip: '172.16.0.1' }] }),
    machine(2, { nics: [{ name: 'x', mac: macOf(2) }] }),
  );
  expect(await conditions(db)).toEqual([]);
});

test('IPv6 is linked likewise, and no spelling of an address makes a change', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await network(db, 'six', '2001:db8::/64');
  await network(db, 'four', '0.0.0.0/0');
  const spelt = (ip: string) => machine(1, { nics: [{ name: 'eno1', mac: macOf(1), ip }] });
  await site.report(spelt('2001:DB8:0:0::00a/64'));
  expect(await linked(db)).toEqual(['2001:db8::a six']);
  const before = await revision(db);
  await site.report(spelt('2001:db8::a'), spelt('2001:0db8::000a%eno1'));
  expect(await changesSince(db, before)).toEqual([]);
  await site.report(spelt('::ffff:10.1.0.9'));
  expect(await linked(db)).toEqual(['10.1.0.9 four']);
});
