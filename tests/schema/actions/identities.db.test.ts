// Users, roles, tokens and sessions through the graph: who may make what, and what is kept of it.
import { expect, test } from 'vitest';
import type { Caller, Scope } from '../../../server/domain/access/caller.ts';
import { authorityOf, makeAuthority } from '../../../server/domain/access/authority.ts';
import { readGrant } from '../../../server/domain/grants.ts';
import { Callers, Unauthenticated } from '../../../server/domain/access/callers.ts';
import { ensureRoles } from '../../../server/domain/access/roles.ts';
import { openLink } from '../../../server/domain/access/session.ts';
import { tester } from '../../support/database.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { realSystem } from '../../../common/system.ts';

const problem = `__typename ... on UserError { message remedy } ... on Forbidden { permission } ... on InvalidInput { field }`;
const holds = (...permissions: string[]): Scope => permissions.map(readGrant);

async function open() {
  const graph = await openGraph({
    calm: true,
    authority: await authorityOf(await makeAuthority(realSystem), realSystem),
  });
  await ensureRoles(graph.db);
  const callers = new Callers(graph.db);
  return { ...graph, callers };
}

const makeUser = (name: string, ...roles: string[]) =>
  `createUser(input: { name: "${name}", password: "correct horse battery", roles: [${roles.map((role) => `{ name: "${role}" }`).join(', ')}] })`;

const mutation = async ({ data }: Pick<TestGraph, 'data'>, field: string, scope?: Scope, caller?: Caller) =>
  (await data(`mutation { answer: ${field} { ${problem} } }`, { ...(scope && { scope }), ...(caller && { caller }) }))
    .answer;

const token = async (graph: TestGraph, input: string, scope?: Scope) =>
  (
    await graph.data(
      `mutation { made: createToken(input: { ${input} }) { ${problem} ... on CreatedToken { secret token { name prefix } } } }`,
      {
        ...(scope && { scope }),
      },
    )
  ).made as { __typename: string; secret: string; token: { name: string; prefix: string }; message?: string };

const login = async (graph: TestGraph, name: string, password: string) =>
  (
    await graph.data(
      `mutation ($name: String!, $password: String!) { made: login(input: { name: $name, password: $password }) { ${problem} ... on LoggedIn { name secret } } }`,
      { variables: { name, password } },
    )
  ).made as { __typename: string; secret: string; message?: string; name?: string };

const credentials = (secret: string) => ({ token: secret, address: '127.0.0.1' });

test('the built-in roles are there, once, and are neither changed nor deleted', async () => {
  const graph = await open();
  await ensureRoles(graph.db);
  const { roles } = await graph.data('{ roles { nodes { name builtin permissions bindings { totalCount } } } }');
  expect(roles.nodes.map(({ name }: { name: string }) => name)).toEqual(['admin', 'operator', 'viewer']);
  for (const field of [
    'updateRole(by: { name: "viewer" }, input: { permissions: [] })',
    'deleteRole(by: { name: "viewer" })',
  ])
    expect(await mutation(graph, field)).toMatchObject({
      __typename: 'Conflict',
      message: 'The role "viewer" is built in.',
    });
});

test('a user has the permissions of its roles, by password and by token', async () => {
  const graph = await open();
  expect(await mutation(graph, makeUser('ann', 'viewer', 'operator'))).toEqual({ __typename: 'User' });
  const signedIn = await login(graph, 'ann', 'correct horse battery');
  expect(signedIn).toMatchObject({ __typename: 'LoggedIn', name: 'ann' });
  const ann = await graph.callers.identify(credentials(signedIn.secret));
  expect(ann).toMatchObject({ actor: 'user/ann', kind: 'user', roles: ['operator', 'viewer'] });
  const made = await token(graph, 'purpose: API, name: "ci", user: { name: "ann" }');
  const robot = await graph.callers.identify(credentials(made.secret));
  expect(robot.actor).toBe('user/ann');
  expect(new Set(robot.scope.map(({ action }) => action))).toEqual(new Set(['read', 'apply', 'destroy']));
  const { me } = await graph.data('{ me { actor kind name roles permissions sessions { purpose } } }', { caller: ann });
  expect(me).toEqual({
    actor: 'user/ann',
    kind: 'USER',
    name: 'ann',
    roles: ['operator', 'viewer'],
    permissions: ['apply:*:*:*', 'destroy:*:*:*', 'read:*:*:*'],
    sessions: [{ purpose: 'SESSION' }],
  });
});

