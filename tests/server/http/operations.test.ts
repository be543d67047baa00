// Operations over HTTP as a caller meets them: answers, errors, request ids.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { post, startToy, type Toy } from './toy.ts';

let toy: Toy;
beforeAll(async () => {
  toy = await startToy();
});
afterAll(() => toy.stop());

describe('An operation over HTTP', () => {
  test('is answered as JSON, with variables and with the caller that identify() names', async () => {
    const { status, headers, body } = await post(toy.url, 'query Q($n: String) { hello(name: $n) whoami address }', {
      variables: { n: 'lab' },
    });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(body.data).toEqual({ hello: 'hello lab', whoami: 'user/somebody', address: '127.0.0.1' });
  });

  test('may be a query in the URL', async () => {
    const response = await fetch(
      `${toy.url}?query=${encodeURIComponent('query($n:String){hello(name:$n)}')}&variables=${encodeURIComponent('{"n":"url"}')}`,
    );
    expect(await response.json()).toEqual({ data: { hello: 'hello url' } });
  });

  test('writes only by POST', async () => {
    const before = toy.writes.count;
    const response = await fetch(`${toy.url}?query=${encodeURIComponent('mutation{write}')}`);
    expect(response.status).toBe(405);
    expect(toy.writes.count).toBe(before);
    expect((await post(toy.url, 'mutation{write}')).body.data).toEqual({ write: before + 1 });
  });

  test('that the caller gave up aborts what still runs for it', async () => {
    const leaving = new AbortController();
    const request = fetch(toy.url, {
      method: 'POST',
      signal: leaving.signal,
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{untilGone}"}',
    });
    await expect.poll(() => toy.streams.open).toBe(1);
    leaving.abort();
    await expect(request).rejects.toThrow();
    await expect.poll(() => toy.streams.open).toBe(0);
  });
});

describe('A request id', () => {
  test('is made, returned, and the same that resolvers and the log have', async () => {
    const { headers, body } = await post(toy.url, '{ requestId }');
    const id = headers.get('x-request-id');
    expect(id).toBeTruthy();
    expect(body.data).toEqual({ requestId: id });
    await expect
      .poll(() =>
        toy.logged.some((line) => line['requestId'] === id && line['operation'] === 'query' && line['status'] === 200),
      )
      .toBe(true);
  });

  test('is taken from the caller when it is harmless, and replaced when it is not', async () => {
    const kept = await post(toy.url, '{ requestId }', { headers: { 'x-request-id': 'ci-42/a:b' } });
    expect(kept.headers.get('x-request-id')).toBe('ci-42/a:b');
    const replaced = await post(toy.url, '{ requestId }', { headers: { 'x-request-id': '{"evil": true}' } });
    expect(replaced.headers.get('x-request-id')).toMatch(/^[\w-]+$/);
  });
});

describe('An error', () => {
  test('that nobody foresaw is masked, and the log has it under the id that the caller gets', async () => {
    const { status, headers, body } = await post(toy.url, '{ bug hello }');
    const id = headers.get('x-request-id')!;
    expect(status).toBe(200);
    expect(body.data).toEqual({ bug: null, hello: 'hello world' });
    expect(JSON.stringify(body)).not.toContain('hunter2');
    expect(body.errors).toMatchObject([
      {
        message: expect.stringContaining(id) as string,
        path: ['bug'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: id },
      },
    ]);
    expect(Object.keys(body.errors![0]!.extensions!)).not.toContain('unexpected');
    const line = toy.logged.find((one) => one['requestId'] === id && one['level'] === 50);
    expect(line).toMatchObject({ path: 'bug', err: { message: 'secret: the password is hunter2' } });
  });

  test('of the caller keeps its words, its remedy and a code', async () => {
    const { body } = await post(toy.url, '{ mistake }');
    expect(body.errors).toMatchObject([
      {
        message: 'This cursor is not one of labd’s',
        extensions: { code: 'INVALID_INPUT', field: 'after', remedy: 'Leave it out to begin anew' },
      },
    ]);
  });

  test('that a resolver made for the caller passes as it is', async () => {
    expect((await post(toy.url, '{ refused }')).body.errors).toMatchObject([
      { message: 'No', extensions: { code: 'NO' } },
    ]);
  });

  test('in the document says where, and the log of it holds no variables and no token', async () => {
    const { body } = await post(toy.url, 'query($p: String) { helo(name: $p) }', {
      variables: { p: 'variable-secret' },
      headers: { authorization: 'Bearer token-secret' },
    });
    expect(body.errors).toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' }, locations: [{ line: 1, column: 21 }] },
    ]);
    expect(JSON.stringify(toy.logged)).not.toMatch(/variable-secret|token-secret/);
  });
});

describe('While the database is away', () => {
  test('queries that need it say so, readiness is refused, and both recover by themselves', async () => {
    const readyz = toy.url.replace('/graphql', '/readyz');
    toy.database.up = false;
    const { body } = await post(toy.url, '{ stored hello }');
    expect(body.errors).toMatchObject([
      { message: expect.stringContaining('cannot be reached') as string, extensions: { code: 'DATABASE_UNAVAILABLE' } },
    ]);
    expect(body.data).toEqual({ stored: null, hello: 'hello world' });
    const refused = await fetch(readyz);
    expect([refused.status, await refused.text()]).toEqual([503, 'The database does not answer\n']);
    expect((await fetch(toy.url.replace('/graphql', '/healthz'))).status).toBe(200);
    toy.database.up = true;
    expect((await post(toy.url, '{ stored }')).body).toEqual({ data: { stored: 'stored' } });
    expect((await fetch(readyz)).status).toBe(200);
  });
});

describe('Metrics', () => {
  test('tell operations by type, failures, connections and whether the database answers', async () => {
    await post(toy.url, 'mutation { write }');
    await post(toy.url, '{ bug }');
    await post(toy.url, '{ nonsense');
    const response = await fetch(toy.url.replace('/graphql', '/metrics'));
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('text/plain');
    for (const type of ['query', 'mutation', 'none'])
      expect(text).toMatch(new RegExp(`labd_operation_duration_seconds_count\\{type="${type}"\\} [1-9]`));
    expect(text).toMatch(/labd_operations_failed_total\{type="query"\} [1-9]/);
    expect(text).toContain('labd_websocket_connections 0');
    expect(text).toContain('labd_database_up 1');
    expect(text).toMatch(/nodejs_eventloop_lag_seconds /);
  });
});
