// Reports of machines: what they make, what they change and what they leave alone.
import { expect, test } from 'vitest';
import { InvalidInput } from '../../../../../server/domain/errors.ts';
import { openTestDatabase } from '../../../../support/database.ts';
import { changesSince, machine, macOf, openFleet, revision } from '../fleet.ts';

const digits = (mac: string) => mac.replaceAll(':', '');

test('a report becomes a server with its hardware, held by its bastion and placed where that is', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  expect(await site.report(machine(7))).toEqual({
    __typename: 'UplinkAcknowledged',
    acknowledged: 1,
    snapshotWanted: false,
  });
  const server = await db.prisma.server.findFirstOrThrow({
    include: { nics: { orderBy: { name: 'asc' } }, disks: true, sightings: true },
  });
  expect(server).toMatchObject({
    name: `m-${digits(macOf(7))}`,
    cloud: 'lab',
    environment: 'test',
    status: 'DISCOVERED',
    bastionId: site.id,
    arch: 'x86_64',
    cpuCores: 8,
    memoryGb: 62.5,
    firmware: 'UEFI',
    dmiUuid: '4c4c4544-0000-4000-8000-000000000007',
    bootMac: macOf(7),
  });
  expect(server.nics.map(({ name, mac, ip, state }) => [name, mac, ip, state])).toEqual([
    ['eno1', macOf(7, 0), '10.1.0.7', 'UP'],
    ['eno2', macOf(7, 1), null, 'DOWN'],
  ]);
  expect(server.disks.map(({ name, sizeGb, model, serial }) => [name, sizeGb, model, serial])).toEqual([
    ['nvme0n1', 1000.2, 'WD SN770', 'D7A'],
  ]);
  expect(server.sightings.map(({ bastionId, source }) => [bastionId, source])).toEqual([[site.id, 'discover']]);
});

test('what a machine and its NICs are besides is kept; who says nothing of it leaves that of the machine', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  const facts = { tpm: '2.0', bmcAddress: '10.9.0.1', gpus: ['NVIDIA 10de:2204', 'AMD 1002:73bf'] };
  const of = {
    addresses: ['fe80::1/64', '2001:db8::1/64'],
    speedMbps: 25_000,
    driver: 'ice',
    pciAddress: '0000:01:00.0',
    bond: 'bond0',
    vlanParent: 'eno9',
    lldpSwitch: 'rack-4',
    lldpPort: 'Eth1/7',
  };
  const given = { ...of, addresses: ['FE80::1%eno1/64', '2001:0DB8::1/64'] };
  const reported = machine(7, { ...facts, nics: [{ name: 'eno1', mac: macOf(7), ...given }] });
  await site.report(reported);
  const read = () => db.prisma.server.findFirstOrThrow({ include: { nics: true } });
  expect(await read()).toMatchObject({ ...facts, nics: [of] });
  const before = await revision(db);
  await site.report(reported);
  expect(await changesSince(db, before)).toEqual([]);
  await site.report(machine(7));
  expect(await read()).toMatchObject(facts);
  expect((await read()).nics.map(({ addresses, driver }) => [addresses, driver])).toEqual([
    [[], null],
    [[], null],
  ]);
  for (const bad of ['10.0.0.1', '10.0.0.1/33', 'x/8']) {
    const nics = [{ name: 'eno1', mac: macOf(7), addresses: [bad] }];
    await site.report(machine(7, { nics }));
    expect((await read()).nics).toMatchObject([{ addresses: [] }]);
    expect(await db.prisma.condition.findMany({ where: { type: 'OddHardware' } })).toMatchObject([
      {
        detail: 'nics[0].addresses[0]',
        message: `nics[0].addresses[0] is not an IP address with a prefix. It came as "${bad}".`,
      },
    ]);
  }
});

test('a change row holds the whole row, named as Prisma names its fields', async () => {
  const { db, connect } = await openFleet();
  await (await connect('site')).report(machine(1));
  const row = await db.prisma.server.findFirstOrThrow();
  const change = await db.prisma.change.findFirstOrThrow({ where: { kind: 'Server' } });
  expect(change).toMatchObject({
    operation: 'CREATE',
    objectId: row.id,
    name: row.name,
    cloud: 'lab',
    environment: 'test',
    action: 'pushUplink',
    actor: 'tester',
    before: null,
  });
  expect(change.after).toEqual(
    JSON.parse(JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))),
  );
});

