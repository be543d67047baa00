// What outlives what: the table of lifetimes, obeyed by the graph with each kind of credential.
import { describe, expect, test } from 'vitest';
import { authorityOf, makeAuthority } from '../../../server/domain/access/authority.ts';
import type { Caller } from '../../../server/domain/access/caller.ts';
import { Callers, Unauthenticated } from '../../../server/domain/access/callers.ts';
import { lives, type Product } from '../../../server/domain/access/lifetimes.ts';
import { ensureRoles } from '../../../server/domain/access/roles.ts';
import { mint } from '../../../server/domain/access/secrets.ts';
import { openLink } from '../../../server/domain/access/session.ts';
import { signInAs } from '../../../server/domain/access/signin.ts';
import type { CredentialKind } from '../../../server/domain/maker.ts';
import { realSystem } from '../../../common/system.ts';
import { tester } from '../../support/database.ts';
import { openGraph } from '../../support/graph.ts';

const PASSWORD = 'correct horse battery';
const signer = { address: '127.0.0.1', agent: 'vitest' };
const problem = '__typename ... on UserError { message remedy } ... on InvalidInput { field }';

interface Answer {
  __typename: string;
  field?: string;
  message?: string;
  secret?: string;
  path?: string;
  token?: { name: string };
}

async function open() {
  const graph = await openGraph({
    calm: true,
    authority: await authorityOf(await makeAuthority(realSystem), realSystem),
  });
  const { db } = graph;
  await ensureRoles(db);
  const callers = new Callers(db);
  const by = (secret: string): Promise<Caller> => callers.identify({ token: secret, address: '127.0.0.1' });
  const as = async (caller: Caller | undefined, field: string): Promise<Answer> =>
    (await graph.data(`mutation { made: ${field} { ${problem} } }`, caller && { caller })).made as Answer;
  const secretOf = async (caller: Caller | undefined, input: string): Promise<string> => {
    const more = '... on CreatedToken { secret token { name } }';
    const text = `mutation { made: createToken(input: { ${input} }) { ${problem} ${more} } }`;
    const made = (await graph.data(text, caller && { caller })).made as Answer;
    if (made.secret === undefined) throw new Error(made.message);
    return made.secret;
  };
  const linkOf = async (caller: Caller): Promise<string> => {
    const { made } = await graph.data('mutation { made: createSignInLink { ... on SignInLink { path } } }', { caller });
    return (made as Answer).path!.split('#')[1]!;
  };
  await as(undefined, `createUser(input: { name: "ann", password: "${PASSWORD}", roles: [{ name: "admin" }] })`);
  await as(undefined, `createUser(input: { name: "bob", password: "${PASSWORD}" })`);
  const ann = await db.prisma.user.findUniqueOrThrow({ where: { name: 'ann' } });
  const byPassword = async () => by((await signInAs(db, tester, ann, signer, 'password')).secret);
  const byToken = (ttl = 3600) => secretOf(undefined, `purpose: API, user: { name: "ann" }, ttl: ${ttl}`).then(by);
  const lasting = async () => {
    const { text, hash, shown } = mint('lab_pat');
    const data = { name: `admin-${hash.slice(0, 6)}`, purpose: 'API', userId: ann.id, prefix: shown, tokenHash: hash };
    await db.prisma.token.create({ data });
    return by(text);
  };
  const follow = async (link: string) => by((await openLink(db, tester, link, signer))!.secret);
  const of: Partial<Record<CredentialKind, () => Promise<Caller>>> = {
    passwordSession: byPassword,
    providerSession: async () => by((await signInAs(db, tester, ann, signer, 'idToken')).secret),
    linkedSession: async () => follow(await linkOf(await byPassword())),
    endingToken: byToken,
    lastingToken: lasting,
  };
  /** What a row says of what was made last. */
  const madeLast = async (product: Product) => {
    const orderBy = [{ createdAt: 'desc' }, { id: 'desc' }] as { createdAt: 'desc' }[];
    if (product === 'link') return db.prisma.session.findFirst({ where: { purpose: 'LINK' }, orderBy });
    if (product === 'token' || product === 'joinToken') return db.prisma.token.findFirst({ orderBy });
    return null;
  };
  return { ...graph, callers, by, as, secretOf, linkOf, follow, byPassword, byToken, lasting, of, ann, madeLast };
}

