// Writes: none lost, none out of order, whatever gets in their way.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientClass } from '../../../server/store/client.ts';
import type { Recorded, Writer } from '../../../server/store/types.ts';
import { cockroachLike } from '../../support/cockroachlike.ts';
import { openTestDatabase, tester, type TestDatabase } from '../../support/database.ts';

const change = (name: string): Recorded => ({
  kind: 'Cluster',
  id: randomUUID(),
  name,
  cloud: 'c',
  environment: 'e',
  operation: 'CREATE',
  before: null,
  after: { name, version: 1n },
});

/** Adds one to a cluster's version, and says so in the log. */
const increment = (id: string) => async (tx: Writer) => {
  const after = await tx.client.cluster.update({ where: { id }, data: { version: { increment: 1n } } });
  tx.record({
    kind: 'Cluster',
    id,
    name: after.name,
    cloud: 'c',
    environment: 'e',
    operation: 'UPDATE',
    before: null,
    after,
  });
};

/** A client whose statements pass through `meddle` first: it may answer in their place, or roll back as a failed COMMIT does. */
function meddling(
  meddle: (
    text: string,
    send: () => Promise<unknown>,
    roll: () => Promise<unknown>,
    client: pg.Client,
  ) => Promise<unknown> | undefined,
): ClientClass {
  class Meddling extends pg.Client {
    override query(...args: unknown[]): never {
      const send = () => (super.query as (...all: unknown[]) => Promise<unknown>)(...args);
      const [first] = args as [string | { text: string }];
      // pg's pool asks for its results by callback; Prisma's transactions do not.
      if (typeof args.at(-1) === 'function') return send() as never;
      return (meddle(typeof first === 'string' ? first : first.text, send, () => super.query('ROLLBACK'), this) ??
        send()) as never;
    }
  }
  return Meddling;
}

const state = (code: string, message = 'injected') =>
  Promise.reject(Object.assign(new Error(message), { code, severity: 'ERROR' }));

describe('a write', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db?.drop());

  // Twice as many as there are connections: with all at once, the last would wait longer for one than a slow server takes.
  it('loses none of 200 increments by twenty writers at once', async () => {
    const cluster = await db.prisma.cluster.create({ data: { name: 'counted', version: 0n } });
    const writer = async () => {
      for (let n = 0; n < 10; n++) await db.write(tester, increment(cluster.id));
    };
    await Promise.all(Array.from({ length: 20 }, writer));
    const { version } = await db.prisma.cluster.findUniqueOrThrow({ where: { id: cluster.id } });
    expect(version).toBe(200n);
    expect(await db.prisma.change.count({ where: { objectId: cluster.id } })).toBe(200);
  });

  it('returns its value and the revision of its last change', async () => {
    const heard: bigint[] = [];
    const stop = db.onWrite((revision) => heard.push(revision));
    const written = await db.write(tester, async (tx) => {
      tx.record(change('a'));
      tx.record(change('b'));
      return 'done';
    });
    stop();
    expect(written.value).toBe('done');
    expect(heard).toEqual([written.revision]);
    const last = await db.prisma.change.findUniqueOrThrow({ where: { rev: written.revision! } });
    expect(last).toMatchObject({
      name: 'b',
      n: 2,
      ...tester,
      outcome: 'DONE',
      before: null,
      after: { name: 'b', version: '1' },
      shape: 1,
    });
  });

  it('that records nothing takes no revision', async () => {
    const { rev } = await db.prisma.head.findUniqueOrThrow({ where: { id: 1 } });
    expect(await db.write(tester, async (tx) => tx.client.cluster.count())).toMatchObject({ revision: null });
    expect(await db.prisma.head.findUniqueOrThrow({ where: { id: 1 } })).toMatchObject({ rev });
  });

  it('that fails leaves nothing, and is not tried again', async () => {
    let runs = 0;
    const failing = db.write(tester, async (tx) => {
      runs += 1;
      await tx.client.cluster.create({ data: { name: 'never' } });
      tx.record(change('never'));
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(runs).toBe(1);
    expect(await db.prisma.cluster.count({ where: { name: 'never' } })).toBe(0);
    expect(await db.prisma.change.count({ where: { name: 'never' } })).toBe(0);
  });

  it('keeps hashes of secrets out of the log', async () => {
    const { revision } = await db.write(tester, async (tx) =>
      tx.record({ ...change('u'), after: { name: 'u', passwordHash: 'x', nested: { tokenHash: 'y', kept: 1 } } }),
    );
    const { after } = await db.prisma.change.findUniqueOrThrow({ where: { rev: revision! } });
    expect(after).toEqual({ name: 'u', nested: { kept: 1 } });
  });

  it('appends five hundred changes in one statement', async () => {
    db.clear();
    await db.write(tester, async (tx) => {
      for (let i = 0; i < 500; i++) tx.record(change(`many${i}`));
    });
    const own = db.statements.filter((sql) => !/^(BEGIN|COMMIT|SET)/.test(sql));
    if (db.statements.filter((sql) => sql === 'BEGIN').length === 1) expect(own).toHaveLength(1);
  });

  it('gets along with readers and with those that lock the head, all at once', async () => {
    const cluster = await db.prisma.cluster.create({ data: { name: 'busy', version: 0n } });
    await Promise.all(
      Array.from({ length: 60 }, (_, i) => {
        if (i % 3 === 0) return db.read((client) => client.cluster.findMany({ take: 3 }));
        return db.write(tester, increment(cluster.id), { lockHead: i % 3 === 1 });
      }),
    );
    expect(await db.prisma.cluster.findUniqueOrThrow({ where: { id: cluster.id } })).toMatchObject({ version: 40n });
  });
});