test('what has not changed makes no change, and the sighting is renewed', async () => {
  const { db, connect, clock } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1));
  const before = await revision(db);
  clock.pass(60_000);
  await site.report(machine(1));
  expect(await changesSince(db, before)).toEqual([]);
  const sighting = await db.prisma.sighting.findFirstOrThrow();
  expect([sighting.firstSeenAt.getTime(), sighting.lastSeenAt.getTime()]).toEqual([clock.at - 60_000, clock.at]);
});

test('a change of hardware is a change of its server too', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1));
  const before = await revision(db);
  const [disk] = machine(1).disks!;
  await site.report(machine(1, { disks: [{ ...disk!, sizeGb: 2000 }] }));
  const name = `m-${digits(macOf(1))}`;
  expect(await changesSince(db, before)).toEqual([`UPDATE Server ${name}`, `UPDATE ServerDisk ${name}`]);
  expect((await db.prisma.server.findFirstOrThrow()).version).toBe(2n);
});

test('an absent field leaves what is there, a list that is given replaces it', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1));
  await site.report({ mac: macOf(1), cpuCores: 16 });
  expect(await db.prisma.server.findFirst()).toMatchObject({ cpuCores: 16, memoryGb: 62.5, vendor: 'ACME' });
  expect([await db.prisma.serverNic.count(), await db.prisma.serverDisk.count()]).toEqual([2, 1]);
  const before = await revision(db);
  await site.report(machine(1, { cpuCores: 16, disks: [], nics: machine(1).nics!.slice(0, 1) }));
  const name = `m-${digits(macOf(1))}`;
  expect(await changesSince(db, before)).toEqual([
    `DELETE ServerDisk ${name}`,
    `DELETE ServerNic ${name}`,
    `UPDATE Server ${name}`,
  ]);
});

test('each field has one owner: a report never touches what people decided', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1));
  const decided = {
    name: 'labmaster',
    role: 'WORKER',
    cloud: 'other',
    environment: 'prod',
    labels: { rack: '1' },
    labelTokens: ['rack', 'rack=1'],
    locked: true,
  };
  await db.prisma.server.updateMany({ data: { ...decided, version: 2n } });
  await site.report(machine(1, { cpuCores: 4 }));
  expect(await db.prisma.server.findMany()).toMatchObject([{ ...decided, cpuCores: 4, version: 3n }]);
});

test('two reports of one new machine in one batch make one server', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  await site.report(machine(1), machine(2), machine(1), { mac: macOf(2) });
  expect(await db.prisma.server.count()).toBe(2);
});

test('a name that is taken gets a number', async () => {
  const { db, connect } = await openFleet();
  const name = `m-${digits(macOf(1))}`;
  await db.prisma.server.create({ data: { name, bootMac: macOf(99) } });
  await (await connect('site')).report(machine(1));
  expect((await db.prisma.server.findMany({ orderBy: { name: 'asc' } })).map((row) => row.name)).toEqual([
    name,
    `${name}-2`,
  ]);
});

test('a bad item refuses its batch with the path of the field, and harms no other', async () => {
  const { db, connect } = await openFleet();
  const [site, other] = [await connect('site'), await connect('other')];
  const bad = site.report(machine(1), machine(2, { mac: '01:00:5e:00:00:01' }));
  const good = other.report(machine(3));
  await expect(bad).rejects.toMatchObject({
    constructor: InvalidInput,
    field: 'input.items[1].body.report.mac',
    message: '"01:00:5e:00:00:01" is a multicast address.',
  });
  expect(await good).toMatchObject({ acknowledged: 1 });
  expect(await db.prisma.server.count()).toBe(1);
});

test('texts that no database takes are taken all the same', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  expect(await site.report(machine(1, { product: 'a\u0000b\ud800c', cpuModel: '{"x": \'; DROP' }))).toMatchObject({
    acknowledged: 1,
  });
  expect(await db.prisma.server.findFirst()).toMatchObject({ product: 'a b\ufffdc', cpuModel: '{"x": \'; DROP' });
});

test('a batch takes the same number of statements for 10 machines and for 100', async () => {
  const { db, connect } = await openFleet({ most: 1_000 }, await openTestDatabase({ forThisTest: true, calm: true }));
  const site = await connect('site');
  const count = async (from: number, size: number) => {
    db.clear();
    await site.report(...Array.from({ length: size }, (_, i) => machine(from + i)));
    return db.queries().length;
  };
  const made = [await count(0, 10), await count(1_000, 100)];
  expect(made[1]).toBe(made[0]);
  const known = [await count(0, 10), await count(1_000, 100)];
  expect(known[1]).toBe(known[0]);
});
