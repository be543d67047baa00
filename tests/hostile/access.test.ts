// Access: credentials that are not, or no longer, worth anything, and ways to more than one has.
import { afterEach, describe, expect, test } from 'vitest';
import { expectAlive, expectNoLeak, shareTarget } from './support.ts';

const target = shareTarget();
afterEach(() => expectAlive(target));

const me = '{ me { name } }';
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const problem = '{ __typename ... on UserError { message } ... on Forbidden { permission } }';

interface Secret {
  made: { secret: string; token?: { name: string } };
}

const make = async (input: string) =>
  (
    await target.data<Secret>(
      `mutation { made: createToken(input: { ${input} }) { ... on CreatedToken { secret token { name } } } }`,
    )
  ).made;

const login = (name: string, password: string) =>
  target.data<{ made: { __typename: string; secret?: string; message?: string } }>(
    'mutation ($name: String!, $password: String!) { made: login(input: { name: $name, password: $password }) { __typename ... on LoggedIn { secret } ... on UserError { message } } }',
    { name, password },
  );

describe('a credential', () => {
  const worthless: Record<string, () => Promise<string>> = {
    'that was deleted': async () => {
      const { secret, token } = await make('purpose: API');
      await target.data(`mutation { deleteToken(by: { name: "${token!.name}" }) { __typename } }`);
      return secret;
    },
    'that has expired': async () => {
      const { secret } = await make('purpose: API, ttl: 1');
      await expect
        .poll(async () => (await target.ask(me, { headers: bearer(secret) })).status, { timeout: 10_000 })
        .toBe(401);
      return secret;
    },
    'of a user that was deleted': async () => {
      const headers = await target.signIn('read:*:*:*');
      const { me: who } = JSON.parse((await target.ask(me, { headers })).text).data as { me: { name: string } };
      await target.data(`mutation { deleteUser(by: { name: "${who.name}" }) { __typename } }`);
      return headers.authorization.slice(7);
    },
    'of a user that was disabled': async () => {
      const headers = await target.signIn('read:*:*:*');
      const { me: who } = JSON.parse((await target.ask(me, { headers })).text).data as { me: { name: string } };
      await target.data(
        `mutation { updateUser(by: { name: "${who.name}" }, input: { disabled: true }) { __typename } }`,
      );
      return headers.authorization.slice(7);
    },
    'that lets a bastion join': async () => (await make('purpose: BASTION, subject: "north"')).secret,
    'that is a link': async () => {
      const { link } = await target.data<{ link: { path: string } }>(
        'mutation { link: createSignInLink { ... on SignInLink { path } } }',
      );
      return link.path.split('#')[1]!;
    },
    'of a session that was ended': async () => {
      await target.data(
        'mutation { createUser(input: { name: "leaver", password: "correct horse battery" }) { __typename } }',
      );
      const secret = (await login('leaver', 'correct horse battery')).made.secret!;
      await target.ask('mutation { logout { __typename } }', { headers: bearer(secret) });
      return secret;
    },
    'with one letter changed': async () => {
      const { secret } = await make('purpose: API');
      return secret.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x'));
    },
  };
  test.each(Object.entries(worthless))('%s is worth nothing', async (_name, secret) => {
    const given = await secret();
    const answer = await target.ask(me, { headers: bearer(given) });
    expect([answer.status, answer.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(answer.text).not.toContain(given);
    expectNoLeak(answer.text);
  });

  test('in a header counts before one in a cookie', async () => {
    const { secret } = await make('purpose: API');
    const headers = { ...bearer('nonsense'), cookie: `lab_session=${secret}` };
    expect((await target.ask(me, { headers })).status).toBe(401);
  });
});

describe('who may a little', () => {
  const attempts: [name: string, permissions: string[], mutation: string, permission: string | undefined][] = [
    [
      'makes itself an administrator',
      ['read:*:*:*', 'admin:*:*:users/*'],
      'createUser(input: { name: "x", roles: [{ name: "admin" }] })',
      undefined,
    ],
    [
      'makes a role with more',
      ['admin:*:*:roles/*'],
      'createRole(input: { name: "y", permissions: ["*:*:*:*"] })',
      '*:*:*:*',
    ],
    [
      'widens a role with a star',
      ['admin:*:*:roles/*', 'read:a:*:*'],
      'createRole(input: { name: "y", permissions: ["read:a*:*:*"] })',
      'read:a*:*:*',
    ],
    [
      "changes the administrator's password",
      ['admin:*:*:users/*'],
      'updateUser(by: { name: "admin" }, input: { password: "a password of mine" })',
      '*:*:*:*',
    ],
    [
      'disables the administrator',
      ['admin:*:*:users/*'],
      'updateUser(by: { name: "admin" }, input: { disabled: true })',
      '*:*:*:*',
    ],
    ['deletes the administrator', ['admin:*:*:users/*'], 'deleteUser(by: { name: "admin" })', '*:*:*:*'],
    [
      'makes a token for the administrator',
      ['admin:*:*:users/*', 'admin:*:*:tokens/*'],
      'createToken(input: { purpose: API, user: { name: "admin" } })',
      '*:*:*:*',
    ],
    [
      'lets a bastion join',
      ['admin:*:*:tokens/*'],
      'createToken(input: { purpose: BASTION, subject: "mine" })',
      'admin:default:default:bastions/mine',
    ],
    [
      'moves what is its own to where it may not',
      ['read:*:*:*', 'apply:a:*:*'],
      'createNetwork(input: { name: "n", cloud: "b", cidr: "10.0.0.0/8" })',
      'apply:b:default:networks/n',
    ],
    [
      'names a network like a server that it may change',
      ['apply:*:*:web-1'],
      'createNetwork(input: { name: "web-1", cidr: "10.0.0.0/8" })',
      'apply:default:default:networks/web-1',
    ],
    [
      'speaks for a bastion',
      ['*:*:*:*'],
      'openUplink(input: { name: "b", cloud: "a", environment: "a", instance: "01a207fe-2773-763c-ba86-e516f818fef2", protocol: 1, software: "x", oldest: 0, newest: 0 })',
      'uplink:*:*:*',
    ],
  ];
  test.each(attempts)('%s, and is refused', async (_name, permissions, mutation, permission) => {
    const headers = await target.signIn(...permissions);
    const answer = await target.ask(`mutation { made: ${mutation} ${problem} }`, { headers });
    const { made } = (JSON.parse(answer.text) as { data: { made: { __typename: string; permission?: string } } }).data;
    if (permission === undefined) expect(['Forbidden', 'InvalidInput']).toContain(made.__typename);
    else expect(made).toMatchObject({ __typename: 'Forbidden', permission });
    expectNoLeak(answer.text);
  });

  test('sees nothing of what it may not see, whichever way it asks', async () => {
    await target.data(
      'mutation { createServer(input: { name: "secret-server", mac: "02:00:00:00:00:99", cloud: "hidden" }) { __typename } createCluster(input: { name: "open", cloud: "shown" }) { __typename } createClusterMember(input: { cluster: { name: "open" }, server: { name: "secret-server" }, role: WORKER }) { __typename } }',
    );
    const headers = await target.signIn('read:shown:*:*');
    const ways = [
      '{ servers { totalCount nodes { name } } }',
      '{ server(by: { mac: "02:00:00:00:00:99" }) { name } }',
      '{ server(by: { name: "secret-server" }) { name } }',
      '{ clusters { nodes { name health members { totalCount nodes { role server { name } } } } } }',
      '{ members { nodes { role server { name } } } }',
      '{ servers(filter: { name: { startsWith: "secret" } }) { nodes { name } } }',
      '{ canI(action: READ, kind: Server, name: "secret-server") { permission } }',
    ];
    for (const query of ways) {
      const { text, status } = await target.ask(query, { headers });
      expect(status, query).toBe(200);
      expect(text.replace('secret-server"', ''), query).not.toMatch(/"name":"secret|hidden/);
    }
  });

  test('guesses passwords at the speed of a clock', async () => {
    await target.data(
      'mutation { createUser(input: { name: "guessed", password: "correct horse battery" }) { __typename } }',
    );
    const answers = [];
    for (let i = 0; i < 14; i++) answers.push((await login('guessed', `guess number ${i}`)).made);
    expect(answers.slice(0, 10).every(({ __typename }) => __typename === 'InvalidInput')).toBe(true);
    expect(answers.at(-1)).toMatchObject({ __typename: 'Conflict' });
    expect((await login('guessed', 'correct horse battery')).made.__typename).toBe('Conflict');
  });
});
