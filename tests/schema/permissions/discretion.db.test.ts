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

/** The two servers, held by a bastion in the place of the secret one; who may see the open one asks. */
async function held() {
  const graph = await two();
  const { db, open, secret } = graph;
  const bastion = await db.prisma.bastion.create({ data: { name: 'vault', environment: 'secret' } });
  await db.prisma.server.updateMany({ data: { bastionId: bastion.id } });
  const vm = { vcpus: 1, memoryGb: 1, environment: 'lab' };
  await db.prisma.vm.create({ data: { ...vm, name: 'on-secret', serverId: secret.id } });
  await db.prisma.vm.create({ data: { ...vm, name: 'on-open', serverId: open.id } });
  const ask = (document: string, as: Scope = scope) => graph.data(document, { scope: as });
  return { ...graph, bastion, ask };
}

const nobody = '00000000-0000-4000-8000-000000000000';

test('a filter by an object that the caller may not see answers as one by an object that is not there', async () => {
  const { ask, secret, open, bastion } = await held();
  const forms = ['eq: "ID"', 'in: ["ID"]', 'ne: "ID"'].flatMap((one) => [
    `{ FIELD: { ${one} } }`,
    `{ not: { FIELD: { ${one} } } }`,
  ]);
  for (const form of forms)
    for (const [field, kind, id] of [
      ['vms', 'server', secret.id],
      ['servers', 'bastion', bastion.id],
    ] as const) {
      const asked = (one: string) =>
        ask(`{ ${field}(filter: ${form.replace('FIELD', kind).replace('ID', one)}) { totalCount nodes { name } } }`);
      expect(await asked(id), form).toEqual(await asked(nobody));
    }
  const seen = `{ vms(filter: { server: { eq: "${open.id}" } }) { nodes { name } } }`;
  expect(await ask(seen)).toEqual({ vms: { nodes: [{ name: 'on-open' }] } });
  const others = `{ vms(filter: { server: { ne: "${open.id}" } }) { nodes { name } } }`;
  expect(await ask(others)).toEqual({ vms: { nodes: [{ name: 'on-secret' }] } });
});

test('a watch by an object that the caller may not see finds nothing, and all that is not of it', async () => {
  const { follow, secret } = await held();
  const first = async (filter: string) => {
    const events = await follow(
      `subscription { watchVms(filter: ${filter}) { __typename ... on VmAdded { vm { name } } } }`,
      { scope },
    );
    return ((await events.next()).value as { data: { watchVms: { vm?: { name: string } } } }).data.watchVms;
  };
  expect(await first(`{ server: { eq: "${secret.id}" } }`)).toEqual({ __typename: 'Bookmark' });
  expect(await first(`{ not: { server: { eq: "${secret.id}" } } }`)).toMatchObject({ __typename: 'VmAdded' });
});

test('history names people, and bastions to who may see them; a filter by who did it goes by what is shown', async () => {
  const { db, ask, open } = await held();
  for (const actor of ['bastion/vault', 'user/ann'])
    await db.write({ ...tester, actor }, (tx) => {
      tx.record({ ...open, kind: 'Server', operation: 'UPDATE', before: open, after: open });
      return Promise.resolve();
    });
  const all: Scope = [{ action: 'read', cloud: '*', environment: '*', target: '*' }];
  const actors = async (as?: Scope) =>
    (
      await ask('{ server(by: { name: "open" }) { history(first: 2) { nodes { actor } } } }', as)
    ).server.history.nodes.map(({ actor }: { actor: string }) => actor);
  expect(await actors(all)).toEqual(['user/ann', 'bastion/vault']);
  expect(await actors()).toEqual(['user/ann', 'bastion']);
  const count = async (filter: string, as?: Scope) =>
    (await ask(`{ events(filter: { and: [{ action: { eq: "${tester.action}" } }, ${filter}] }) { totalCount } }`, as))
      .events.totalCount;
  expect(await count('{ actor: { startsWith: "bastion/" } }', all)).toBe(1);
  expect(await count('{ actor: { startsWith: "bastion/" } }')).toBe(0);
  expect(await count('{ not: { actor: { contains: "vault" } } }')).toBe(await count('{}'));
  expect(await count('{ actor: { eq: "bastion" } }')).toBe(1);
});

test('that two servers may be one machine is told to who may see both', async () => {
  const { db, ask, open, secret } = await held();
  const twin = { because: ['MAC 52:54:00:00:00:00'], since: new Date() };
  await db.prisma.twin.create({ data: { ...twin, serverId: open.id, otherId: secret.id } });
  const asked = '{ server(by: { name: "open" }) { conditions { type reason message } } }';
  expect((await ask(asked)).server.conditions).toEqual([]);
  const both: Scope = [...scope, { action: 'read', cloud: '*', environment: 'secret', target: 'sec*' }];
  expect((await ask(asked, both)).server.conditions).toEqual([
    {
      type: 'CONFLICT',
      reason: 'IdentityElsewhere',
      message:
        'This may be the same machine as secret, in another cloud or environment: MAC 52:54:00:00:00:00. Nothing was merged.',
    },
  ]);
});

test('a message that refers to objects gives each reader the names that are theirs to read', async () => {
  const { db, ask, open, secret, bastion } = await held();
  const refer = (kind: string, id: string) => `{${kind}:${id}}`;
  const data = {
    subjectKind: 'Server',
    subjectId: open.id,
    subjectName: 'open',
    cloud: 'default',
    environment: 'lab',
    type: 'Stale',
  };
  const texts = [
    [
      '1',
      `Of ${refer('Bastion', bastion.id)} and ${refer('Server', secret.id)}.`,
      { bastions: [bastion.id], servers: [secret.id] },
    ],
    // As a machine could be named: nothing is looked up that is not in evidence.
    ['2', `Of ${refer('Server', secret.id)}.`, {}],
    ['3', `Of ${refer('Network', nobody)}.`, { networks: [nobody] }],
  ] as const;
  for (const [detail, message, evidence] of texts)
    await db.prisma.condition.create({ data: { ...data, detail, reason: 'Sample', message, evidence } });
  const messages = async (as?: Scope) =>
    (await ask('{ server(by: { name: "open" }) { conditions { message } } }', as)).server.conditions
      .map(({ message }: { message: string }) => message)
      .toSorted();
  expect(await messages([{ action: 'read', cloud: '*', environment: '*', target: '*' }])).toEqual([
    'Of a network that is gone.',
    'Of a server that is gone.',
    'Of vault and secret.',
  ]);
  expect(await messages()).toEqual([
    'Of a bastion that you may not see and a server that you may not see.',
    'Of a network that you may not see.',
    'Of a server that you may not see.',
  ]);
});