test('what proves an identity is kept as a hash, and is in no change', async () => {
  const graph = await open();
  await mutation(graph, makeUser('ann', 'viewer'));
  const secrets = [
    'correct horse battery',
    (await login(graph, 'ann', 'correct horse battery')).secret,
    (await token(graph, 'purpose: API, user: { name: "ann" }')).secret,
    (await token(graph, 'purpose: BASTION, subject: "north"')).secret,
  ];
  const tables = ['lab_user', 'user_session', 'token', 'change'];
  for (const table of tables) {
    const { rows } = await graph.db.pool.query(`SELECT row_to_json(t)::text AS row FROM ${table} t`);
    const text = JSON.stringify(rows);
    for (const secret of secrets) expect(text).not.toContain(secret);
    if (table === 'change') {
      expect(text).not.toContain('argon2');
      expect(text).not.toMatch(/[0-9a-f]{64}/);
    }
  }
});

test('a wrong name and a wrong password are answered alike, are refusals in the log, and are throttled', async () => {
  const graph = await open();
  await mutation(graph, makeUser('ann', 'viewer'));
  const answers = [
    await login(graph, 'ann', 'wrong'),
    await login(graph, 'nobody', 'wrong'),
    await login(graph, 'a\u0000', 'x'),
  ];
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toMatchObject({ __typename: 'InvalidInput', message: 'The name or the password is wrong.' });
  const refused = await graph.db.prisma.change.findMany({ where: { outcome: 'REFUSED' }, orderBy: { rev: 'asc' } });
  expect(refused.map(({ kind, name, action }) => [kind, name, action])).toEqual([
    ['User', 'ann', 'login'],
    ['User', 'nobody', 'login'],
    ['User', 'a?', 'login'],
  ]);
  for (let i = 0; i < 12; i++) await login(graph, 'ann', 'wrong');
  expect(await login(graph, 'ann', 'correct horse battery')).toMatchObject({ __typename: 'Conflict' });
});

test('nobody gives, takes or changes what they do not hold', async () => {
  const graph = await open();
  await mutation(graph, makeUser('root', 'admin'));
  await mutation(graph, 'createRole(input: { name: "prod-reader", permissions: ["read:*:prod:*"] })');
  const some = holds('admin:*:*:*', 'read:*:prod:*');
  const denied = (permission: string) => ({ __typename: 'Forbidden', permission });
  expect(await mutation(graph, makeUser('eve', 'prod-reader'), some)).toEqual({ __typename: 'User' });
  expect(await mutation(graph, makeUser('mal', 'viewer'), some)).toMatchObject(denied('read:*:*:*'));
  expect(await mutation(graph, makeUser('mal', 'admin'), some)).toMatchObject(denied('*:*:*:*'));
  const attempts = [
    'createRole(input: { name: "mine", permissions: ["read:*:*:*"] })',
    'updateRole(by: { name: "prod-reader" }, input: { permissions: ["read:*:*:*"] })',
    'createRoleBinding(input: { user: { name: "eve" }, role: { name: "operator" } })',
    'updateUser(by: { name: "root" }, input: { password: "a password of mine" })',
    'deleteUser(by: { name: "root" })',
    'createToken(input: { purpose: API, user: { name: "root" } })',
  ];
  for (const attempt of attempts)
    expect(await mutation(graph, attempt, some), attempt).toMatchObject({ __typename: 'Forbidden' });
  expect(await graph.db.prisma.user.count({ where: { name: 'mal' } })).toBe(0);
  expect(await mutation(graph, 'deleteRole(by: { name: "prod-reader" })', some)).toMatchObject({
    __typename: 'Conflict',
    message: 'The role "prod-reader" is held by 1 user.',
  });
});

