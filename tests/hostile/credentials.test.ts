// Credentials: the table of those that are to outlive their reason, and ways to be signed in as somebody else, or to keep
// others from it.
import { describe, expect, test } from 'vitest';
import { hostileCases } from './cases.ts';
import { cookieOf, from, PASSWORD, peopleAt, type Headers } from './people.ts';
import { shareTarget } from './support.ts';
import { rows } from './tables/credentials.ts';

// The tests stand where a proxy would: each says which address it calls for.
const target = shareTarget({ LABD_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' });
const { person, login, linkOf, signIn } = peopleAt(target);
hostileCases(target, rows(target));

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