/** How each thing is made, where it is made with a mutation, and which field a refusal names. */
const ways: Partial<Record<Product, readonly [mutation: string, field: string]>> = {
  link: ['createSignInLink', 'by'],
  token: ['createToken(input: { purpose: API })', 'input.ttl'],
  joinToken: ['createToken(input: { purpose: BASTION, subject: "north" })', 'input.ttl'],
  changedPassword: [`changePassword(input: { present: "${PASSWORD}", wanted: "${PASSWORD} staple" })`, 'input.wanted'],
  firstPassword: ['changePassword(input: { wanted: "a password of mine" })', 'input.wanted'],
  othersPassword: ['updateUser(by: { name: "bob" }, input: { password: "a password of mine" })', 'input.password'],
  ownIdentity: ['updateUser(by: { name: "ann" }, input: { issuer: "https://sso.example" })', 'input.issuer'],
  user: ['createUser(input: { name: "carl", issuer: "https://sso.example", subject: "7" })', 'input'],
  grant: ['createRoleBinding(input: { user: { name: "bob" }, role: { name: "viewer" } })', 'input'],
};

describe.each(['passwordSession', 'providerSession', 'linkedSession', 'endingToken', 'lastingToken'] as const)(
  'a caller by %s',
  (kind) => {
    test('makes what the table says, for as long as it says', async () => {
      const lab = await open();
      const caller = await lab.of[kind]!();
      expect(caller.maker?.kind).toBe(kind);
      for (const [product, [mutation, field]] of Object.entries(ways) as [Product, [string, string]][]) {
        if (product === 'firstPassword')
          await lab.db.prisma.user.update({ where: { id: lab.ann.id }, data: { passwordHash: null } });
        const life = lives[kind][product];
        const made = await lab.as(caller, mutation);
        if (life === 'never') expect(made, product).toMatchObject({ __typename: 'InvalidInput', field });
        else expect(made, `${product} ${made.message}`).not.toHaveProperty('message');
        const row = await lab.madeLast(product);
        if (row) expect(row.madeWith, product).toBe(life === 'within' ? caller.credential : null);
        if (row && life === 'within' && caller.expiresAt)
          expect(row.expiresAt!.getTime(), product).toBeLessThanOrEqual(caller.expiresAt.getTime());
      }
    });
  },
);

