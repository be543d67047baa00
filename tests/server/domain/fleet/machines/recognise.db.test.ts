// Which machine a report is about: rules 6, 7 and 8 of a machine's life.
import { expect, test } from 'vitest';
import { changesSince, conditions, machine, macOf, openFleet, revision } from '../fleet.ts';

const name = (n: number) => `m-${macOf(n).replaceAll(':', '')}`;
const junk = { serial: 'To Be Filled By O.E.M.', uuid: '03000200-0400-0500-0006-000700080009' };

test('a MAC is not an identity: a machine is the same with its NIC replaced', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1));
  await site.report(machine(1, { mac: macOf(9), nics: [{ name: 'eno1', mac: macOf(9) }] }));
  expect(await db.prisma.server.findMany()).toMatchObject([{ name: name(1), bootMac: macOf(9) }]);
});

test('a machine that boots from its other port is the same', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1, junk));
  await site.report(machine(1, { ...junk, mac: macOf(1, 1) }));
  expect(await db.prisma.server.findMany()).toMatchObject([{ name: name(1), bootMac: macOf(1, 1) }]);
});

test.each([
  ['To Be Filled By O.E.M.', '00000000-0000-0000-0000-000000000000'],
  ['Default string', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ['System Serial Number', '03000200-0400-0500-0006-000700080009'],
  ['0123456789', '11111111-1111-1111-1111-111111111111'],
  ['0000000', 'Not Settable'],
  ['XXXXXXXX', '12121212-1212-1212-1212-121212121212'],
  ['  not specified ', ''],
])('junk that vendors ship is no identity: %s, %s', async (serial, uuid) => {
  const { db, connect } = await openFleet();
  const disks = [{ name: 'sda', sizeGb: 1, serial }];
  await (await connect('site')).report(...[1, 2, 3].map((n) => machine(n, { serial, uuid, disks })));
  expect(await db.prisma.server.count()).toBe(3);
  expect(await conditions(db)).toEqual([]);
});

test('a UUID whose bytes are in the other order, and a serial in another case, are the same', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  const uuid = '4c4c4544-0035-4d10-8056-b4c04f4a3933';
  const one = machine(1, { serial: 'svc5TAG', uuid, disks: [{ name: 'sda', serial: 'Disk7x' }] });
  await site.report(one);
  const before = await revision(db);
  const turned = { serial: 'SVC5TAG', uuid: '44454C4C-3500-104D-8056-B4C04F4A3933' };
  await site.report({ ...one, ...turned, disks: [{ name: 'sda', serial: 'DISK7X' }] }, one);
  expect(await changesSince(db, before)).toEqual([]);
  // With its NIC replaced it is known by these alone.
  const other = { mac: macOf(9), nics: [{ name: 'eno1', mac: macOf(9) }] };
  const disks = [{ name: 'sda', serial: 'DISK7X' }];
  await site.report({ ...one, ...other, disks, serial: 'SVC5TAG', uuid: '44454c4c-3500-104d-8056-b4c04f4a3933' });
  expect(await db.prisma.server.findMany()).toMatchObject([
    { name: name(1), bootMac: macOf(9), dmiUuid: uuid, serial: 'svc5TAG' },
  ]);
  expect(await conditions(db)).toEqual([]);
});

test('values that several live machines share are no identity either', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  const same = { uuid: machine(1).uuid!, serial: machine(1).serial! };
  await site.report(...[1, 2].map((n) => machine(n, same)));
  const before = await conditions(db);
  await site.report(...[3, 4, 1, 2, 3, 4].map((n) => machine(n, same)));
  expect(await db.prisma.server.count()).toBe(4);
  // Only while there were but two could the second have been the first.
  expect(await conditions(db)).toEqual(before);
});

test('an ambiguous match becomes a separate machine with a conflict on both, and nobody is displaced', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1));
  await site.report(machine(2, { uuid: machine(1).uuid!, serial: machine(1).serial! }));
  expect(await conditions(db)).toEqual([
    `${name(1)} Conflict AmbiguousIdentity`,
    `${name(2)} Conflict AmbiguousIdentity`,
  ]);
  const servers = await db.prisma.server.findMany({ include: { nics: true }, orderBy: { name: 'asc' } });
  expect(servers.map(({ name: called, nics }) => [called, nics.length])).toEqual([
    [name(1), 2],
    [name(2), 2],
  ]);
  const before = await revision(db);
  await site.report(machine(2, { uuid: machine(1).uuid!, serial: machine(1).serial! }), machine(1));
  expect(await changesSince(db, before)).toEqual([]);
});

test('a report that fits two machines equally is neither', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  const single = (n: number) => ({ mac: macOf(n), nics: [{ name: 'eno1', mac: macOf(n) }] });
  await site.report(single(1), single(2));
  const nics = [3, 1, 2].map((n, i) => ({ name: `eno${i}`, mac: macOf(n) }));
  await site.report({ mac: macOf(3), nics });
  expect(await db.prisma.server.count()).toBe(3);
  expect(await conditions(db)).toEqual([1, 2, 3].map((n) => `${name(n)} Conflict AmbiguousIdentity`));
  expect(await db.prisma.serverNic.count({ where: { mac: macOf(1) } })).toBe(2);
  await site.report({ mac: macOf(3), nics });
  expect(await db.prisma.server.count()).toBe(3);
});

