// Credentials that are to outlive their reason, and ways to be signed in as somebody else, or to keep others from it.
import { describe, expect, test } from 'vitest';
import { hostileCases, type HostileCase } from './cases.ts';
import { shareTarget, type Answered } from './support.ts';

// The tests stand where a proxy would: each says which address it calls for.
const target = shareTarget({ LABD_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' });
const PASSWORD = 'correct horse battery';

type Headers = Record<string, string>;
const from = (address: string, more: Headers = {}): Headers => ({ 'x-forwarded-for': address, ...more });
const bearer = (secret: string): Headers => ({ authorization: `Bearer ${secret}` });

/** One mutation; its code is that of its error, or the type that it answers with when that is one. */
async function mutate(field: string, headers?: Headers): Promise<Answered & { made?: Record<string, string> }> {
  const answer = await target.ask(
    `mutation { made: ${field} { __typename ... on UserError { message remedy } ... on InvalidInput { field } } }`,
    headers && { headers },
  );
  const made = (JSON.parse(answer.text) as { data?: { made?: Record<string, string> } }).data?.made;
  const refused = /^(?:InvalidInput|Conflict|Forbidden|NotFound)$/.test(made?.['__typename'] ?? '');
  return { ...answer, code: answer.code ?? (refused ? made!['__typename'] : undefined), ...(made && { made }) };
}

const secretOf = async (input: string, headers = target.labd.headers): Promise<string> => {
  const { text } = await target.ask(
    `mutation { made: createToken(input: { ${input} }) { __typename ... on CreatedToken { secret } } }`,
    { headers },
  );
  return (JSON.parse(text) as { data: { made: { secret: string } } }).data.made.secret;
};

let made = 0;
/** A user with a password, and a token of an hour for it. */
async function person(): Promise<{ name: string; hour: Headers }> {
  const name = `person-${++made}`;
  await mutate(`createUser(input: { name: "${name}", password: "${PASSWORD}", roles: [{ name: "admin" }] })`);
  return { name, hour: bearer(await secretOf(`purpose: API, ttl: 3600, user: { name: "${name}" }`)) };
}

const login = (name: string, password: string, address: string) =>
  mutate(`login(input: { name: "${name}", password: "${password}" })`, from(address));

const linkOf = async (headers: Headers): Promise<string> => {
  const { text } = await target.ask('mutation { made: createSignInLink { ... on SignInLink { path } } }', { headers });
  return (JSON.parse(text) as { data: { made: { path: string } } }).data.made.path.split('#')[1]!;
};

/** A sign-in as the page sends it. The code is the one of the answer, where it has one, else its status. */
async function signIn(body: Headers, headers: Headers = {}): Promise<Answered & { cookies: string[] }> {
  const answer = await fetch(new URL('/sign-in', target.labd.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...from('192.0.2.80'), ...headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  const { errors } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
  return {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    text,
    code: errors?.[0]?.extensions.code,
    cookies: answer.headers.getSetCookie(),
  };
}

const cookieOf = ({ cookies }: { cookies: string[] }): string => cookies[0]!.split(';')[0]!;

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

const outliving = beyond.map(([what, mutation, field]): HostileCase => ({
  name: `A token of an hour that makes ${what}`,
  code: 'InvalidInput',
  attack: async () => {
    const name = `robot-${++made}`;
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

const others: HostileCase[] = [
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
    attack: async (n) => {
      const { name } = await person();
      const hour = bearer(await secretOf(`purpose: API, name: "gone-${made}-${n}", user: { name: "${name}" }`));
      const link = await linkOf(hour);
      await mutate(`deleteToken(by: { name: "gone-${made}-${n}" })`);
      return signIn({ link });
    },
  },
  {
    name: 'The session of a link whose token was deleted',
    code: 'UNAUTHENTICATED',
    status: 401,
    attack: async (n) => {
      const { name } = await person();
      const hour = bearer(await secretOf(`purpose: API, name: "left-${made}-${n}", user: { name: "${name}" }`));
      const cookie = cookieOf(await signIn({ link: await linkOf(hour) }));
      expect((await target.ask('{ me { name } }', { headers: { cookie } })).status).toBe(200);
      await mutate(`deleteToken(by: { name: "left-${made}-${n}" })`);
      return target.ask('{ me { name } }', { headers: { cookie } });
    },
  },
  {
    name: 'A token made by a token that was deleted',
    code: 'UNAUTHENTICATED',
    status: 401,
    attack: async (n) => {
      const parent = bearer(await secretOf(`purpose: API, name: "parent-${made}-${n}", ttl: 3600`));
      const child = bearer(await secretOf('purpose: API', parent));
      expect((await target.ask('{ me { name } }', { headers: child })).status).toBe(200);
      await mutate(`deleteToken(by: { name: "parent-${made}-${n}" })`);
      return target.ask('{ me { name } }', { headers: child });
    },
  },
];

hostileCases(target, [...outliving, ...others]);

describe('a link that somebody sent', () => {
  test('does not take the place of who is signed in before they are asked, and then signs in', async () => {
    const [own, other] = [await person(), await person()];
    const present = await signIn({ name: own.name, password: PASSWORD });
    expect(present.status).toBe(200);
    const cookie = cookieOf(present);
    const link = await linkOf(other.hour);
    const asked = await signIn({ link }, { cookie });
    expect([asked.status, asked.cookies]).toEqual([409, []]);
    expect(JSON.parse(asked.text)).toMatchObject({ present: own.name, wanted: other.name });
    const mistaken = await signIn({ link, replace: 'somebody' }, { cookie });
    expect(mistaken.status).toBe(409);
    expect((await target.ask('{ me { name } }', { headers: { cookie } })).text).toContain(own.name);
    const replaced = await signIn({ link, replace: own.name }, { cookie });
    expect(replaced.status).toBe(200);
    const headers = { cookie: cookieOf(replaced) };
    expect((await target.ask('{ me { name } }', { headers })).text).toContain(other.name);
    expect((await target.ask('{ me { name } }', { headers: { cookie } })).status).toBe(401);
  });

  test('is tried twenty times from one block, then not for a while', async () => {
    const answers: number[] = [];
    for (let i = 0; i < 24; i++)
      answers.push((await signIn({ link: 'lab_link_x' }, from(`2001:db8:0:9::${i}`))).status);
    expect(answers).toEqual([...Array.from({ length: 20 }, () => 403), 429, 429, 429, 429]);
    expect((await signIn({ link: 'lab_link_x' }, from('2001:db8:0:a::1'))).status).toBe(403);
  });
});

describe('the cookie', () => {
  const secure = /^__Host-lab_session=lab_ses_\w{38}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/;
  const plain = /^lab_session=lab_ses_\w{38}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/;
  test.each([
    ['is for TLS alone behind a proxy that ends it', { 'x-forwarded-proto': 'https' }, secure],
    ['is for TLS alone when the page came over TLS', { origin: 'https://HOST' }, secure],
    ['is not where there is none', {}, plain],
    ['is not when the proxy was called without', { 'x-forwarded-proto': 'http' }, plain],
  ] as [string, Headers, RegExp][])('%s', async (_name, headers, wanted) => {
    const { name } = await person();
    const host = `${target.host}:${target.port}`;
    const sent = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, value.replace('HOST', host)]));
    const { status, cookies } = await signIn({ name, password: PASSWORD }, sent);
    expect([status, cookies.length]).toEqual([200, 1]);
    expect(cookies[0]).toMatch(wanted);
  });

  test('that a neighbour planted without TLS counts for nothing over TLS', async () => {
    const { name } = await person();
    const planted = cookieOf(await signIn({ name, password: PASSWORD }));
    const over = (cookie: string) =>
      target.ask('{ me { name } }', { headers: { cookie, 'x-forwarded-proto': 'https' } });
    expect((await over(planted)).code).toBe('UNAUTHENTICATED');
    expect((await over(`__Host-${planted}`)).status).toBe(200);
  });
});

describe('who guesses a password', () => {
  test('all over a /64, is slowed like one, and slows nobody at another', async () => {
    const { name } = await person();
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 12; i++) codes.push((await login(name, `guess ${i}`, `2001:db8:1:1::${i}`)).code);
    expect(codes).toEqual([...Array.from({ length: 10 }, () => 'InvalidInput'), 'Conflict', 'Conflict']);
    expect((await login(name, PASSWORD, '2001:db8:1:1:ffff::1')).code).toBe('Conflict');
    expect((await login(name, PASSWORD, '2001:db8:1:2::1')).code).toBeUndefined();
  });

  test('with an IPv4 address in two spellings, has one', async () => {
    const { name } = await person();
    for (let i = 0; i < 10; i++) await login(name, `guess ${i}`, i % 2 ? '198.51.100.7' : '::ffff:198.51.100.7');
    expect((await login(name, 'guess', '::ffff:c633:6407')).code).toBe('Conflict');
  });

  test(
    'from everywhere, does not keep somebody out where they have signed in before',
    { timeout: 60_000 },
    async () => {
      const { name } = await person();
      expect((await login(name, PASSWORD, '203.0.113.5')).code).toBeUndefined();
      let slowed = 0;
      for (let i = 0; i < 104; i++)
        if ((await login(name, 'a guess', `100.64.${i}.1`)).code === 'Conflict') slowed += 1;
      expect(slowed).toBeGreaterThan(0);
      expect((await login(name, PASSWORD, '100.64.200.1')).code).toBe('Conflict');
      expect((await login(name, PASSWORD, '203.0.113.5')).code).toBeUndefined();
    },
  );

  test('and writes X-Forwarded-For behind the proxy, is seen as the proxy saw them', async () => {
    const { name } = await person();
    for (let i = 0; i < 10; i++) await login(name, `guess ${i}`, `192.0.2.${i}, 198.51.100.99, 10.1.2.3`);
    expect((await login(name, PASSWORD, '192.0.2.77, 198.51.100.99')).code).toBe('Conflict');
  });
});