describe('revisions', () => {
  it('come in commit order, without gaps, under eight writers', async () => {
    const db = await openTestDatabase({ forThisTest: true });
    let writing = true;
    // A follower that trusts the order: what it has passed it never looks at again.
    const seen: bigint[] = [];
    const following = (async () => {
      for (let last = 0n; ;) {
        const done = !writing;
        const rows = await db.prisma.change.findMany({
          where: { rev: { gt: last } },
          orderBy: { rev: 'asc' },
          take: 50,
        });
        seen.push(...rows.map(({ rev }) => rev));
        last = seen.at(-1) ?? 0n;
        if (done && rows.length === 0) return;
      }
    })();
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 0; i < 25; i++)
          await db.write(tester, async (tx) => {
            for (let n = 0; n <= (i + writer) % 3; n++) tx.record(change(`${writer}-${i}-${n}`));
          });
      }),
    );
    writing = false;
    await following;
    const { rev } = await db.prisma.head.findUniqueOrThrow({ where: { id: 1 } });
    expect(seen).toEqual(Array.from({ length: Number(rev) }, (_, i) => BigInt(i + 1)));
    const rows = await db.prisma.change.findMany({ orderBy: { rev: 'asc' } });
    for (const [i, row] of rows.entries())
      expect(row.at.getTime()).toBeGreaterThanOrEqual(rows[Math.max(0, i - 1)]!.at.getTime());
  });
});

