// A database that is lost makes calls fail at once and by name, and serves again when it is back.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../../server/store/database.ts';
import { DatabaseUnavailable } from '../../../server/store/errors.ts';
import { isUnavailable } from '../../../server/store/faults.ts';
import { MIGRATIONS, keepingLogger, makePlace, openTestDatabase, tester } from '../../support/database.ts';
import { realSystem } from '../../../common/system.ts';

/** A TCP proxy to a server, that can be cut and restored. */
async function proxyTo(url: string): Promise<{ url: string; cut(): Promise<void>; restore(): Promise<void> }> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let server: Server;
  const listen = (at: number) =>
    new Promise<number>((resolve) => {
      server = createServer((near) => {
        const far = connect(Number(port), hostname);
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          sockets.add(from);
          from.pipe(to);
          from.on('error', () => to.destroy()).on('close', () => (to.destroy(), sockets.delete(from)));
        }
      }).listen(at, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  const at = await listen(0);
  const cut = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      for (const socket of sockets) socket.destroy();
    });
  onTestFinished(cut);
  const through = new URL(url);
  through.host = `127.0.0.1:${at}`;
  return { url: through.href, cut, restore: async () => void (await listen(at)) };
}

describe('a database', () => {
  it('that is lost fails calls at once by name, and serves when it is back', async () => {
    const place = await makePlace();
    onTestFinished(place.remove);
    if (place.options.url === undefined) return; // the embedded one is lost together with labd
    const proxy = await proxyTo(place.options.url);
    const logger = keepingLogger();
    const db = await openDatabase({ ...place.options, url: proxy.url, logger });
    onTestFinished(() => db.close());
    await db.ping();
    await proxy.cut();
    const begun = Date.now();
    await expect(db.ping()).rejects.toThrow(DatabaseUnavailable);
    await expect(db.read((client) => client.cluster.count())).rejects.toThrow(DatabaseUnavailable);
    await expect(db.write(tester, (tx) => tx.client.cluster.create({ data: { name: 'x' } }))).rejects.toThrow(
      DatabaseUnavailable,
    );
    await expect(db.prisma.cluster.count()).rejects.toSatisfy(isUnavailable);
    expect(Date.now() - begun).toBeLessThan(4_000);
    await proxy.restore();
    await db.ping();
    await db.write(tester, (tx) => tx.client.cluster.create({ data: { name: 'x' } }));
    expect(await db.read((client) => client.cluster.count())).toBe(1);
  });

  it('that is not there is named at the start', async () => {
    const opening = openDatabase({
      url: 'postgresql://nobody@127.0.0.1:1/none',
      migrations: MIGRATIONS,
      logger: keepingLogger(),
      system: realSystem,
    });
    await expect(opening).rejects.toThrow(DatabaseUnavailable);
  });

  it('that is lost in the middle of a write fails it without writing', async () => {
    const place = await makePlace();
    onTestFinished(place.remove);
    if (place.options.url === undefined) return;
    const proxy = await proxyTo(place.options.url);
    const db = await openDatabase({ ...place.options, url: proxy.url, logger: keepingLogger() });
    onTestFinished(() => db.close());
    const writing = db.write(tester, async (tx) => {
      const after = await tx.client.cluster.create({ data: { name: 'x' } });
      tx.record({
        kind: 'Cluster',
        id: after.id,
        name: 'x',
        cloud: 'c',
        environment: 'e',
        operation: 'CREATE',
        before: null,
        after,
      });
      await proxy.cut();
    });
    await expect(writing).rejects.toThrow(DatabaseUnavailable);
    await proxy.restore();
    expect(await db.prisma.cluster.count()).toBe(0);
    expect(await db.prisma.change.count()).toBe(0);
  });

  it('tells every statement that is sent, model calls and raw ones alike', async () => {
    const db = await openTestDatabase({ forThisTest: true, calm: true });
    db.clear();
    await db.prisma.cluster.count();
    await db.prisma.$queryRaw`SELECT 1`;
    await db.pool.query('SELECT 2');
    expect(db.statements).toHaveLength(3);
    db.clear();
    await db.read(async (client) => client.cluster.count());
    expect(db.statements).toEqual([
      expect.stringMatching(/^BEGIN .*READ ONLY$/),
      expect.stringMatching(/COUNT/),
      'COMMIT',
    ]);
  });

  it('sorts text by its bytes', async () => {
    const db = await openTestDatabase({ forThisTest: true });
    await db.prisma.cluster.createMany({ data: ['b', 'B', 'a-1', 'a', 'A', 'a1'].map((name) => ({ name })) });
    const names = (await db.prisma.cluster.findMany({ orderBy: { name: 'asc' } })).map(({ name }) => name);
    expect(names).toEqual(['A', 'B', 'a', 'a-1', 'a1', 'b']);
  });
});
