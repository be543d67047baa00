// The audit trail through the graph: who did what, who was refused, as far as whoever asks administers it.
import type { ExecutionResult } from 'graphql';
import { expect, test } from 'vitest';
import { Caller, type Scope } from '../../../server/domain/access/caller.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { ensureRoles } from '../../../server/domain/access/roles.ts';
import { seal } from '../../../server/store/seals.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';

const scope = (...permissions: string[]): Scope => permissions.map(readGrant);
let ranges = 0;
const network = (name: string, cloud = 'default') =>
  `mutation { createNetwork(input: { name: "${name}", cloud: "${cloud}", cidr: "10.${++ranges}.0.0/16" }) { __typename ... on Network { id } } }`;
const names = async (graph: TestGraph, filter = '{}', more: Parameters<TestGraph['data']>[1] = {}) =>
  (await graph.data(`{ auditEntries(filter: ${filter}) { nodes { name } } }`, more)).auditEntries.nodes.map(
    ({ name }: { name: string }) => name,
  ) as string[];

test('tells who did what, newest first, with what differs', async () => {
  const graph = await openGraph({ calm: true });
  await graph.data(network('one'));
  await graph.data(
    'mutation { updateNetwork(by: { name: "one" }, input: { vlan: 7, labels: { a: "b" } }) { __typename } }',
  );
  const { auditEntries } = await graph.data(
    '{ auditEntries { totalCount revision nodes { revision at actor action before after changes { field before after } } } }',
  );
  const [updated, created] = auditEntries.nodes;
  expect(auditEntries.totalCount).toBe(2);
  expect(auditEntries.revision).toBe(updated.revision);
  expect(updated.revision).toMatch(/^[0-9a-f-]{36}\.2$/);
  expect(updated).toMatchObject({
    actor: 'tester',
    action: 'updateNetwork',
    before: { vlan: 0 },
    after: { vlan: 7 },
  });
  expect(updated.changes).toEqual([
    { field: 'labels', before: {}, after: { a: 'b' } },
    { field: 'vlan', before: 0, after: 7 },
  ]);
  expect(created).toMatchObject({ action: 'createNetwork', before: null, after: { name: 'one' } });
  expect(new Date(created.at).getTime()).toBeLessThanOrEqual(new Date(updated.at).getTime());
});

