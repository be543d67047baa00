// Several labd on one server: what one writes wakes the others, with their polls so far apart that only hints can.
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, onTestFinished } from 'vitest';
import { Orders } from '../../../server/domain/fleet/uplink/orders.ts';
import { openDatabase } from '../../../server/store/database.ts';
import { type DatabaseFault } from '../../../server/store/errors.ts';
import type { Database } from '../../../server/store/types.ts';
import { Hub } from '../../../server/stream/hub.ts';
import { keepingLogger, makePlace, tester } from '../../support/database.ts';
import { followLines } from '../../../server/stream/lines.ts';
import { machine, openFleet } from '../domain/fleet/fleet.ts';
import { install } from '../domain/fleet/installing.ts';

/** Milliseconds: longer than any test. */
const NEVER = 600_000;

async function two() {
  const place = await makePlace({ calm: true });
  const one = await openDatabase(place.options);
  const other = await openDatabase(place.options);
  onTestFinished(async () => {
    await one.close();
    await other.close();
    await place.remove();
  });
  // As every labd does: whoever follows the log itself tells the others.
  onTestFinished(one.onNews(() => {}));
  return { one, other, url: place.options.url!, options: place.options };
}

const write = (db: Database, name: string) =>
  db.write(tester, async (tx) => {
    const after = await tx.client.cluster.create({ data: { name } });
    const place = { kind: 'Cluster', id: after.id, name, cloud: 'c', environment: 'e' };
    tx.record({ ...place, operation: 'CREATE', before: null, after });
  });

const median = (all: number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;

test('what one labd writes, as a revocation, reaches the streams of another by a hint', async () => {
  const { one, other } = await two();
  const hub = new Hub({ database: other, logger: keepingLogger(), pollEvery: NEVER });
  await hub.start();
  onTestFinished(() => hub.close());
  const mailbox = hub.subscribe();
  await write(one, 'first');
  await mailbox.next();
  const took: number[] = [];
  for (let i = 0; i < 9; i++) {
    const begun = performance.now();
    await write(one, `c${i}`);
    const batch = await mailbox.next();
    took.push(performance.now() - begun);
    expect(batch?.changes.at(-1)?.name).toBe(`c${i}`);
  }
  // Beside its ordinary way: the same write, heard of in the labd that wrote it.
  const own: number[] = [];
  for (let i = 0; i < 9; i++) {
    const begun = performance.now();
    await write(other, `own${i}`);
    await mailbox.next();
    own.push(performance.now() - begun);
  }
  expect(median(took)).toBeLessThan(250 + 3 * median(own));
});

test('an order that one labd places reaches a bastion at another by a hint', async () => {
  const { one, other } = await two();
  const { connect: join } = await openFleet({}, other as never);
  const site = await join('a');
  const orders = new Orders(other, NEVER);
  onTestFinished(() => orders.close());
  const following = orders.follow(site.id, site.epoch);
  const took: number[] = [];
  let next = following.next();
  await sleep(1_000);
  for (let i = 0; i < 5; i++) {
    const begun = performance.now();
    await one.write(tester, async (tx) => {
      await tx.client.order.create({ data: { bastionId: site.id, kind: 'FORGET', payload: {} } });
      const after = await tx.client.cluster.create({ data: { name: `o${i}` } });
      const place = { kind: 'Cluster', id: after.id, name: after.name, cloud: 'c', environment: 'e' };
      tx.record({ ...place, operation: 'CREATE', before: null, after });
    });
    expect((await next).value?.kind).toBe('FORGET');
    took.push(performance.now() - begun);
    next = following.next();
  }
  orders.close();
  expect((await next).done).toBe(true);
  expect(median(took)).toBeLessThan(1_000);
});

test('output that one labd takes reaches a reader at another by a hint', async () => {
  const { one, other } = await two();
  const fleet = await openFleet({}, one as never);
  const site = await fleet.connect('a');
  await site.report(machine(1));
  const { log } = await install({ ...fleet, site });
  const attempt = await one.prisma.installAttempt.findFirstOrThrow();
  // CockroachDB hints of changes alone: there the usual poll finds lines.
  const poll = other.engine === 'cockroach' ? [] : [NEVER];
  const find = () => other.prisma.installAttempt.findFirst({ where: { id: attempt.id } });
  const lines = followLines(other, attempt.id, async () => (await find()) ?? undefined, -1n, ...poll);
  const timed = async (work: () => Promise<unknown>) => {
    const begun = performance.now();
    await work();
    return performance.now() - begun;
  };
  const took: number[] = [];
  const sending: number[] = [];
  const reading: number[] = [];
  for (let i = 0; i < 9; i++) {
    const next = lines.next();
    await sleep(100);
    took.push(
      await timed(async () => {
        sending.push(await timed(() => site.send(log(i, `line ${i}`))));
        expect((await next).value?.line).toBe(`line ${i}`);
      }),
    );
    reading.push(await timed(find));
  }
  await lines.return?.();
  expect(median(took) - median(sending)).toBeLessThan(250 + 3 * median(reading));
});

test('a server that hangs fails what waits for it by name, and serves again when it goes on', async () => {
  const { options, url } = await two();
  const { hostname, port } = new URL(url);
  const held = { hung: false };
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.on('data', (data) => void (held.hung || far.write(data)));
    far.on('data', (data) => void (held.hung || near.write(data)));
    for (const [a, b] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(a);
      a.on('error', () => b.destroy()).on('close', () => (b.destroy(), sockets.delete(a)));
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const through = new URL(url);
  through.host = `127.0.0.1:${(proxy.address() as { port: number }).port}`;
  const db = await openDatabase({ ...options, url: through.href });
  onTestFinished(() => db.close());
  const stop = db.onNews(() => {});
  onTestFinished(() => void stop());
  await write(db, 'before');
  await sleep(1_500);
  held.hung = true;
  const outcome = async (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: unknown) => error,
    );
  const begun = performance.now();
  const [read, written] = await Promise.all([
    outcome(db.read((client) => client.cluster.count())),
    outcome(write(db, 'during')),
  ]);
  // The limit on an operation is thirty seconds.
  expect(performance.now() - begun).toBeLessThan(30_000);
  expect([read, written].map((one) => (one as DatabaseFault).code)).toEqual([
    'DATABASE_UNAVAILABLE',
    'DATABASE_UNAVAILABLE',
  ]);
  held.hung = false;
  for (let i = 0; i < 50 && (await outcome(db.ping())) !== undefined; i++) await sleep(100);
  expect(await outcome(write(db, 'after'))).toBe('done');
});
