// Access: the table of credentials that are worth nothing and of ways to more than one has, and what one sees without.
import { afterEach, describe, expect, test } from 'vitest';
import { hostileCases } from './cases.ts';
import { expectAlive, shareTarget } from './support.ts';
import { bearer, login, me, rows } from './tables/access.ts';

const target = shareTarget();
afterEach(() => expectAlive(target));
hostileCases(target, rows(target));

describe('a credential', () => {
  test('in a header counts before one in a cookie', async () => {
    const { made } = await target.data<{ made: { secret: string } }>(
      'mutation { made: createToken(input: { purpose: API }) { ... on CreatedToken { secret } } }',
    );
    const headers = { ...bearer('nonsense'), cookie: `lab_session=${made.secret}` };
    expect((await target.ask(me, { headers })).status).toBe(401);
  });
});

describe('who may a little', () => {
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
    for (let i = 0; i < 14; i++) answers.push((await login(target, 'guessed', `guess number ${i}`)).made);
    expect(answers.slice(0, 10).every(({ __typename }) => __typename === 'InvalidInput')).toBe(true);
    expect(answers.at(-1)).toMatchObject({ __typename: 'Conflict' });
    expect((await login(target, 'guessed', 'correct horse battery')).made.__typename).toBe('Conflict');
  });
});
