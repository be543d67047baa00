// Users whom an OpenID Connect provider vouches for: whose word is taken, and for whom.
import { generateKeyPair } from 'jose';
import { describe, expect, test } from 'vitest';
import { OpenId, signInByIdToken } from '../../../server/domain/access/openid.ts';
import { ensureRoles } from '../../../server/domain/access/roles.ts';
import { createThrottle } from '../../../server/domain/access/throttle.ts';
import { forgetUsedIdTokens } from '../../../server/domain/access/usedIdTokens.ts';
import { tester } from '../../support/database.ts';
import { openGraph, type TestGraph } from '../../support/graph.ts';
import { startIssuer, type Issuer } from '../../support/issuer.ts';
import { realSystem } from '../../../common/system.ts';

async function open(): Promise<{ graph: TestGraph; provider: Issuer }> {
  const provider = await startIssuer();
  const openId = new OpenId({ issuer: provider.issuer, clientId: 'lab', nameClaim: 'preferred_username' }, realSystem);
  const graph = await openGraph({ calm: true, openId });
  await ensureRoles(graph.db);
  return { graph, provider };
}

const signIn = async ({ data }: TestGraph, idToken: string) =>
  (
    await data(
      'mutation ($idToken: String!) { made: loginWithIdToken(input: { idToken: $idToken }) { __typename ... on UserError { message remedy } ... on LoggedIn { name } } }',
      { variables: { idToken } },
    )
  ).made as { __typename: string; name?: string; message?: string; remedy?: string };

const make = ({ data }: TestGraph, input: string) =>
  data(`mutation { createUser(input: { ${input} }) { __typename ... on UserError { message } } }`);

test('a user is found by what the provider calls it', async () => {
  const { graph, provider } = await open();
  await make(graph, `name: "ann", issuer: "${provider.issuer}", subject: "1234"`);
  const signedIn = await signIn(graph, await provider.idToken({ sub: '1234' }));
  expect(signedIn).toEqual({ __typename: 'LoggedIn', name: 'ann' });
});

test('a user that was made for the provider is linked by its name, once, and that is a change', async () => {
  const { graph, provider } = await open();
  await make(graph, `name: "ann", issuer: "${provider.issuer}"`);
  const token = (sub: string) => provider.idToken({ sub, preferred_username: 'Ann' });
  expect(await signIn(graph, await token('1'))).toMatchObject({ name: 'ann' });
  expect(await signIn(graph, await token('2'))).toMatchObject({ __typename: 'InvalidInput' });
  expect(await signIn(graph, await token('1'))).toMatchObject({ name: 'ann' });
  const linked = await graph.db.prisma.change.findMany({
    where: { action: 'loginWithIdToken', kind: 'User', outcome: 'DONE' },
  });
  expect(linked.map(({ after }) => (after as { subject: string }).subject)).toEqual(['1']);
});

test('an e-mail address counts only when the provider has verified it', async () => {
  const { graph, provider } = await open();
  await make(graph, `name: "ann", email: "ann@lab.example", issuer: "${provider.issuer}"`);
  const claims = { sub: '1', email: 'ann@lab.example' };
  expect(await signIn(graph, await provider.idToken(claims))).toMatchObject({ __typename: 'InvalidInput' });
  expect(await signIn(graph, await provider.idToken({ ...claims, email_verified: true }))).toMatchObject({
    name: 'ann',
  });
});

test('whom labd does not know is refused, told what an administrator types, and written down', async () => {
  const { graph, provider } = await open();
  await make(graph, 'name: "ann"');
  const answer = await signIn(graph, await provider.idToken({ sub: '7', preferred_username: 'ann' }));
  expect(answer).toMatchObject({
    __typename: 'InvalidInput',
    message: `${provider.issuer} vouches for "ann", whom labd does not know.`,
    remedy: `Ask an administrator to make the user: lab create user ann --issuer ${provider.issuer} --subject 7`,
  });
  expect(await graph.db.prisma.change.count({ where: { outcome: 'REFUSED', action: 'loginWithIdToken' } })).toBe(1);
});

test('a user that is disabled is refused like one that is unknown', async () => {
  const { graph, provider } = await open();
  await make(graph, `name: "ann", issuer: "${provider.issuer}", subject: "1", disabled: true`);
  const answer = await signIn(graph, await provider.idToken({ sub: '1' }));
  expect(answer.message).toContain('whom labd does not know');
});