test('there is always somebody who may do everything', async () => {
  const graph = await open();
  await mutation(graph, makeUser('root', 'admin'));
  const { roleBindings } = await graph.data('{ roleBindings { nodes { id } } }');
  const attempts = [
    'deleteUser(by: { name: "root" })',
    'updateUser(by: { name: "root" }, input: { disabled: true })',
    `deleteRoleBinding(by: { id: "${roleBindings.nodes[0].id}" })`,
  ];
  for (const attempt of attempts)
    expect(await mutation(graph, attempt), attempt).toMatchObject({
      __typename: 'Conflict',
      message: 'Nobody would be left who may do everything.',
    });
  await mutation(graph, makeUser('second', 'admin'));
  expect(await mutation(graph, 'deleteUser(by: { name: "root" })')).toEqual({ __typename: 'User' });
});

test('who may do what is seen by administrators alone', async () => {
  const graph = await open();
  await mutation(graph, makeUser('ann', 'viewer'));
  for (const list of ['users', 'roles', 'roleBindings', 'tokens', 'sessions', 'agents']) {
    const { errors } = await graph.ask(`{ ${list} { totalCount } }`, {
      scope: holds('read:*:*:*', 'apply:*:*:*', 'destroy:*:*:*'),
    });
    expect(errors?.[0]?.originalError, list).toMatchObject({ name: 'Forbidden' });
  }
  const { users } = await graph.data('{ users { nodes { name } } }', { scope: holds('admin:*:*:users/*') });
  expect(users.nodes).toEqual([{ name: 'ann' }]);
});

test('a token, a session, a user that is disabled, a role that goes: each ends what lives on it', async () => {
  const graph = await open();
  await mutation(graph, makeUser('ann', 'viewer'));
  const { secret, token: made } = await token(graph, 'purpose: API, user: { name: "ann" }');
  const signedIn = await login(graph, 'ann', 'correct horse battery');
  const byToken = await graph.callers.identify(credentials(secret));
  const bySession = await graph.callers.identify(credentials(signedIn.secret));
  const ended: string[] = [];
  byToken.onEnd(() => ended.push('token'));
  bySession.onEnd(() => ended.push('session'));
  const scopes: number[] = [];
  byToken.onScope(() => scopes.push(byToken.scope.length));
  const { roleBindings } = await graph.data('{ roleBindings { nodes { id } } }');
  await mutation(graph, `deleteRoleBinding(by: { id: "${roleBindings.nodes[0].id}" })`);
  await graph.callers.refresh();
  expect([scopes, ended]).toEqual([[0], []]);
  await mutation(graph, `deleteToken(by: { name: "${made.name}" })`);
  await graph.callers.refresh();
  expect(ended).toEqual(['token']);
  await expect(graph.callers.identify(credentials(secret))).rejects.toThrow(Unauthenticated);
  await mutation(graph, 'updateUser(by: { name: "ann" }, input: { disabled: true })');
  await graph.callers.refresh();
  expect(ended).toEqual(['token', 'session']);
  expect(await login(graph, 'ann', 'correct horse battery')).toMatchObject({
    message: 'The name or the password is wrong.',
  });
});

