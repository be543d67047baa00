// Many bastions' batches are one write, and still each change names who caused it: its actor, its request, its address.
import { expect, test } from 'vitest';
import type { Origin } from '../../../../../server/store/types.ts';
import { macDigits } from '../../../../../common/mac.ts';
import { machine, macOf, openFleet, revision, type TestBastion, type TestFleet } from '../fleet.ts';
import { install } from '../installing.ts';

const originOf = (name: string, request = `request-${name}`): Origin => ({
  actor: `bastion/${name}`,
  action: 'pushUplink',
  requestId: request,
  address: `192.0.2.${request.length}`,
});

/** A fleet whose bastions say who they are, and which gathers whatever is pushed together into one write. */
async function openNamed() {
  const fleet = await openFleet({ gather: 50 });
  const connect = async (name: string, more = {}): Promise<TestBastion> =>
    Object.assign(await fleet.connect(name, more), { origin: originOf(name) });
  return { ...fleet, connect };
}

const nameOf = (n: number) => `m-${macDigits(macOf(n))}`;

/** What happened since a revision, and who did it by which request. */
async function happened({ db }: Pick<TestFleet, 'db'>, rev: bigint) {
  const rows = await db.prisma.change.findMany({ where: { rev: { gt: rev } }, orderBy: { rev: 'asc' } });
  return rows.map((row) => ({ ...row, who: `${row.actor} ${row.requestId} ${row.address}`, of: row.name }));
}

const who = ({ origin: { actor, requestId, address } }: { origin: Origin }) => `${actor} ${requestId} ${address}`;

test('each of many servers that one write makes names exactly the bastion that reported it', async () => {
  const fleet = await openNamed();
  const names = Array.from({ length: 27 }, (_, i) => `site-${String(i).padStart(2, '0')}-${'x'.repeat(40)}`);
  const bastions = await Promise.all(names.map((name) => fleet.connect(name)));
  const from = await revision(fleet.db);
  await Promise.all(bastions.map((bastion, i) => bastion.report(machine(2 * i + 1), machine(2 * i + 2))));
  const changes = await happened(fleet, from);
  expect(new Set(changes.map(({ txId }) => txId)).size).toBe(1);
  expect(changes.filter(({ kind }) => kind === 'Server')).toHaveLength(54);
  for (const [i, bastion] of bastions.entries()) {
    const own = changes.filter(({ of }) => [nameOf(2 * i + 1), nameOf(2 * i + 2)].includes(of));
    expect([...new Set(own.map((one) => one.who))]).toEqual([who(bastion)]);
  }
});

test('what a report does to the server of another bastion is that report’s, and what the other did stays its own', async () => {
  const fleet = await openNamed();
  const [north, south] = [await fleet.connect('north'), await fleet.connect('south')];
  const { disks: _, ...bare } = machine(1);
  await north.report(bare);
  const from = await revision(fleet.db);
  // One of another make has the same MACs: it may be the same machine, or not.
  const alike = { ...bare, serial: 'OTHER', uuid: '4c4c4544-0000-4000-8000-0000000000ff' };
  await Promise.all([north.report({ ...bare, cpuCores: 16 }), south.report(alike)]);
  const changes = await happened(fleet, from);
  expect(new Set(changes.map(({ txId }) => txId)).size).toBe(1);
  const first = changes.filter(({ kind, of }) => kind === 'Server' && of === nameOf(1));
  expect(first.map((one) => one.who)).toEqual([who(north), who(south)]);
  expect(first.map(({ after }) => (after as { version: string }).version)).toEqual(['2', '3']);
  expect(first[1]!.before).toEqual(first[0]!.after);
  const conflicts = changes.filter(({ kind }) => kind === 'Condition');
  expect(conflicts.map((one) => one.who)).toEqual([who(south), who(south)]);
  const stored = await fleet.db.prisma.server.findUniqueOrThrow({ where: { name: nameOf(1) } });
  expect([stored.version, stored.cpuCores]).toEqual([3n, 16]);
});

test('a NIC that one request takes from a server which another changes is taken by that one', async () => {
  const fleet = await openNamed();
  const north = await fleet.connect('north');
  await north.report(machine(1));
  const from = await revision(fleet.db);
  const requests = [originOf('north', 'first'), originOf('north', 'second-one')];
  const pushed = [machine(1, { cpuCores: 16 }), machine(2, { nics: [{ name: 'eno9', mac: macOf(1, 1) }] })];
  await Promise.all(
    pushed.map((report, i) => {
      north.origin = requests[i]!;
      return north.report(report);
    }),
  );
  const changes = await happened(fleet, from);
  const [first, second] = requests.map((origin) => who({ origin }));
  expect(changes.filter(({ kind, of }) => kind === 'Server' && of === nameOf(1)).map((one) => one.who)).toEqual([
    first,
    second,
  ]);
  expect(changes.filter(({ kind, operation }) => kind === 'ServerNic' && operation === 'DELETE')).toMatchObject([
    { who: second, of: nameOf(1) },
  ]);
  expect(changes.filter(({ kind }) => kind === 'Condition').map((one) => one.who)).toEqual([second, second]);
});

test('a tie of networks, a failure’s last lines and a bastion that is heard again are each its own bastion’s', async () => {
  const fleet = await openNamed();
  const [north, south] = [await fleet.connect('north'), await fleet.connect('south')];
  const range = { cloud: 'lab', environment: 'test', cidr: '10.1.0.0/16' };
  await fleet.db.prisma.network.createMany({
    data: [
      { ...range, name: 'a', vlan: 1 },
      { ...range, name: 'b', vlan: 2 },
    ],
  });
  await south.report(machine(2));
  const { step, log } = await install({ ...fleet, site: south }, 2);
  await south.send(log(1, 'x'));
  await fleet.db.prisma.bastionSession.updateMany({
    where: { bastionId: north.id },
    data: { closedAt: new Date(fleet.clock.at) },
  });
  await fleet.db.prisma.condition.updateMany({ where: { subjectId: north.id }, data: { status: false } });
  const from = await revision(fleet.db);
  await Promise.all([north.report(machine(1)), south.send(step('pre', { state: 'FAILED', error: 'no disk' }))]);
  const changes = await happened(fleet, from);
  expect(new Set(changes.map(({ txId }) => txId)).size).toBe(1);
  const by = (bastion: TestBastion) =>
    [...new Set(changes.filter((one) => one.who === who(bastion)).map(({ kind, of }) => `${kind} ${of}`))].sort();
  expect(by(north)).toEqual([
    'Bastion north',
    `Condition ${nameOf(1)}`,
    'Condition north',
    `Server ${nameOf(1)}`,
    `ServerDisk ${nameOf(1)}`,
    `ServerNic ${nameOf(1)}`,
  ]);
  expect(by(south)).toEqual([`InstallAttempt ${nameOf(2)}`, `Server ${nameOf(2)}`]);
  const attempt = changes.find(({ kind }) => kind === 'InstallAttempt')!;
  expect((attempt.after as { failureLines: string[] }).failureLines).toEqual(['x']);
});