describe('a token is not taken', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const cases: Record<string, (provider: Issuer) => Promise<string>> = {
    'that is for another client': ({ idToken }) => idToken({ sub: '1', aud: 'other' }),
    'of another provider': ({ idToken }) => idToken({ sub: '1', iss: 'https://evil.example' }),
    'that has expired': ({ idToken }) => idToken({ sub: '1', exp: now() - 60 }),
    'that is older than five minutes': ({ idToken }) => idToken({ sub: '1', iat: now() - 400, exp: now() + 400 }),
    'without a subject': ({ idToken }) => idToken({}),
    'that a shared secret signed': ({ idToken }) =>
      idToken({ sub: '1' }, { alg: 'HS256', key: new TextEncoder().encode('x'.repeat(32)) }),
    'that another key signed': async ({ idToken }) =>
      idToken({ sub: '1' }, { alg: 'ES256', key: (await generateKeyPair('ES256')).privateKey }),
    'that is an access token by its type': ({ idToken }) => idToken({ sub: '1' }, undefined, { typ: 'at+jwt' }),
    'that is an access token by its long type': ({ idToken }) =>
      idToken({ sub: '1' }, undefined, { typ: 'application/at+JWT' }),
    'that is an access token by its claims': ({ idToken }) => idToken({ sub: '1', typ: 'Bearer' }),
    'that is an access token by its scope': ({ idToken }) => idToken({ sub: '1', scope: 'openid profile' }),
    'that is an access token by its use': ({ idToken }) => idToken({ sub: '1', token_use: 'access' }),
    'that signs out': ({ idToken }) => idToken({ sub: '1' }, undefined, { typ: 'logout+jwt' }),
    'that signs out, by its claims': ({ idToken }) => idToken({ sub: '1', events: {} }),
    'that another client asked for': ({ idToken }) => idToken({ sub: '1', azp: 'other' }),
    'that is for several, without who asked': ({ idToken }) => idToken({ sub: '1', aud: ['lab', 'other'] }),
    'that is for several, and another asked': ({ idToken }) =>
      idToken({ sub: '1', aud: ['lab', 'other'], azp: 'other' }),
    'whose subject is a number': ({ idToken }) => idToken({ sub: 1 }),
    'whose subject is empty': ({ idToken }) => idToken({ sub: '' }),
    'whose subject has a NUL': ({ idToken }) => idToken({ sub: '1\u0000' }),
    'that was made in the future': ({ idToken }) => idToken({ sub: '1', iat: now() + 400, exp: now() + 800 }),
    'without when it was made': ({ idToken }) => idToken({ sub: '1', iat: undefined }),
    'that never ends': ({ idToken }) => idToken({ sub: '1', exp: undefined }),
    'that is none': () => Promise.resolve('a.b.c'),
  };
  test.each(Object.entries(cases))('%s', async (_name, token) => {
    const { graph, provider } = await open();
    await make(graph, `name: "ann", issuer: "${provider.issuer}", subject: "1"`);
    const answer = await signIn(graph, await token(provider));
    expect(answer).toMatchObject({ __typename: 'InvalidInput', remedy: 'Sign in again: lab login --oidc.' });
  });

  test.each([
    ['with the type of a JWT', { sub: '1' }, { typ: 'JWT' }],
    ['that says it is an ID token', { sub: '1', typ: 'ID' }, {}],
    ['for several, which labd asked for', { sub: '1', aud: ['lab', 'other'], azp: 'lab' }, {}],
    ['that lasts for a year', { sub: '1', exp: now() + 31_536_000 }, {}],
  ])('other than one %s', async (_name, claims, header) => {
    const { graph, provider } = await open();
    await make(graph, `name: "ann", issuer: "${provider.issuer}", subject: "1"`);
    expect(await signIn(graph, await provider.idToken(claims, undefined, header))).toMatchObject({ name: 'ann' });
  });

  test('twice, at another labd or after a new start', async () => {
    const { graph, provider } = await open();
    await make(graph, `name: "ann", issuer: "${provider.issuer}", subject: "1"`);
    const idToken = await provider.idToken({ sub: '1' });
    const settings = { issuer: provider.issuer, clientId: 'lab', nameClaim: 'preferred_username' };
    const tries = await Promise.allSettled(
      Array.from({ length: 4 }, () => {
        const labd = [new OpenId(settings, realSystem), createThrottle(realSystem.elapsed)] as const;
        return signInByIdToken(graph.db, ...labd, tester, idToken, { address: '', agent: '' });
      }),
    );
    expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    expect((await signIn(graph, idToken)).message).toContain('it was used already');
    expect(await forgetUsedIdTokens(graph.db)).toBe(0);
    await graph.db.prisma.usedIdToken.updateMany({ data: { expiresAt: new Date(Date.now() - 1) } });
    expect(await forgetUsedIdTokens(graph.db)).toBe(1);
  });

  test('twice', async () => {
    const { graph, provider } = await open();
    await make(graph, `name: "ann", issuer: "${provider.issuer}", subject: "1"`);
    const token = await provider.idToken({ sub: '1' });
    expect(await signIn(graph, token)).toMatchObject({ name: 'ann' });
    expect((await signIn(graph, token)).message).toContain('it was used already');
  });

  test('twice, not even with its signature written in another way', async () => {
    const { graph, provider } = await open();
    await make(graph, `name: "ann", issuer: "${provider.issuer}", subject: "1"`);
    const token = await provider.idToken({ sub: '1' });
    expect(await signIn(graph, token)).toMatchObject({ name: 'ann' });
    // Padding is what base64url may have or leave out: the same signature, and another text.
    const padded = `${token}==`;
    expect((await signIn(graph, padded)).message).toContain('it was used already');
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // The last digit has bits that stand for nothing.
    const last = digits[digits.indexOf(signature.at(-1)!) ^ 1]!;
    const respelt = `${signature.slice(0, -1)}${last}`;
    expect(Buffer.from(respelt, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
    expect((await signIn(graph, `${header}.${payload}.${respelt}`)).message).toContain('it was used already');
  });

  test('while the provider is away, and that is said', async () => {
    const { graph, provider } = await open();
    const token = await provider.idToken({ sub: '1' });
    await provider.stop();
    expect(await signIn(graph, token)).toMatchObject({
      __typename: 'Conflict',
      message: `The provider ${provider.issuer} does not answer.`,
    });
  });
});
