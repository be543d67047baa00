// Access: credentials that are not, or no longer, worth anything, and ways to more than one has.
import { expect } from 'vitest';
import type { HostileCase } from '../cases.ts';
import { expectNoLeak, type Target } from '../support.ts';

export const me = '{ me { name } }';
export const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const problem = '{ __typename ... on UserError { message } ... on Forbidden { permission } }';

interface Secret {
  made: { secret: string; token?: { name: string } };
}

const make = async (target: Target, input: string) =>
  (
    await target.data<Secret>(
      `mutation { made: createToken(input: { ${input} }) { ... on CreatedToken { secret token { name } } } }`,
    )
  ).made;

export const login = (target: Target, name: string, password: string) =>
  target.data<{ made: { __typename: string; secret?: string; message?: string } }>(
    'mutation ($name: String!, $password: String!) { made: login(input: { name: $name, password: $password }) { __typename ... on LoggedIn { secret } ... on UserError { message } } }',
    { name, password },
  );

/** Makes each, of the nth one asked for. */
const worthless: Record<string, (target: Target, n: number) => Promise<string>> = {
  'that was deleted': async (target) => {
    const { secret, token } = await make(target, 'purpose: API');
    await target.data(`mutation { deleteToken(by: { name: "${token!.name}" }) { __typename } }`);
    return secret;
  },
  'that has expired': async (target) => {
    const { secret } = await make(target, 'purpose: API, ttl: 1');
    await expect
      .poll(async () => (await target.ask(me, { headers: bearer(secret) })).status, { timeout: 10_000 })
      .toBe(401);
    return secret;
  },
  'of a user that was deleted': async (target) => {
    const headers = await target.signIn('read:*:*:*');
    const { me: who } = JSON.parse((await target.ask(me, { headers })).text).data as { me: { name: string } };
    await target.data(`mutation { deleteUser(by: { name: "${who.name}" }) { __typename } }`);
    return headers.authorization.slice(7);
  },
  'of a user that was disabled': async (target) => {
    const headers = await target.signIn('read:*:*:*');
    const { me: who } = JSON.parse((await target.ask(me, { headers })).text).data as { me: { name: string } };
    await target.data(`mutation { updateUser(by: { name: "${who.name}" }, input: { disabled: true }) { __typename } }`);
    return headers.authorization.slice(7);
  },
  'that lets a bastion join': async (target) => (await make(target, 'purpose: BASTION, subject: "north"')).secret,
  'that is a link': async (target) => {
    const { link } = await target.data<{ link: { path: string } }>(
      'mutation { link: createSignInLink { ... on SignInLink { path } } }',
    );
    return link.path.split('#')[1]!;
  },
  'of a session that was ended': async (target, n) => {
    await target.data(
      `mutation { createUser(input: { name: "leaver-${n}", password: "correct horse battery" }) { __typename } }`,
    );
    const secret = (await login(target, `leaver-${n}`, 'correct horse battery')).made.secret!;
    await target.ask('mutation { logout { __typename } }', { headers: bearer(secret) });
    return secret;
  },
  'with one letter changed': async (target) => {
    const { secret } = await make(target, 'purpose: API');
    return secret.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x'));
  },
};
/** The permission is the one that the refusal names; where there is none, they see no role that they could give. */
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

export const rows = (target: Target): HostileCase[] => [
  ...Object.entries(worthless).map(([what, secret]): HostileCase => ({
    name: `A credential ${what}`,
    code: 'UNAUTHENTICATED',
    status: 401,
    attack: async (n) => {
      const given = await secret(target, n);
      const answer = await target.ask(me, { headers: bearer(given) });
      expect(answer.text).not.toContain(given);
      return answer;
    },
    also: ({ text }) => expectNoLeak(text!),
  })),
  ...attempts.map(([what, permissions, mutation, permission]): HostileCase => ({
    name: `Somebody who may a little and ${what}`,
    code: permission === undefined ? 'InvalidInput' : 'Forbidden',
    attack: async () => {
      const headers = await target.signIn(...permissions);
      const { text } = await target.ask(`mutation { made: ${mutation} ${problem} }`, { headers });
      const { data } = JSON.parse(text) as { data: { made: { __typename: string; permission?: string } } };
      expect(data.made.permission).toBe(permission);
      return { text, code: data.made.__typename };
    },
    also: ({ text }) => expectNoLeak(text!),
  })),
];
