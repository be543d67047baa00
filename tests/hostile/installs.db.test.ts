// Installs at labd: bastions that speak of attempts that are not theirs, or prove them by what is no proof.
import { beforeEach, describe, expect, test } from 'vitest';
import type { UplinkBodyInput } from '../../server/domain/fleet/contract/input.ts';
import {
  changesSince,
  machine,
  macOf,
  openFleet,
  revision,
  type TestBastion,
  type TestFleet,
} from '../server/domain/fleet/fleet.ts';
import { moveServer } from '../../server/domain/inventory/moveServer.ts';
import { tester } from '../support/database.ts';
import { anyone, begin, deed, hashOf, install, provenBy } from '../server/domain/fleet/installing.ts';

type Lab = TestFleet & { site: TestBastion; other: TestBastion };
let lab: Lab;

beforeEach(async () => {
  const fleet = await openFleet();
  const [site, other] = [await fleet.connect('site'), await fleet.connect('other')];
  await site.report(machine(1), machine(2));
  await other.report(machine(3));
  lab = { ...fleet, site, other };
});

const forged: [name: string, send: (lab: Lab, proof: string) => Promise<unknown>][] = [
  ['no proof, as version 1 sends it', ({ site }) => site.send(provenBy(undefined as never).installed)],
  ['a hash that it made up', ({ site }) => site.send(provenBy(hashOf('made up')).installed)],
  ['the hash of all zeros', ({ site }) => site.send(provenBy('0'.repeat(64)).installed)],
  ["its own attempt's hash on another of its machines", ({ site }, proof) => site.send(provenBy(proof, 2).installed)],
  ['the hash on a machine that it does not hold', ({ site }, proof) => site.send(provenBy(proof, 3).installed)],
  [
    'the right hash, from a bastion that does not hold the server',
    ({ other }, proof) => other.send(provenBy(proof).installed),
  ],
  ['the right hash on a MAC that nobody has', ({ site }, proof) => site.send(provenBy(proof, 77).installed)],
  ['output with a hash that it made up', ({ site }) => site.send(provenBy(hashOf('made up')).log(1, 'x'))],
  ['output with the right hash, from another bastion', ({ other }, proof) => other.send(provenBy(proof).log(1, 'x'))],
  [
    'a state that says that it is queued',
    ({ site }) => site.send(provenBy(hashOf('x'), 2).step('queued', { state: 'QUEUED' })),
  ],
];

const own = (n: number) =>
  provenBy(hashOf(`own ${n}`), n).step('queued', {
    state: 'QUEUED',
    os: 'debian-13',
    begun: { parameters: {}, disk: { name: 'sda' }, files: [] },
  });
const started: [name: string, send: (lab: Lab) => Promise<unknown>][] = [
  ['after it has joined', ({ site }) => site.send(own(2))],
  [
    'after it opened its uplink anew, and says that it has more',
    async (lab) => {
      const again = await lab.connect('site', { oldest: 1, newest: 2 ** 53 - 1 });
      return again.send(own(2));
    },
  ],
  [
    'on a server that is locked',
    async ({ connect, db }) => {
      const joins = await connect('joins', { oldest: 1, newest: 9 });
      await joins.report(machine(4));
      await db.prisma.server.updateMany({ where: { bootMac: macOf(4) }, data: { locked: true } });
      return joins.send(own(4));
    },
  ],
  [
    'on a server that another bastion holds',
    async ({ connect }) => {
      const joins = await connect('joins', { oldest: 1, newest: 9 });
      return joins.send(own(2));
    },
  ],
];

/** A bastion that lies as it joins: it says that it has everything to hand over that ever may come. */
const EVERYTHING = { oldest: 1, newest: 2 ** 53 - 1 };

const lied: [name: string, send: (lab: Lab, liar: TestBastion) => Promise<unknown>][] = [
  [
    'that it has nothing more to send',
    async (_lab, liar) => {
      await liar.push({ newest: EVERYTHING.newest });
      return liar.send(own(5));
    },
  ],
  [
    'what it has really given out',
    async (_lab, liar) => {
      await liar.push({ newest: liar.sequence });
      return liar.send(own(5));
    },
  ],
  [
    'that an install has begun which labd ordered, on any of its machines',
    async (lab, liar) => {
      const { step } = await install({ ...lab, site: liar }, 4);
      await liar.send(step('booting'));
      return liar.send(own(5));
    },
  ],
  [
    'the same of a server that somebody took over since',
    async (lab, liar) => {
      await deed(lab, 5, 'adopt');
      return liar.send(own(5));
    },
  ],
  [
    'the same of a server that somebody took out of service and back since',
    async (lab, liar) => {
      await deed(lab, 5, 'retire');
      await deed(lab, 5, 'restore');
      return liar.send(own(5));
    },
  ],
  [
    'the same of a server that somebody moved to it since',
    async (lab, liar) => {
      await lab.db.write({ ...tester, action: 'moveServer' }, (tx) =>
        moveServer(tx, { ways: [{ bootMac: macOf(1) }], called: macOf(1) }, [{ name: 'liar' }], anyone),
      );
      return liar.send(own(1));
    },
  ],
];