test('a NIC that moved to another server leaves a trace on both', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1), machine(2));
  const before = await revision(db);
  await site.report(machine(2, { nics: [...machine(2).nics!, { name: 'ens9', mac: macOf(1, 1) }] }));
  expect(await conditions(db)).toEqual([1, 2].map((n) => `${name(n)} HardwareDrift NicMoved ${macOf(1, 1)}`));
  expect(await db.prisma.serverNic.findMany({ where: { mac: macOf(1, 1) }, include: { server: true } })).toMatchObject([
    { name: 'ens9', server: { name: name(2) } },
  ]);
  expect((await changesSince(db, before)).toSorted()).toEqual(
    [
      `DELETE ServerNic ${name(1)}`,
      `UPDATE Server ${name(1)}`,
      `UPDATE Server ${name(2)}`,
      `CREATE ServerNic ${name(2)}`,
      `CREATE Condition ${name(1)}`,
      `CREATE Condition ${name(2)}`,
    ].toSorted(),
  );
  expect(await db.prisma.condition.findFirst({ where: { type: 'HardwareDrift' } })).toMatchObject({
    evidence: { mac: macOf(1, 1) },
  });
});

test('a NIC that moved is known again among machines without usable serials', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  const bare = (n: number) => machine(n, { ...junk, disks: [] });
  await site.report(bare(1), bare(2));
  await site.report({ ...bare(2), nics: [...machine(2).nics!, { name: 'ens9', mac: macOf(1, 1) }] });
  expect(await db.prisma.server.count()).toBe(2);
  expect(await conditions(db)).toEqual([1, 2].map((n) => `${name(n)} HardwareDrift NicMoved ${macOf(1, 1)}`));
});

test('two machines that really have the same MAC do not take it from each other in turn', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  const twin = machine(2, { nics: [...machine(2).nics!, { name: 'ens9', mac: macOf(1, 1) }] });
  await site.report(machine(1));
  await site.report(twin);
  await site.report(machine(1));
  expect((await conditions(db)).filter((one) => one.includes('SharedMac'))).toEqual(
    [1, 2].map((n) => `${name(n)} Conflict SharedMac ${macOf(1, 1)}`),
  );
  const before = await revision(db);
  await site.report(twin, machine(1), twin, machine(1));
  expect(await changesSince(db, before)).toEqual([]);
  await site.report(machine(2));
  expect(await conditions(db)).toEqual([]);
});

test('MACs that software made up neither identify nor move', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  const bridge = { name: 'docker0', mac: '02:42:ac:11:00:01' };
  await site.report(...[1, 2].map((n) => machine(n, { ...junk, disks: [], nics: [...machine(n).nics!, bridge] })));
  expect([await db.prisma.server.count(), await db.prisma.serverNic.count({ where: { mac: bridge.mac } })]).toEqual([
    2, 2,
  ]);
  expect(await conditions(db)).toEqual([]);
});

test('a server that people made beforehand is the one that is reported', async () => {
  const { db, connect } = await openFleet();
  await db.prisma.server.create({
    data: { name: 'labmaster', bootMac: macOf(1), role: 'CONTROL_PLANE', cloud: 'lab', environment: 'test' },
  });
  const site = await connect('site');
  await site.report(machine(1));
  expect(await db.prisma.server.findMany()).toMatchObject([
    { name: 'labmaster', role: 'CONTROL_PLANE', environment: 'test', bastionId: site.id, cpuCores: 8 },
  ]);
});

test('one bastion holds a server; what another sees is recorded only', async () => {
  const { db, connect } = await openFleet();
  const [site, other] = [await connect('site'), await connect('other')];
  await site.report(machine(1));
  const before = await revision(db);
  await other.report(machine(1, { cpuCores: 1, nics: [] }));
  expect(await changesSince(db, before)).toEqual([]);
  expect(await db.prisma.server.findMany({ include: { sightings: true } })).toMatchObject([
    { bastionId: site.id, cpuCores: 8, sightings: [{}, {}] },
  ]);
});

test('a server moves to another bastion when its holder was gone for longer than its lease', async () => {
  const { db, connect, clock } = await openFleet({ lease: 60_000 });
  const [site, other] = [await connect('site'), await connect('other')];
  await site.report(machine(1));
  clock.pass(60_000);
  await other.report(machine(1));
  expect(await db.prisma.server.findFirst()).toMatchObject({ bastionId: site.id });
  clock.pass(1);
  await other.report(machine(1));
  expect(await db.prisma.server.findFirst()).toMatchObject({
    bastionId: other.id,
    heldSince: new Date(clock.at),
    cloud: 'lab',
  });
});

test('a bastion takes no NIC from a server that another holds', async () => {
  const { db, connect } = await openFleet();
  const [site, other] = [await connect('site'), await connect('other')];
  await site.report(machine(1));
  await other.report(machine(2, { nics: [...machine(2).nics!, { name: 'ens9', mac: macOf(1, 1) }] }));
  expect(await conditions(db)).toEqual([1, 2].map((n) => `${name(n)} Conflict SharedMac ${macOf(1, 1)}`));
  expect(await db.prisma.serverNic.count({ where: { mac: macOf(1, 1) } })).toBe(2);
});

test('an ambiguous report that is repeated makes one server, not one each time', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  const mac = '38:05:25:00:77:01';
  await site.report({ mac, uuid: '5e4cfc91-284e-42d2-a86c-8c01b82a3c0a' });
  await site.report({ mac, uuid: 'db371eb7-43d0-463b-a4af-35d5f339d624' });
  await site.report({ mac });
  const after = await db.prisma.server.count();
  for (let i = 0; i < 4; i++) await site.report({ mac });
  expect(await db.prisma.server.count()).toBe(after);
});
