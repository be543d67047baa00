// What was stopped, because it took too long or because nobody waits any more, does no more.
import { describe, expect, test } from 'vitest';
import { openTestDatabase } from '../../support/database.ts';
import { openGraph } from '../../support/graph.ts';

test('What was stopped sends no more statements, whatever loads', async () => {
  const { db, ask } = await openGraph({ calm: true });
  await db.write({ actor: 'tester', action: 'test', requestId: 'r1', address: '' }, async ({ client }) => {
    const bastion = await client.bastion.create({ data: { name: 'site', labels: {} } });
    await client.server.create({
      data: { name: 'm-1', bootMac: '38:05:25:00:00:01', labels: {}, bastionId: bastion.id },
    });
  });
  const query = `{ servers(first: 1) { totalCount nodes { revision lastSeenAt conditions { type } sightings { source }
    a: nics(first: 1) { totalCount } b: nics(first: 2) { nodes { name } } bastion { name online servers { nodes { name } } } } } }`;
  db.clear();
  const { errors } = await ask(query);
  expect(errors).toBeUndefined();
  const all = db.statements.length;
  expect(all).toBeGreaterThan(8);
  for (let allowed = 0; allowed < 3; allowed++) {
    db.clear();
    let left = allowed;
    const answer = await ask(query, {
      beforeReading() {
        if (left-- <= 0) throw new Error('Stopped');
      },
    });
    expect(answer.errors![0]!.message).toBe('Stopped');
    expect(db.statements.length).toBeLessThanOrEqual(allowed * 2);
  }
});

describe('A write that is to stop', () => {
  const origin = { actor: 'tester', action: 'test', requestId: 'r1', address: '' };
  test('before it begins does nothing, before it commits leaves nothing', async () => {
    const db = await openTestDatabase({ forThisTest: true, calm: true });
    let ran = 0;
    const write = (allowed: number) => {
      let left = allowed;
      return db.write(
        origin,
        async ({ client, record }) => {
          ran++;
          const after = await client.cluster.create({ data: { name: `c-${allowed}`, labels: {} } });
          record({
            kind: 'Cluster',
            id: after.id,
            name: after.name,
            cloud: '',
            environment: '',
            operation: 'CREATE',
            before: null,
            after,
          });
        },
        {
          goOn() {
            if (left-- <= 0) throw new Error('Stopped');
          },
        },
      );
    };
    await expect(write(0)).rejects.toThrow('Stopped');
    expect(ran).toBe(0);
    await expect(write(1)).rejects.toThrow('Stopped');
    expect([ran, await db.prisma.cluster.count(), await db.prisma.change.count()]).toEqual([1, 0, 0]);
    await write(2);
    expect([await db.prisma.cluster.count(), await db.prisma.change.count()]).toEqual([1, 1]);
  });
});