test.each(lied)('A bastion that lied as it joined, and then says %s, begins none', async (_name, send) => {
  const liar = await lab.connect('liar', EVERYTHING);
  await liar.report(machine(4), machine(5));
  expect(await send(lab, liar)).toMatchObject({ __typename: 'UplinkAcknowledged' });
  expect(await lab.db.prisma.installAttempt.count({ where: { revision: null } })).toBe(0);
});

test('A bastion that has nothing in its spool as it joins hands over nothing, whatever number it is at', async () => {
  const joins = await lab.connect('joins', { oldest: 0, newest: 2 ** 40 });
  await joins.report(machine(4));
  await joins.send(own(4));
  expect(await lab.db.prisma.installAttempt.count()).toBe(0);
});

test.each(started)('A bastion that says it began an install %s begins none', async (_name, send) => {
  expect(await send(lab)).toMatchObject({ __typename: 'UplinkAcknowledged' });
  expect(await lab.db.prisma.installAttempt.count()).toBe(0);
  expect(await lab.db.prisma.server.count({ where: { status: { not: 'DISCOVERED' } } })).toBe(0);
});

test.each(forged)('A callback with %s is acknowledged, and moves nothing', async (_name, send) => {
  const { proof } = await install(lab);
  const before = await revision(lab.db);
  expect(await send(lab, proof)).toMatchObject({ __typename: 'UplinkAcknowledged' });
  expect(await changesSince(lab.db, before)).toEqual([]);
  expect(await lab.db.prisma.server.count({ where: { status: 'DISCOVERED' } })).toBe(2);
  expect(await lab.db.prisma.installAttempt.findMany()).toMatchObject([
    { outcome: null, phase: 'QUEUED', logTotal: 0n },
  ]);
});

const step = (more: object): UplinkBodyInput => ({ progress: { mac: macOf(1), stage: 'pre', ...more } });
const malformed: [name: string, body: UplinkBodyInput, field: string][] = [
  ['a proof that is a token', step({ proof: `lab_inst_${'A'.repeat(43)}` }), 'progress.proof'],
  ['a proof in capitals', step({ proof: hashOf('x').toUpperCase() }), 'progress.proof'],
  ['an empty proof', step({ proof: '' }), 'progress.proof'],
  ['a proof with a NUL', step({ proof: `${hashOf('x').slice(1)}\0` }), 'progress.proof'],
  ['a number below zero', step({ seq: -1 }), 'progress.seq'],
  ['a number past all numbers', step({ seq: 2 ** 53 }), 'progress.seq'],
  [
    'output with a proof that is none',
    { log: { mac: macOf(1), firstSequence: 1, lines: [], proof: "' OR 1=1" } },
    'log.proof',
  ],
];

test.each(malformed)('An item with %s is refused, by its field', async (_name, body, field) => {
  await expect(lab.site.send(body)).rejects.toMatchObject({
    name: 'InvalidInput',
    field: `input.items[0].body.${field}`,
  });
});

describe('an acknowledgement of an install', () => {
  const secrets: [name: string, secret: string | undefined][] = [
    ['no secret', undefined],
    ['the token itself', `lab_inst_${'A'.repeat(43)}`],
    ['a hash that is too short', 'abc'],
    ['a hash in capitals', hashOf('x').toUpperCase()],
  ];

  test.each(secrets)('with %s is refused, and not repeated in the answer', async (_name, secret) => {
    await deed(lab, 1, 'provision', { os: 'fedora-43' });
    const refused: unknown = await begin(lab, lab.site, secret).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'InvalidInput', field: 'input.secretHash' });
    if (secret !== undefined) expect((refused as Error).message).not.toContain(secret);
    expect(await lab.db.prisma.installAttempt.findFirst()).toMatchObject({ secretHash: null, outcome: null });
  });

  test('with another secret than before is a Conflict, and the first stays', async () => {
    const { proof } = await install(lab);
    await expect(begin(lab, lab.site, hashOf('another'))).rejects.toMatchObject({ name: 'Conflict' });
    expect(await lab.db.prisma.installAttempt.findFirst()).toMatchObject({ secretHash: proof });
  });

  test('by a bastion that does not hold the server finds no order', async () => {
    await deed(lab, 1, 'provision', { os: 'fedora-43' });
    await expect(begin(lab, lab.other, hashOf('x'))).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('of a session that is over is fenced', async () => {
    await deed(lab, 1, 'provision', { os: 'fedora-43' });
    await lab.connect('site');
    expect(await begin(lab, lab.site, hashOf('x'))).toMatchObject({ __typename: 'UplinkFenced' });
    expect(await lab.db.prisma.installAttempt.findFirst()).toMatchObject({ secretHash: null });
  });

  test('after another bastion took the server over arms nothing', async () => {
    await deed(lab, 1, 'provision', { os: 'fedora-43' });
    await lab.db.prisma.server.updateMany({ where: { bootMac: macOf(1) }, data: { bastionId: lab.other.id } });
    expect(await begin(lab, lab.site, hashOf('x'))).toMatchObject({ attemptOpen: false });
  });

  test('by a bastion of version 1, which got no such order, arms nothing', async () => {
    await deed(lab, 1, 'provision', { os: 'fedora-43' });
    const old = await lab.connect('site', { protocol: 1 });
    expect(await begin(lab, old, hashOf('x'))).toMatchObject({ attemptOpen: false });
    expect(await lab.db.prisma.installAttempt.findFirst()).toMatchObject({ secretHash: null });
  });
});
