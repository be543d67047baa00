// What is said of an object tells nothing of others that the caller may not see.
import { expect, test } from 'vitest';
import type { Scope } from '../../../server/domain/access/caller.ts';
import { Ledger } from '../../../server/domain/ledger/ledger.ts';
import { Conditions, server as about } from '../../../server/domain/ledger/conditions.ts';
import { settingsFor } from '../../../server/domain/ledger/settings.ts';
import { tester } from '../../support/database.ts';
import { openGraph } from '../../support/graph.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { fill } from '../fleet.ts';

const scope: Scope = [
  { action: 'read', cloud: '*', environment: 'lab', target: '*' },
  { action: 'read', cloud: '*', environment: '*', target: 'clusters/*' },
];

/** A server in the lab, and one that is a secret. */
async function two() {
  const graph = await openGraph({ calm: true });
  for (const [i, name] of ['open', 'secret'].entries())
    await graph.data(
      `mutation { createServer(input: { name: "${name}", mac: "52:54:00:00:00:0${i}", environment: "${i === 0 ? 'lab' : 'secret'}" }) { __typename } }`,
    );
  const servers = await graph.db.prisma.server.findMany({ orderBy: { name: 'asc' } });
  return { ...graph, open: servers[0]!, secret: servers[1]! };
}

test('a condition names other servers only to who may see them', async () => {
  const { db, data, open, secret } = await two();
  await db.write(tester, async (tx) => {
    const ledger = new Ledger(settingsFor(tx).now(), settingsFor(tx).ids);
    ledger.load('Server', [open, secret]);
    const conditions = new Conditions(ledger);
    const message = 'It has the same MAC as secret.';
    conditions.begin(about(open.id), {
      type: 'Conflict',
      reason: 'SharedMac',
      message,
      evidence: { servers: [secret.id] },
    });
    const moved = { type: 'HardwareDrift', reason: 'NicMoved', message: 'It is in secret now.' } as const;
    conditions.begin(about(open.id), { ...moved, evidence: { from: open.id, to: secret.id } });
    conditions.begin(about(open.id), { type: 'Stale', reason: 'Unreported', message: 'Its bastion is silent.' });
    await ledger.flush(tx);
  });
  const messages = async (as?: Scope) =>
    (
      await data('{ server(by: { name: "open" }) { conditions { message } } }', as ? { scope: as } : {})
    ).server.conditions
      .map(({ message }: { message: string }) => message)
      .toSorted();
  const hidden = 'This is about servers that you may not see too: ask an administrator which.';
  expect(await messages()).toEqual([
    'It has the same MAC as secret.',
    'It is in secret now.',
    'Its bastion is silent.',
  ]);
  expect(await messages(scope)).toEqual(['Its bastion is silent.', hidden, hidden]);
  const both: Scope = [...scope, { action: 'read', cloud: '*', environment: 'secret', target: 'sec*' }];
  expect(await messages(both)).toEqual(await messages());
});

test('the health of a cluster is that of the members that the caller may see', async () => {
  const { db, data, open } = await two();
  await data('mutation { createCluster(input: { name: "k" }) { __typename } }');
  for (const name of ['open', 'secret'])
    await data(
      `mutation { createClusterMember(input: { cluster: { name: "k" }, server: { name: "${name}" }, role: CONTROL_PLANE }) { __typename } }`,
    );
  await db.prisma.server.update({ where: { id: open.id }, data: { status: 'INSTALLED' } });
  const health = async (as?: Scope) =>
    (await data('{ cluster(by: { name: "k" }) { health members { totalCount } } }', as ? { scope: as } : {})).cluster;
  expect(await health()).toEqual({ health: 'DEGRADED', members: { totalCount: 2 } });
  expect(await health(scope)).toEqual({ health: 'HEALTHY', members: { totalCount: 1 } });
  expect(await health([scope[1]!, { ...scope[0]!, environment: 'secret' }])).toMatchObject({ health: 'UNHEALTHY' });
  expect(await health([scope[1]!, { ...scope[0]!, environment: 'none' }])).toMatchObject({ health: 'UNKNOWN' });
});

test('what an undoing would change of objects that the caller may not see is not counted', async () => {
  const graph = await openGraph({ calm: true });
  const { db, data } = graph;
  await fill(db, 3);
  await data('mutation { deleteNetwork(by: { name: "net-0" }) { __typename } }');
  const from = (await db.prisma.head.findFirstOrThrow()).rev;
  await data('mutation { createNetwork(input: { name: "wide", cidr: "0.0.0.0/0" }) { __typename } }');
  const linked = await db.prisma.serverNic.count({ where: { network: { name: 'wide' } } });
  expect(linked).toBeGreaterThan(0);
  const others = async (...permissions: string[]) =>
    (
      await data(
        `mutation { undoChange(revision: "rev:${from + 1n}", dryRun: true) { ... on Undone { others changes { field } } } }`,
        { scope: permissions.map(readGrant) },
      )
    ).undoChange;
  const own = ['read:*:*:networks/*', 'destroy:*:*:networks/*'];
  expect((await others(...own, 'read:*:*:*')).others).toBe(linked);
  expect((await others(...own)).others).toBe(0);
});

test('a bastion and a role that cannot go say how many hold them back, of those that the caller may see', async () => {
  const { db, data } = await two();
  await data('mutation { createBastion(input: { name: "north" }) { __typename } }');
  const { id: bastionId } = await db.prisma.bastion.findFirstOrThrow();
  await db.prisma.server.updateMany({ data: { bastionId } });
  await data('mutation { createRole(input: { name: "few", permissions: [] }) { __typename } }');
  for (const cloud of ['default', 'far'])
    await data(`mutation { createUser(input: { name: "in-${cloud}", roles: [{ name: "few" }] }) { __typename } }`);
  await db.prisma.user.update({ where: { name: 'in-far' }, data: { cloud: 'far' } });
  const refused = async (mutation: string, ...permissions: string[]) =>
    (
      await data(`mutation { it: ${mutation} { ... on UserError { message } } }`, {
        scope: permissions.map(readGrant),
      })
    ).it.message;
  const bastion = 'deleteBastion(by: { name: "north" })';
  const mayBastion = ['read:*:*:bastions/*', 'destroy:*:*:bastions/*'];
  expect(await refused(bastion, ...mayBastion, 'read:*:*:*')).toBe('Bastion "north" holds 2 servers.');
  expect(await refused(bastion, ...mayBastion, 'read:*:lab:*')).toBe('Bastion "north" holds 1 servers.');
  expect(await refused(bastion, ...mayBastion)).toBe('Bastion "north" holds servers that you may not see.');
  const role = 'deleteRole(by: { name: "few" })';
  expect(await refused(role, 'admin:*:*:*')).toBe('The role "few" is held by 2 users.');
  expect(await refused(role, 'admin:*:*:roles/*', 'admin:far:*:users/*')).toBe('The role "few" is held by 1 user.');
  expect(await refused(role, 'admin:*:*:roles/*')).toBe('The role "few" is held by users that you may not see.');
});
