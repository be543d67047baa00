// Credentials that are to outlive their reason, and ways to be signed in as somebody else.
import { expect } from 'vitest';
import type { HostileCase } from '../cases.ts';
import { bearer, cookieOf, fresh, peopleAt, type Headers } from '../people.ts';
import type { Target } from '../support.ts';

/** What a token of an hour may not make. */
const beyond: readonly [name: string, mutation: (name: string) => string, field: string][] = [
  ['a token of a day', () => 'createToken(input: { purpose: API, ttl: 86400 })', 'input.ttl'],
  ['a token of an hour and a second', () => 'createToken(input: { purpose: API, ttl: 3601 })', 'input.ttl'],
  [
    'a join token of 30 days',
    () => 'createToken(input: { purpose: BASTION, subject: "b", ttl: 2592000 })',
    'input.ttl',
  ],
  [
    'a token of a year for somebody else',
    () => 'createToken(input: { purpose: API, user: { name: "admin" }, ttl: 31536000 })',
    'input.ttl',
  ],
  ['a first password for ever', () => 'changePassword(input: { wanted: "a password of mine" })', 'input.wanted'],
  [
    'its own password for ever, as an administrator',
    (name) => `updateUser(by: { name: "${name}" }, input: { password: "a password of mine" })`,
    'input.password',
  ],
  [
    "somebody else's password for ever",
    () => 'updateUser(by: { name: "admin" }, input: { password: "a password of mine" })',
    'input.password',
  ],
  [
    'a user with a password for ever',
    () => 'createUser(input: { name: "mallory", password: "a password of mine" })',
    'input.password',
  ],
  [
    'itself somebody at a provider for ever',
    (name) => `updateUser(by: { name: "${name}" }, input: { issuer: "https://sso.example", subject: "1" })`,
    'input.issuer',
  ],
];

type People = ReturnType<typeof peopleAt>;

const outliving = ({ mutate, secretOf }: People) =>
  beyond.map(([what, mutation, field]): HostileCase => ({
    name: `A token of an hour that makes ${what}`,
    code: 'InvalidInput',
    attack: async () => {
      const name = fresh('robot');
      await mutate(`createUser(input: { name: "${name}", roles: [{ name: "admin" }] })`);
      const hour = bearer(await secretOf(`purpose: API, ttl: 3600, user: { name: "${name}" }`));
      const answer = await mutate(mutation(name), hour);
      expect(answer.made).toMatchObject({ field });
      return answer;
    },
  }));

const origins: readonly [name: string, headers: Headers][] = [
  ['a page elsewhere', { origin: 'https://evil.example' }],
  ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
  ['a page of a sister site', { 'sec-fetch-site': 'same-site' }],
  ['a page without an origin', { origin: 'null' }],
];

const others = (target: Target, { mutate, secretOf, person, linkOf, signIn }: People): HostileCase[] => [
  ...origins.map(([who, headers]): HostileCase => ({
    name: `A link that ${who} opens`,
    code: 'ORIGIN_REFUSED',
    status: 403,
    attack: async () => signIn({ link: await linkOf(target.labd.headers) }, headers),
    also: ({ headers: answered }) => expect(answered?.['set-cookie']).toBeUndefined(),
  })),
  {
    name: "A sign-in link whose token is deleted before it is opened, so that it'd outlive it",
    code: undefined,
    status: 403,
    attack: async () => {
      const [token, { name }] = [fresh('token'), await person()];
      const hour = bearer(await secretOf(`purpose: API, name: "${token}", user: { name: "${name}" }`));
      const link = await linkOf(hour);
      await mutate(`deleteToken(by: { name: "${token}" })`);
      return signIn({ link });
    },
  },
  {
    name: 'The session of a link whose token was deleted',
    code: 'UNAUTHENTICATED',
    status: 401,
    attack: async () => {
      const [token, { name }] = [fresh('token'), await person()];
      const hour = bearer(await secretOf(`purpose: API, name: "${token}", user: { name: "${name}" }`));
      const cookie = cookieOf(await signIn({ link: await linkOf(hour) }));
      expect((await target.ask('{ me { name } }', { headers: { cookie } })).status).toBe(200);
      await mutate(`deleteToken(by: { name: "${token}" })`);
      return target.ask('{ me { name } }', { headers: { cookie } });
    },
  },
  {
    name: 'A token made by a token that was deleted',
    code: 'UNAUTHENTICATED',
    status: 401,
    attack: async () => {
      const token = fresh('token');
      const parent = bearer(await secretOf(`purpose: API, name: "${token}", ttl: 3600`));
      const child = bearer(await secretOf('purpose: API', parent));
      expect((await target.ask('{ me { name } }', { headers: child })).status).toBe(200);
      await mutate(`deleteToken(by: { name: "${token}" })`);
      return target.ask('{ me { name } }', { headers: child });
    },
  },
];

export const rows = (target: Target): HostileCase[] => {
  const people = peopleAt(target);
  return [...outliving(people), ...others(target, people)];
};