describe('a write that loses to another', () => {
  it.each([
    ['in a model call', /^UPDATE "public"."cluster"/, '40001'],
    ['in a raw statement', /UPDATE head/, '40001'],
    ['at COMMIT', /^COMMIT/, '40001'],
    ['in a deadlock', /UPDATE head/, '40P01'],
  ])('%s is run again', async (_, pattern, code) => {
    let failures = 3;
    let armed = false;
    const Client = meddling((text, _send, roll) => {
      if (!armed || !pattern.test(text) || failures === 0) return undefined;
      failures -= 1;
      return text === 'COMMIT' ? roll().then(() => state(code)) : state(code);
    });
    const db = await openTestDatabase({ forThisTest: true, Client });
    const cluster = await db.prisma.cluster.create({ data: { name: 'retried', version: 0n } });
    armed = true;
    await db.write(tester, increment(cluster.id));
    expect(failures).toBe(0);
    expect(await db.prisma.cluster.findUniqueOrThrow({ where: { id: cluster.id } })).toMatchObject({ version: 1n });
    expect(await db.prisma.change.count()).toBe(1);
  });

  it('again and again loses nothing', async () => {
    const db = await openTestDatabase({ forThisTest: true, Client: cockroachLike({ statements: 10, commits: 25 }) });
    const cluster = await db.prisma.cluster.create({ data: { name: 'stormy', version: 0n } });
    await Promise.all(Array.from({ length: 100 }, () => db.write(tester, increment(cluster.id))));
    expect(await db.prisma.cluster.findUniqueOrThrow({ where: { id: cluster.id } })).toMatchObject({ version: 100n });
    expect(await db.prisma.change.count()).toBe(100);
  });
});

describe('whoever goes ahead', () => {
  it('waits for one of those who want to be alone, and not for a burst of them', async () => {
    const db = await openTestDatabase({ forThisTest: true, calm: true });
    const done: string[] = [];
    const write = (name: string, options: { ahead?: boolean } = {}) =>
      db.write(tester, async ({ client }) => void (await client.cluster.count().then(() => done.push(name))), {
        lockHead: true,
        ...options,
      });
    const burst = Array.from({ length: 10 }, (_, n) => write(`burst ${n}`));
    await Promise.all([...burst, write('ahead', { ahead: true })]);
    expect(done.indexOf('ahead')).toBeLessThanOrEqual(1);
    expect(done.filter((name) => name !== 'ahead')).toEqual(burst.map((_, n) => `burst ${n}`));
  });
});

describe('a connection lost during COMMIT', () => {
  it.each([
    ['after it arrived', true],
    ['before it arrived', false],
  ])('%s leaves exactly one write', async (_, arrives) => {
    let armed = false;
    const Client = meddling((text, send, _roll, client) => {
      if (!armed || text !== 'COMMIT') return undefined;
      armed = false;
      const { stream } = (client as unknown as { connection: { stream: { destroy(error?: Error): void } } }).connection;
      const lost = () => {
        stream.destroy();
        throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read', errno: -104 });
      };
      return arrives ? send().then(lost) : Promise.resolve().then(lost);
    });
    const db = await openTestDatabase({ forThisTest: true, Client });
    const cluster = await db.prisma.cluster.create({ data: { name: 'ambiguous', version: 0n } });
    armed = true;
    const { revision } = await db.write(tester, increment(cluster.id));
    expect(armed).toBe(false);
    expect(revision).toBe(1n);
    expect(await db.prisma.cluster.findUniqueOrThrow({ where: { id: cluster.id } })).toMatchObject({ version: 1n });
    expect(await db.prisma.change.count()).toBe(1);
  });
});

describe('a read', () => {
  it('sees one moment, whatever is written meanwhile', async () => {
    const db = await openTestDatabase({ forThisTest: true });
    if (db.engine === 'embedded') return; // transactions run one after another there
    await db.read(async (client) => {
      const before = await client.cluster.count();
      await db.prisma.cluster.create({ data: { name: 'later' } });
      expect(await client.cluster.count()).toBe(before);
    });
  });

  it('follows any number of writes on the same connection', async () => {
    const db = await openTestDatabase({ forThisTest: true, poolSize: 1 });
    const cluster = await db.prisma.cluster.create({ data: { name: 'followed', version: 0n } });
    for (let i = 1; i <= 20; i++) {
      await db.write(tester, increment(cluster.id));
      expect(await db.read((client) => client.cluster.count({ where: { version: BigInt(i) } }))).toBe(1);
    }
  });

  it('cannot write', async () => {
    const db = await openTestDatabase({ forThisTest: true });
    await expect(db.read((client) => client.cluster.create({ data: { name: 'x' } }))).rejects.toThrow();
    expect(await db.prisma.cluster.count()).toBe(0);
  });
});
