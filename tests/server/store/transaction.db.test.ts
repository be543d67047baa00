// Writes: none lost, none out of order, whatever gets in their way.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Recorded } from '../../../server/store/types.ts';
import { openTestDatabase, tester, type TestDatabase } from '../../support/database.ts';

describe('a write', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db?.drop());

  const change = (name: string): Recorded => ({ kind: 'Cluster', id: randomUUID(), name, cloud: 'c', environment: 'e', operation: 'CREATE', before: null, after: { name, version: 1n } });

  it('loses none of 200 concurrent increments', async () => {
    const cluster = await db.prisma.cluster.create({ data: { name: 'counted', version: 0n } });
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        db.write(tester, async (tx) => {
          const after = await tx.client.cluster.update({ where: { id: cluster.id }, data: { version: { increment: 1n } } });
          tx.record({ kind: 'Cluster', id: after.id, name: `n${i}`, cloud: 'c', environment: 'e', operation: 'UPDATE', before: null, after });
        }),
      ),
    );
    const { version } = await db.prisma.cluster.findUniqueOrThrow({ where: { id: cluster.id } });
    expect(version).toBe(200n);
    expect(await db.prisma.change.count({ where: { objectId: cluster.id } })).toBe(200);
  });

  it('returns the value and the revision of its last change', async () => {
    const written = await db.write(tester, async (tx) => {
      tx.record(change('a'));
      tx.record(change('b'));
      return 'done';
    });
    expect(written.value).toBe('done');
    const last = await db.prisma.change.findUniqueOrThrow({ where: { rev: written.revision! } });
    expect(last).toMatchObject({ name: 'b', n: 2, actor: 'tester', action: 'test', requestId: 'r1', address: '127.0.0.1', outcome: 'DONE', after: { name: 'b', version: '1' } });
  });
});