describe('what was made with a credential', () => {
  test('goes when it is deleted, down to the last of the line, and each is a change', async () => {
    const lab = await open();
    const first = await lab.byToken();
    const second = await lab.secretOf(first, 'purpose: API');
    const third = await lab.secretOf(await lab.by(second), 'purpose: BASTION, subject: "north"');
    const session = await lab.follow(await lab.linkOf(await lab.by(second)));
    let ended = false;
    session.onEnd(() => (ended = true));
    const { id } = await lab.db.prisma.token.findFirstOrThrow({ where: { madeWith: null, purpose: 'API' } });
    await lab.as(undefined, `deleteToken(by: { id: "Token:${id}" })`);
    await lab.callers.refresh();
    expect(ended).toBe(true);
    await expect(lab.by(second)).rejects.toThrow(Unauthenticated);
    expect(third).toMatch(/^lab_join_/);
    expect([await lab.db.prisma.token.count(), await lab.db.prisma.session.count()]).toEqual([0, 0]);
    const gone = await lab.db.prisma.change.findMany({ where: { operation: 'DELETE', action: 'deleteToken' } });
    expect(gone.map(({ kind }) => kind).sort()).toEqual(['Session', 'Token', 'Token', 'Token']);
  });

  test('is worth nothing when it goes by SQL, and when the user that it hangs on is disabled', async () => {
    const lab = await open();
    const parent = await lab.byToken();
    const forBob = await lab.secretOf(parent, 'purpose: API, user: { name: "bob" }');
    const bob = await lab.by(forBob);
    expect(bob.actor).toBe('user/bob');
    let ended = '';
    bob.onEnd(() => (ended = bob.ended!));
    await lab.as(undefined, `createUser(input: { name: "root", roles: [{ name: "admin" }] })`);
    const changes = lab.db.prisma.change;
    await lab.as(undefined, 'updateUser(by: { name: "ann" }, input: { disabled: true })');
    await lab.callers.follow(await changes.findMany({ where: { action: 'updateUser' } }));
    expect(ended).toBe('Its credential was revoked');
    await expect(lab.by(forBob)).rejects.toThrow(Unauthenticated);
    await lab.as(undefined, 'updateUser(by: { name: "ann" }, input: { disabled: false })');
    expect((await lab.by(forBob)).actor).toBe('user/bob');
    await lab.db.pool.query('DELETE FROM token WHERE made_with IS NULL');
    await expect(new Callers(lab.db).identify({ token: forBob, address: '' })).rejects.toThrow(Unauthenticated);
  });

  test('for others goes with the user who made it', async () => {
    const lab = await open();
    await lab.as(undefined, `createUser(input: { name: "root", roles: [{ name: "admin" }] })`);
    const forBob = await lab.secretOf(await lab.byToken(), 'purpose: API, user: { name: "bob" }');
    await lab.as(undefined, 'deleteUser(by: { name: "ann" })');
    await expect(lab.by(forBob)).rejects.toThrow(Unauthenticated);
    expect(await lab.db.prisma.token.count()).toBe(0);
  });

  test('a link is not opened any more once the token that made it is gone', async () => {
    const lab = await open();
    const link = await lab.linkOf(await lab.byToken());
    await lab.db.pool.query('DELETE FROM token');
    expect(await openLink(lab.db, tester, link, signer)).toBeUndefined();
  });

  test('a link outlives neither its token of a minute, nor does the session that it opens', async () => {
    const lab = await open();
    const caller = await lab.byToken(60);
    const session = await lab.follow(await lab.linkOf(caller));
    expect(session.expiresAt).toEqual(caller.expiresAt);
    expect(session.maker).toMatchObject({ kind: 'linkedSession', madeWith: caller.credential });
  });

  test('a session that was ended ends the one that its link opened', async () => {
    const lab = await open();
    const own = await lab.byPassword();
    const { secret } = (await openLink(lab.db, tester, await lab.linkOf(own), signer))!;
    const linked = await lab.by(secret);
    expect(linked.maker?.madeWith).toBe(own.credential);
    await lab.as(own, 'logout');
    await lab.callers.refresh();
    await expect(lab.by(secret)).rejects.toThrow(Unauthenticated);
    expect(await lab.db.prisma.session.count()).toBe(0);
  });

  test('a token that somebody made who had signed in stays when they sign out', async () => {
    const lab = await open();
    const own = await lab.byPassword();
    const secret = await lab.secretOf(own, 'purpose: API, ttl: 7776000');
    await lab.as(own, 'logout');
    expect((await lab.by(secret)).actor).toBe('user/ann');
  });

  test('a role that was given stays when the token goes, and the trail says who gave it', async () => {
    const lab = await open();
    const caller = await lab.byToken();
    await lab.as(caller, 'createRoleBinding(input: { user: { name: "bob" }, role: { name: "viewer" } })');
    await lab.db.pool.query('DELETE FROM token');
    const { roleBindings } = await lab.data('{ roleBindings { nodes { grantedBy user { name } } } }');
    expect(roleBindings.nodes).toContainEqual({ grantedBy: 'user/ann', user: { name: 'bob' } });
  });

  test('nobody sets their own password without giving the present one', async () => {
    const lab = await open();
    for (const caller of [await lab.byPassword(), await lab.lasting()])
      expect(
        await lab.as(caller, 'updateUser(by: { name: "ann" }, input: { password: "a password of mine" })'),
      ).toMatchObject({ __typename: 'InvalidInput', field: 'input.password' });
  });
});