test('a credential is worth nothing after its end, and what enrols is no credential', async () => {
  const graph = await open();
  await mutation(graph, makeUser('ann', 'viewer'));
  const { secret } = await token(graph, 'purpose: API, user: { name: "ann" }, ttl: 3600');
  const caller = await graph.callers.identify(credentials(secret));
  let ended = false;
  caller.onEnd(() => (ended = true));
  await graph.db.prisma.token.updateMany({ data: { expiresAt: new Date(Date.now() - 1000) } });
  await graph.callers.refresh();
  expect(ended).toBe(true);
  await expect(graph.callers.identify(credentials(secret))).rejects.toThrow('unknown, has expired or was revoked');
  const join = await token(graph, 'purpose: BASTION, subject: "north"');
  await expect(graph.callers.identify(credentials(join.secret))).rejects.toThrow(Unauthenticated);
  await expect(graph.callers.identify(credentials('nonsense'))).rejects.toThrow(Unauthenticated);
});

test('a link signs in once, whoever is quicker', async () => {
  const graph = await open();
  await mutation(graph, makeUser('ann', 'viewer'));
  const ann = await graph.callers.identify(credentials((await login(graph, 'ann', 'correct horse battery')).secret));
  const { link } = await graph.data('mutation { link: createSignInLink { ... on SignInLink { path } } }', {
    caller: ann,
  });
  const secret = link.path.split('#')[1];
  await expect(graph.callers.identify(credentials(secret))).rejects.toThrow(Unauthenticated);
  const signer = { address: '', agent: '' };
  const opened = await Promise.all(Array.from({ length: 5 }, () => openLink(graph.db, tester, secret, signer)));
  expect(opened.filter(Boolean)).toHaveLength(1);
  expect((await graph.callers.identify(credentials(opened.find(Boolean)!.secret))).actor).toBe('user/ann');
});

test('can-i tells who may do what, and why', async () => {
  const graph = await open();
  await mutation(graph, 'createRole(input: { name: "web", permissions: ["read:*:*:*", "apply:*:*:web-*"] })');
  await mutation(graph, makeUser('ann', 'web'));
  const can = async (question: string) =>
    (await graph.data(`{ canI(${question}, as: { name: "ann" }) { allowed permission by { role permission } } }`)).canI;
  expect(await can('action: APPLY, kind: Server, name: "web-1"')).toEqual({
    allowed: true,
    permission: 'apply:default:default:web-1',
    by: [{ role: 'web', permission: 'apply:*:*:web-*' }],
  });
  expect(await can('action: DESTROY, kind: Server, name: "web-1"')).toEqual({
    allowed: false,
    permission: 'destroy:default:default:web-1',
    by: [],
  });
  expect(await can('action: READ, kind: User')).toMatchObject({ allowed: false, permission: 'admin:*:*:users/*' });
  const { errors } = await graph.ask('{ canI(action: READ, kind: Server, as: { name: "ann" }) { allowed } }', {
    scope: holds('read:*:*:*'),
  });
  expect(errors?.[0]?.extensions).toEqual({ code: 'NOT_FOUND' });
});

test('a changed password ends all sessions and links but the one that changed it', async () => {
  const graph = await open();
  const { callers } = graph;
  await mutation(graph, makeUser('ann', 'viewer'));
  const words = 'correct horse battery';
  const [own, other] = [await login(graph, 'ann', words), await login(graph, 'ann', words)];
  const caller = await callers.identify(credentials(own.secret));
  await mutation(graph, 'createSignInLink', undefined, caller);
  const sessions = () => graph.db.prisma.session.count();
  expect(await sessions()).toBe(3);
  expect(
    await mutation(
      graph,
      `changePassword(input: { present: "${words}", wanted: "${words} staple" })`,
      undefined,
      caller,
    ),
  ).toEqual({ __typename: 'Done' });
  expect(await sessions()).toBe(1);
  const anew = new Callers(graph.db);
  expect((await anew.identify(credentials(own.secret))).actor).toBe('user/ann');
  await expect(anew.identify(credentials(other.secret))).rejects.toThrow(Unauthenticated);
  // One that an administrator sets ends them all.
  await mutation(graph, 'updateUser(by: { name: "ann" }, input: { password: "another one of ours" })');
  expect(await sessions()).toBe(0);
});
