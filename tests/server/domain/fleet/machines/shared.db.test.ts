// Machines that share parts: adapters that are plugged in where they are needed, boards that a vendor gave one serial. What
// they report again changes nothing.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MachineReportInput } from '../../../../../server/domain/fleet/contract/input.ts';
import { changesSince, conditions, machine, macOf, openFleet, revision } from '../fleet.ts';

const name = (n: number) => `m-${macOf(n).replaceAll(':', '')}`;
const dongle = '00:e0:4c:68:00:01';
const withDongle = (n: number) => machine(n, { nics: [...machine(n).nics!, { name: 'usb0', mac: dongle }] });

test.each([2, 3, 5])(
  '%i servers that share a MAC each have it, and none takes it from the others again',
  async (count) => {
    const { db, connect } = await openFleet();
    const site = await connect('site');
    const reports = Array.from({ length: count }, (_, n) => withDongle(n));
    for (const one of [...reports, ...reports]) await site.report(one);
    expect(await conditions(db)).toEqual(reports.map((_, n) => `${name(n)} Conflict SharedMac ${dongle}`));
    expect(await db.prisma.serverNic.count({ where: { mac: dongle } })).toBe(count);
    const before = await revision(db);
    for (const one of [...reports, ...reports.toReversed()]) await site.report(one);
    await site.report(...reports, ...reports.toReversed());
    expect(await changesSince(db, before)).toEqual([]);
    // Another one that has it is one of them at once.
    await site.report(withDongle(count));
    expect(await db.prisma.serverNic.count({ where: { mac: dongle } })).toBe(count + 1);
    // Who has it no longer is said nothing of; the last has it alone.
    for (const n of [...reports.keys(), count].slice(0, -2)) await site.report(machine(n));
    const last = [count - 1, count].map((n) => `${name(n)} Conflict SharedMac ${dongle}`);
    expect(await conditions(db)).toEqual(last);
    await site.report(machine(count - 1));
    expect(await conditions(db)).toEqual([]);
  },
);

test('a NIC that is moved back is in one server, and nothing is said of it', async () => {
  const { db, connect } = await openFleet();
  const site = await connect('site');
  for (const one of [withDongle(1), machine(2), machine(1), withDongle(2), machine(2), withDongle(1)])
    await site.report(one);
  expect(await conditions(db)).toEqual([]);
  for (const one of [withDongle(2), machine(1), machine(2), withDongle(1)]) await site.report(one);
  expect(await conditions(db)).toEqual([]);
  expect(await db.prisma.serverNic.count({ where: { mac: dongle } })).toBe(1);
});

/**
 * A fleet of machines, each with a board of its own, and parts that are out of a few. What shares more than one MAC that it
 * does not boot from has serials: without any, two machines that have most parts in common are one to labd.
 */
const fleets = fc.array(
  fc.record({
    macs: fc.uniqueArray(fc.nat(3), { maxLength: 2 }),
    disks: fc.uniqueArray(fc.nat(3), { maxLength: 2 }),
    bootsFromShared: fc.boolean(),
    hasSerials: fc.boolean(),
  }),
  { minLength: 2, maxLength: 6 },
);

test('whatever parts machines share, what they report a third time changes nothing', { timeout: 300_000 }, async () => {
  const { db, connect } = await openFleet({ gather: 1 });
  const site = await connect('site');
  await fc.assert(
    fc.asyncProperty(fleets, fc.integer({ min: 1, max: 6 }), async (fleet, per) => {
      await db.prisma.condition.deleteMany({ where: { subjectKind: 'Server' } });
      await db.prisma.server.deleteMany();
      const reports = fleet.map(({ macs, disks, bootsFromShared, hasSerials }, n): MachineReportInput => {
        const all = [macOf(100 + n), ...macs.map((one) => macOf(one))];
        const isKnown = hasSerials || bootsFromShared || macs.length > 1;
        return {
          mac: all[bootsFromShared ? all.length - 1 : 0]!,
          disks: disks.map((disk, at) => ({ name: `sd${at}`, serial: `DISK${isKnown ? disk : 100 + n}K` })),
          nics: all.map((mac, at) => ({ name: `eno${at}`, mac })),
          ...(isKnown && { uuid: `4c4c4544-0000-4000-8000-00000000000${n}`, serial: `SERIAL${n}N` }),
        };
      });
      const round = async () => {
        for (let at = 0; at < reports.length; at += per) await site.report(...reports.slice(at, at + per));
      };
      await round();
      await round();
      const before = await revision(db);
      await round();
      const changes = (await changesSince(db, before)).filter((one) => !one.includes(' Bastion '));
      expect(changes).toEqual([]);
    }),
    { numRuns: 40, seed: 3 },
  );
});