test('is read in pages either way, each entry once, while more is written', async () => {
  const graph = await openGraph({ calm: true });
  for (const name of ['a', 'b', 'c', 'd', 'e']) await graph.data(network(name));
  const page = async (args: string) =>
    (
      await graph.data(
        `{ auditEntries(${args}) { nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
      )
    ).auditEntries;
  const seen: string[] = [];
  let at = await page('first: 2');
  for (;;) {
    seen.push(...at.nodes.map(({ name }: { name: string }) => name));
    if (!at.pageInfo.hasNextPage) break;
    await graph.data(network(`later-${seen.length}`));
    at = await page(`first: 2, after: "${at.pageInfo.endCursor}"`);
  }
  expect(seen).toEqual(['e', 'd', 'c', 'b', 'a']);
  const last = await page('last: 2');
  expect(last.nodes).toEqual([{ name: 'b' }, { name: 'a' }]);
  const before = await page(`last: 2, before: "${last.pageInfo.startCursor}"`);
  expect(before.nodes).toEqual([{ name: 'd' }, { name: 'c' }]);
  const { errors } = await graph.ask('{ auditEntries(after: "x") { nodes { name } } }');
  expect(errors?.[0]?.message).toContain('is not a cursor of this list');
});

test('is filtered by who, what, which, where, when and how it ended', async () => {
  const graph = await openGraph({ calm: true });
  const ann = new Caller({ actor: 'user/ann', scope: scope('*:*:*:*') });
  const bob = new Caller({ actor: 'user/bob', scope: scope('read:*:*:*') });
  const { createNetwork } = await graph.data(network('one', 'edge'), { caller: ann });
  await graph.data('mutation { createServer(input: { name: "two", mac: "02:00:00:00:00:01" }) { __typename } }');
  await graph.data('mutation { deleteNetwork(by: { name: "one" }) { __typename } }', { caller: bob });
  const { at } = await graph.db.prisma.change.findFirstOrThrow({ orderBy: { rev: 'desc' } });
  const tomorrow = new Date(at.getTime() + 86_400_000).toISOString();
  const table: [filter: string, names: string[]][] = [
    ['{ actor: { eq: "user/ann" } }', ['one']],
    ['{ action: { startsWith: "create" } }', ['two', 'one']],
    ['{ kind: { eq: "Server" } }', ['two']],
    ['{ name: { in: ["two"] } }', ['two']],
    ['{ cloud: { eq: "edge" } }', ['one', 'one']],
    ['{ environment: { ne: "default" } }', []],
    ['{ outcome: { eq: REFUSED } }', ['one']],
    ['{ outcome: { eq: DONE }, not: { kind: { eq: "Server" } } }', ['one']],
    [`{ object: "${createNetwork.id}" }`, ['one', 'one']],
    [`{ object: "${createNetwork.id.split(':')[1].toUpperCase()}" }`, ['one', 'one']],
    [`{ object: "${createNetwork.id.replace('Network', 'Server')}" }`, []],
    [`{ since: "${at.toISOString()}" }`, ['one']],
    [`{ since: "${tomorrow}" }`, []],
    [`{ until: "${tomorrow}", kind: { eq: "Server" } }`, ['two']],
    ['{ until: "2000-01-01T00:00:00Z" }', []],
    ['{ since: "2h" }', ['one', 'two', 'one']],
    ['{ until: "2h" }', []],
  ];
  for (const [filter, expected] of table) expect(await names(graph, filter), filter).toEqual(expected);
  const { errors } = await graph.ask('{ auditEntries(filter: { object: "one" }) { nodes { name } } }');
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
});

test('shows each administrator what is of its own places, and to all others nothing', async () => {
  const graph = await openGraph({ calm: true });
  await ensureRoles(graph.db);
  await graph.data(network('one', 'a'));
  await graph.data(network('two', 'b'));
  await graph.data(
    'mutation { createServer(input: { name: "three", mac: "02:00:00:00:00:01", cloud: "a" }) { __typename } }',
  );
  await graph.data('mutation { createRole(input: { name: "four", permissions: ["read:*:*:*"] }) { __typename } }');
  const table: [permissions: string[], names: string[]][] = [
    [['*:*:*:*'], ['four', 'three', 'two', 'one', 'admin', 'operator', 'viewer']],
    [['admin:a:*:*'], ['three', 'one']],
    [['admin:*:*:networks/*'], ['two', 'one']],
    [['admin:*:*:networks/t*'], ['two']],
    [
      ['admin:a:*:servers/*', 'admin:b:*:networks/*'],
      ['three', 'two'],
    ],
    [['admin:*:*:roles/four'], ['four']],
    [['admin:elsewhere:*:*'], []],
  ];
  for (const [permissions, expected] of table) {
    const found = await names(graph, '{ outcome: { eq: DONE } }', { scope: scope(...permissions) });
    expect(found.toSorted(), permissions.join()).toEqual(expected.toSorted());
    const { auditEntries } = await graph.data('{ auditEntries(filter: { outcome: { eq: DONE } }) { totalCount } }', {
      scope: scope(...permissions),
    });
    expect(auditEntries.totalCount).toBe(expected.length);
  }
  for (const permission of ['read:*:*:*', 'apply:*:*:*', 'destroy:*:*:*']) {
    const { errors } = await graph.ask('{ auditEntries { totalCount } }', { scope: scope(permission) });
    expect(errors?.[0]?.message).toContain('You may not admin');
  }
});

test('does not show what an object was where the caller may not see it', async () => {
  const graph = await openGraph({ calm: true });
  await graph.data(network('one', 'a'));
  await graph.data('mutation { updateNetwork(by: { name: "one" }, input: { cloud: "b" }) { __typename } }');
  const read = async (permission: string) =>
    (
      await graph.data(
        '{ auditEntries(first: 1, filter: { action: { eq: "updateNetwork" } }) { nodes { before after changes { field before } } } }',
        { scope: scope(permission) },
      )
    ).auditEntries.nodes[0];
  expect(await read('admin:*:*:*')).toMatchObject({ before: { cloud: 'a' }, after: { cloud: 'b' } });
  const there = await read('admin:b:*:*');
  expect(there).toMatchObject({ before: null, after: { cloud: 'b' } });
  expect(there.changes.every(({ before }: { before: unknown }) => before === null)).toBe(true);
});

test('holds no secret, whatever was made with one', async () => {
  const graph = await openGraph({ calm: true });
  await ensureRoles(graph.db);
  const password = 'correct horse battery';
  await graph.data(
    `mutation { createUser(input: { name: "ann", password: "${password}", roles: [{ name: "viewer" }] }) { __typename } }`,
  );
  const { createToken } = await graph.data(
    'mutation { createToken(input: { purpose: API, user: { name: "ann" } }) { ... on CreatedToken { secret } } }',
  );
  const { login } = await graph.data(
    `mutation { login(input: { name: "ann", password: "${password}" }) { ... on LoggedIn { secret } } }`,
  );
  const { auditEntries } = await graph.data(
    '{ auditEntries { nodes { kind before after changes { field before after } } } }',
  );
  const kinds = new Set(auditEntries.nodes.map(({ kind }: { kind: string }) => kind));
  expect([...kinds].sort()).toEqual(expect.arrayContaining(['RoleBinding', 'Session', 'Token', 'User']));
  const all = JSON.stringify(auditEntries);
  for (const secret of [password, createToken.secret, login.secret, 'argon2', 'Hash'])
    expect(all).not.toContain(secret);
});

const follow = (graph: TestGraph, more: object = {}, filter = '{}') =>
  graph.follow(
    `subscription ($after: Revision) { watchAudit(filter: ${filter}, after: $after) { revision name outcome } }`,
    more,
  );
async function take(events: AsyncIterator<ExecutionResult>, count: number) {
  const taken: { revision: string; name: string; outcome: string }[] = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    if (done) throw new Error(`ended after ${taken.length} entries`);
    if (!value?.data) throw new Error(JSON.stringify(value));
    taken.push(value.data['watchAudit'] as (typeof taken)[number]);
  }
  return taken;
}

const bob = new Caller({ actor: 'user/bob', scope: scope('read:*:*:*') });

test('is followed from now on, refusals too, by each as far as it may see', async () => {
  const graph = await openGraph({ calm: true });
  await graph.data(network('before'));
  const all = await follow(graph);
  const some = await follow(graph, { scope: scope('admin:b:*:*') }, '{ kind: { eq: "Network" } }');
  await graph.data(network('one', 'a'));
  await graph.data(network('refused', 'b'), { caller: bob });
  await graph.data(network('two', 'b'));
  expect((await take(all, 3)).map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
    'one DONE',
    'refused REFUSED',
    'two DONE',
  ]);
  expect((await take(some, 2)).map(({ name }) => name)).toEqual(['refused', 'two']);
});

test('is resumed at any entry without a gap or a repeat', async () => {
  const graph = await openGraph();
  const start = (await graph.data('{ auditEntries { revision } }')).auditEntries.revision as string;
  const writers = [0, 1, 2].map(async (n) => {
    for (let i = 0; i < 10; i++) await graph.data(network(`n${n}-${i}`));
  });
  const seen: string[] = [];
  for (let after = start; seen.length < 30;) {
    const events = await follow(graph, { variables: { after } });
    for (const { revision } of await take(events, Math.min(4, 30 - seen.length))) seen.push((after = revision));
    await events.return!();
  }
  await Promise.all(writers);
  const { auditEntries } = await graph.data('{ auditEntries { nodes { revision } } }');
  expect(seen.toReversed()).toEqual(auditEntries.nodes.map(({ revision }: { revision: string }) => revision));
});

test.each(['00000000-0000-4000-8000-000000000000.0', 'rev:999999'])(
  'says so when it cannot be resumed at %s',
  async (after) => {
    const graph = await openGraph({ calm: true });
    await expect(follow(graph, { variables: { after } })).rejects.toThrow('no longer kept');
  },
);

test('is verified by who administers everything, also against a seal that was noted', async () => {
  const graph = await openGraph({ calm: true });
  await graph.data(network('one'));
  await seal(graph.db);
  await graph.data(network('two'));
  const ask = '{ ok problem message from upTo seals unsealed anchor complete }';
  const { verifyAudit } = await graph.data(`{ verifyAudit ${ask} }`);
  const { anchor } = verifyAudit;
  expect(verifyAudit).toEqual({
    ok: true,
    problem: null,
    message: null,
    from: 'rev:0',
    upTo: 'rev:1',
    seals: 1,
    unsealed: 1,
    anchor: expect.stringMatching(/^1:[0-9a-f]{64}$/),
    complete: true,
  });
  const wrong = `1:${'0'.repeat(64)}`;
  const verify = async (args: string) => (await graph.data(`{ answer: verifyAudit(${args}) ${ask} }`)).answer;
  expect(await verify(`anchor: "${anchor}"`)).toMatchObject({ ok: true });
  expect(await verify(`from: "${anchor}"`)).toMatchObject({ ok: true, from: 'rev:1', seals: 0, unsealed: 1 });
  expect(await verify(`anchor: "${wrong}"`)).toMatchObject({ ok: false, problem: 'ANCHOR_BROKEN' });
  await graph.db.pool.query(`UPDATE change SET actor = 'someone' WHERE rev = 1`);
  expect(await verify(`anchor: "${anchor}"`)).toMatchObject({ ok: false, problem: 'ROW_CHANGED' });
  const { errors } = await graph.ask('{ verifyAudit(anchor: "yesterday") { ok } }');
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
});

test('names the credential that another was made with to those alone who may see that one', async () => {
  const graph = await openGraph({ calm: true });
  const { prisma } = graph.db;
  const { id: userId } = await prisma.user.create({ data: { name: 'ann' } });
  const token = (name: string, environment: string, madeWith: string | null) =>
    prisma.token.create({
      data: { name, environment, madeWith, userId, purpose: 'API', prefix: 'p', tokenHash: name },
    });
  const session = await prisma.session.create({ data: { userId, tokenHash: 's', expiresAt: new Date(2 ** 42) } });
  const [hidden, seen] = [await token('hidden', 'prod', null), await token('seen', 'default', null)];
  const makers = [`Token:${hidden.id}`, `Session:${session.id}`, `Token:${seen.id}`];
  for (const [n, maker] of makers.entries()) await token(`t${n}`, 'default', maker);
  for (const n of makers.keys()) await graph.data(`mutation { deleteToken(by: { name: "t${n}" }) { __typename } }`);
  const told = async (more: object) => {
    const { auditEntries } = await graph.data(
      '{ auditEntries(filter: { action: { eq: "deleteToken" } }) { nodes { before changes { field before } } } }',
      more,
    );
    return (auditEntries.nodes as { before: { madeWith: unknown }; changes: { field: string; before: unknown }[] }[])
      .map(({ before, changes }) => {
        const change = changes.find(({ field }) => field === 'madeWith');
        expect(change?.before ?? null).toBe(before.madeWith);
        return before.madeWith;
      })
      .toReversed();
  };
  expect(await told({ scope: scope('admin:*:*:*') })).toEqual(makers);
  expect(await told({ scope: scope('admin:*:default:tokens/*') })).toEqual([null, null, makers[2]]);
});
