// Documents that are kept under a name, and run by it, or by their hash over plain HTTP.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeFleet } from '../fleet.ts';
import { expectGolden, runLab, shareSite } from '../support.ts';
import { atTerminal } from '../terminal.ts';

const site = shareSite(makeFleet);

const byRack = `query ByRack($rack: String!) {
  servers(filter: { labels: $rack }) {
    nodes { name status bastion { name } nics { nodes { name ip } } }
  }
}
`;
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const save = (name: string, text: string, ...more: string[]) =>
  runLab(['query', 'save', name, '-f', '-', ...more], site.env, text);

interface Answer {
  data?: unknown;
  errors?: { message: string; extensions: { code: string } }[];
}

async function post(body: object, token = site.labd.token): Promise<Answer & { status: number }> {
  const response = await fetch(site.labd.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as Answer) };
}

const persisted = (text: string, more: object = {}) => ({
  extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(text) } },
  ...more,
});

describe('a stored query', () => {
  test.each([
    ['racks', '{ nothing }', [], '-f -: '],
    ['Not_A_Name', '{ servers { totalCount } }', [], 'NAME: '],
    ['racks', '{ servers { totalCount } }', ['--cloud', 'No Cloud'], '--cloud: '],
  ])('%s that is wrong, %s, is told by what was typed: %s', async (name, document, more, said) => {
    const { code, err } = await save(name, document, ...more);
    expect([code, err.split('\n')[0]]).toEqual([1, expect.stringMatching(`^Error: ${said}`)]);
  });

  test('is made, changed, listed, described, run in each format, and deleted', async () => {
    expect(await save('by-rack', 'query ByRack { servers { nodes { name } } }')).toMatchObject({
      out: 'query/by-rack created\n',
      code: 0,
    });
    expect(await save('by-rack', byRack, '--description', 'servers of one rack')).toMatchObject({
      out: 'query/by-rack saved\n',
      code: 0,
    });
    await expectGolden((await site.lab('get', 'queries')).out, 'get-queries.txt');
    await expectGolden((await site.lab('get', 'queries', '-o', 'wide')).out, 'get-queries-wide.txt');
    await expectGolden((await site.lab('get', 'query', 'by-rack', '-o', 'yaml')).out, 'get-query.yaml');
    await expectGolden((await site.lab('get', 'query', 'by-rack', '-o', 'json')).out, 'get-query.json');
    await expectGolden((await site.lab('describe', 'query', 'by-rack')).out, 'describe-query.txt');
    const run = ['query', 'run', 'by-rack', '--var', 'rack=rack=a1'];
    await expectGolden((await site.lab(...run)).out, 'query-run.txt');
    expect(JSON.parse((await site.lab(...run, '-o', 'json')).out)).toMatchObject({
      servers: { nodes: [{ name: 'labmaster', status: 'INSTALLED', bastion: { name: 'north' } }] },
    });
    expect((await site.lab(...run, '-o', 'yaml')).out).toContain('    - name: labmaster\n');
    expect(await site.lab('delete', 'query', 'by-rack', '--yes')).toMatchObject({ out: 'query/by-rack deleted\n' });
    expect(await site.lab(...run)).toMatchObject({ code: 3, err: expect.stringContaining('not found') as string });
  });

  test.each([
    [
      '{ servers { nodes { nmae } } }',
      'Cannot query field "nmae" on type "Server". Did you mean "name"? (line 1, column 21)',
    ],
    ['{ servers', 'Syntax Error: Expected Name, found <EOF>. (line 1, column 10)'],
    ['fragment F on Server { name }', 'Fragment "F" is never used. (line 1, column 1)'],
    ['', 'Syntax Error: Unexpected <EOF>.'],
  ])('that is %s is refused with the place', async (text, why) => {
    const { err, code } = await save('wrong', text);
    expect(err).toContain(`The document cannot be run: ${why}`);
    expect(code).toBe(1);
    expect((await site.lab('get', 'query', 'wrong')).code).toBe(3);
  });

  test('runs by its hash, by POST and by GET, with variables', async () => {
    await save('hashed', byRack);
    const expected = { servers: { nodes: [{ name: 'worker1' }] } };
    const variables = { rack: 'rack=a2' };
    expect(await post(persisted(byRack, { variables }))).toMatchObject({ status: 200, data: expected });
    const search = new URLSearchParams({
      extensions: JSON.stringify(persisted(byRack).extensions),
      variables: JSON.stringify(variables),
    });
    const got = await fetch(`${site.labd.url}?${search.toString()}`, {
      headers: { authorization: `Bearer ${site.labd.token}`, accept: 'application/json' },
    });
    expect(await got.json()).toMatchObject({ data: expected });
  });

  test('runs with the permissions of who runs it, and is not there for who may not see it', async () => {
    const document = '{ servers { nodes { name } } networks { nodes { name } } }';
    await save('everything', document);
    const token = async (name: string, ...permissions: string[]) => {
      const { createToken } = await site.ask<{ createToken: { secret: string } }>(`mutation {
        createRole(input: { name: "${name}", permissions: ${JSON.stringify(permissions)} }) { __typename }
        createUser(input: { name: "${name}", roles: [{ name: "${name}" }] }) { __typename }
        createToken(input: { name: "${name}", purpose: API, user: { name: "${name}" } }) { ... on CreatedToken { secret } }
      }`);
      return createToken.secret;
    };
    const some = await token('some', 'read:*:*:queries/*', 'read:*:prod:*', 'read:*:prod:networks/*');
    expect((await post(persisted(document), some)).data).toEqual({
      servers: { nodes: [{ name: 'worker1' }] },
      networks: { nodes: [] },
    });
    const none = await token('none', 'read:*:*:servers/*');
    expect(await post(persisted(document), none)).toMatchObject({
      status: 200,
      errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
    expect(await post(persisted(document), 'lab_pat_nonsense')).toMatchObject({ status: 401 });
  });

  test('that changes something runs by POST alone', async () => {
    const document = 'mutation { updateServer(by: { name: "worker1" }, input: { maintenance: true }) { __typename } }';
    await save('changes', document);
    const search = new URLSearchParams({ extensions: JSON.stringify(persisted(document).extensions) });
    const got = await fetch(`${site.labd.url}?${search.toString()}`, {
      headers: { authorization: `Bearer ${site.labd.token}` },
    });
    expect(got.status).toBe(405);
    expect((await post(persisted(document))).data).toEqual({ updateServer: { __typename: 'Server' } });
  });
});

describe('a stored query that changes things', () => {
  const document = `query Look { servers { nodes { name } } }
mutation Change { updateServer(by: { name: "worker1" }, input: { maintenance: true }) { __typename } }
`;

  test('says so when it is saved', async () => {
    expect(await save('turns', document)).toMatchObject({
      out: 'query/turns created\n',
      err: 'It changes things: whoever runs it is shown it, and asked.\n',
    });
    expect(await save('looks', byRack)).toMatchObject({ out: 'query/looks created\n', err: '' });
  });

  test('is run by nobody who cannot be asked, without --yes', async () => {
    await save('turns', document);
    const run = ['query', 'run', 'turns', '--operation', 'Change'];
    expect(await site.lab(...run)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('query/turns changes things, and nobody is there to be asked') as string,
    });
    expect(await site.lab(...run, '--yes', '-o', 'json')).toMatchObject({
      code: 0,
      out: expect.stringContaining('"__typename": "Server"') as string,
    });
    // What only looks is run as before, whatever else the document has.
    expect(await site.lab('query', 'run', 'turns', '--operation', 'Look')).toMatchObject({ code: 0 });
  });

  test('is shown on a terminal, and runs when its name is typed', async () => {
    await save('turns', document);
    const answers = (typed: string): [string, string][] => [['Type turns to run it:', `${typed}\r`]];
    const refused = await atTerminal('query run turns --operation Change', site.env, answers('yes'));
    expect(refused.code).toBe(1);
    expect(refused.shown).toContain('query/turns changes things, with your permissions:');
    expect(refused.shown).toContain('mutation Change { updateServer(by: { name: "worker1" }');
    expect(refused.shown).toContain('Nothing was done.');
    const run = await atTerminal('query run turns --operation Change -o json', site.env, answers('turns'));
    expect([run.code, run.shown.includes('"__typename": "Server"')]).toEqual([0, true]);
  });
});

describe('a hash', () => {
  test('that nobody knows is told so, and goes with its text once', async () => {
    const document = '{ about { version } } # of my own';
    const unknown = await post(persisted(document));
    expect(unknown).toMatchObject({ status: 200, errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] });
    expect(await post(persisted(document, { query: document }))).toMatchObject({ data: { about: {} } });
    expect(await post(persisted(document))).toMatchObject({ data: { about: {} } });
  });

  test('of another text is refused', async () => {
    const answer = await post(persisted('{ me { name } }', { query: '{ about { version } }' }));
    expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { code: 'PERSISTED_QUERY_HASH_MISMATCH' } }] });
  });

  test.each([null, 1, {}, { version: 2, sha256Hash: '0'.repeat(64) }, { version: 1, sha256Hash: '__proto__' }])(
    'that is %j is refused',
    async (persistedQuery) => {
      const answer = await post({ extensions: { persistedQuery } });
      expect(answer).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    },
  );

  test('of each of the documents of lab itself is known from the start', async () => {
    const known = JSON.parse(readFileSync('server/generated/documents.json', 'utf8')) as Record<string, string>;
    expect(Object.keys(known).length).toBeGreaterThan(50);
    for (const [hash, text] of Object.entries(known)) expect(hashOf(text)).toBe(hash);
    const { out } = await site.lab('get', 'servers', '-o', 'name');
    expect(out).toContain('server/labmaster');
    const text = Object.values(known).find((one) => one.startsWith('query Servers('))!;
    const variables = { first: 1, wide: false, full: false };
    expect(await post(persisted(text, { variables }))).toMatchObject({ data: { page: { nodes: [{}] } } });
  });
});
