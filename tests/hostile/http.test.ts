// HTTP: requests that no client sends, and those that a page of somebody else's has a browser send.
import { afterEach, describe, expect, test } from 'vitest';
import { expectAlive, expectNoLeak, shareTarget } from './support.ts';

const target = shareTarget();
afterEach(() => expectAlive(target));

const query = '{"query":"{ about { version } }"}';

/** A request as bytes; headers that are empty are left out. */
function request(
  headers: Record<string, string> = {},
  { method = 'POST', path = '/graphql', body = query, version = '1.1' } = {},
): string {
  const all: Record<string, string> = {
    Host: `127.0.0.1:${target.port}`,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Authorization: target.labd.headers['authorization']!,
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== '');
  return `${method} ${path} HTTP/${version}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

type Case = [name: string, bytes: () => string | Buffer, status: number, code?: string];

const cases: Case[] = [
  ['another Host', () => request({ Host: 'evil.example' }), 421, 'HOST_REFUSED'],
  ['a Host that rebinds', () => request({ Host: `labd.evil.example:${target.port}` }), 421, 'HOST_REFUSED'],
  ['a Host with a user', () => request({ Host: '127.0.0.1@evil.example' }), 421, 'HOST_REFUSED'],
  ['no Host', () => request({ Host: '' }), 400],
  ['an Origin elsewhere', () => request({ Origin: 'https://evil.example' }), 403, 'ORIGIN_REFUSED'],
  ['the Origin null', () => request({ Origin: 'null' }), 403, 'ORIGIN_REFUSED'],
  ['an Origin of another port', () => request({ Origin: 'http://127.0.0.1:1' }), 403, 'ORIGIN_REFUSED'],
  ['a page of another site', () => request({ 'Sec-Fetch-Site': 'cross-site' }), 403, 'ORIGIN_REFUSED'],
  ['a page of a sister site', () => request({ 'Sec-Fetch-Site': 'same-site' }), 403, 'ORIGIN_REFUSED'],
  [
    'a form',
    () => request({ 'Content-Type': 'application/x-www-form-urlencoded' }, { body: 'query={about{version}}' }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['plain text', () => request({ 'Content-Type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  [
    'a multipart form',
    () => request({ 'Content-Type': 'multipart/form-data; boundary=x' }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  [
    'another charset',
    () => request({ 'Content-Type': 'application/json; charset=utf-7' }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['no Content-Type', () => request({ 'Content-Type': '' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['a compressed body', () => request({ 'Content-Encoding': 'gzip' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['several operations at once', () => request({}, { body: `[${query},${query}]` }), 400, 'BAD_REQUEST'],
  ['a body that is a number', () => request({}, { body: '7' }), 400, 'BAD_REQUEST'],
  ['a body that is null', () => request({}, { body: 'null' }), 400, 'BAD_REQUEST'],
  ['a body that is no JSON', () => request({}, { body: '{"query":' }), 400, 'BAD_REQUEST'],
  ['an empty body', () => request({}, { body: '' }), 400, 'BAD_REQUEST'],
  [
    'a parameter that answers for labd',
    () => request({}, { body: '{"query":"{ about { version } }","status":200}' }),
    400,
    'BAD_REQUEST',
  ],
  [
    'a prototype among the parameters',
    () => request({}, { body: '{"query":"{ about { version } }","__proto__":{"caller":1}}' }),
    400,
    'BAD_REQUEST',
  ],
  [
    'a mutation by GET',
    () =>
      request(
        { 'Content-Length': '', 'Content-Type': '' },
        { method: 'GET', path: '/graphql?query=mutation%7Blogout%7B__typename%7D%7D', body: '' },
      ),
    405,
    'BAD_REQUEST',
  ],
  [
    'a query by GET without a credential',
    () =>
      request(
        { Authorization: '', 'Content-Length': '', 'Content-Type': '' },
        { method: 'GET', path: '/graphql?query=%7Babout%7Bversion%7D%7D', body: '' },
      ),
    401,
    'UNAUTHENTICATED',
  ],
  ['PUT', () => request({}, { method: 'PUT' }), 405, 'BAD_REQUEST'],
  ['DELETE', () => request({}, { method: 'DELETE' }), 405, 'BAD_REQUEST'],
  ['a method that is none', () => request({}, { method: 'FROB' }), 400],
  ['a path with dots', () => request({}, { path: '/graphql/../metrics' }), 404],
  ['a path with encoded dots', () => request({}, { path: '/graphiql/%2e%2e/%2e%2e/package.json' }), 404],
  [
    'a path to a file',
    () => request({ 'Content-Length': '' }, { method: 'GET', path: '/graphiql/../../../etc/passwd', body: '' }),
    404,
  ],
  ['two slashes', () => request({}, { path: '//graphql' }), 404],
  ['a path of a prototype', () => request({}, { path: '/__proto__' }), 404],
  ['a header without an end', () => `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(80_000)}`, 431],
  ['a length and chunks at once', () => request({ 'Transfer-Encoding': 'chunked' }), 400],
  ['two lengths', () => request().replace('Content-Length', 'Content-Length: 3\r\nContent-Length'), 400],
  ['a negative length', () => request({ 'Content-Length': '-1' }), 400],
  ['a NUL in a header', () => request({ 'X-Request-Id': 'a\u0000b' }), 400],
  ['bytes that are no HTTP', () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03]), 400],
  [
    'metrics without a credential',
    () => request({ Authorization: '', 'Content-Length': '' }, { method: 'GET', path: '/metrics', body: '' }),
    401,
    'UNAUTHENTICATED',
  ],
  ['a token that is none', () => request({ Authorization: 'Bearer nonsense' }), 401, 'UNAUTHENTICATED'],
  ['an empty token', () => request({ Authorization: 'Bearer ' }), 401, 'UNAUTHENTICATED'],
  [
    'a password where a token belongs',
    () => request({ Authorization: 'Basic YWRtaW46YWRtaW4=' }),
    401,
    'UNAUTHENTICATED',
  ],
  [
    'a cookie that is none',
    () => request({ Authorization: '', Cookie: 'lab_session=lab_ses_x' }),
    401,
    'UNAUTHENTICATED',
  ],
  [
    'a sign-in by a form',
    () =>
      request(
        { 'Content-Type': 'application/x-www-form-urlencoded' },
        { path: '/sign-in', body: 'name=admin&password=admin' },
      ),
    403,
  ],
  [
    'a sign-in from another site',
    () => request({ Origin: 'https://evil.example' }, { path: '/sign-in', body: '{"name":"a","password":"b"}' }),
    403,
    'ORIGIN_REFUSED',
  ],
  ['a sign-in of many bytes', () => request({}, { path: '/sign-in', body: `{"name":"${'x'.repeat(5000)}"}` }), 403],
  ['a sign-out by GET', () => request({ 'Content-Length': '' }, { method: 'GET', path: '/sign-out', body: '' }), 405],
];

describe('HTTP', () => {
  test.each(cases)('%s', async (_name, bytes, status, code) => {
    const answer = await target.raw(bytes());
    expect([answer.status, answer.code]).toEqual([status, code]);
    expectNoLeak(answer.text);
  });

  test('a request id that would break a line is replaced', async () => {
    const answer = await target.raw(request({ 'X-Request-Id': 'a b<script>' }));
    expect(answer.status).toBe(200);
    expect(answer.headers['x-request-id']).toMatch(/^[\w-]+$/);
  });

  test('no page elsewhere may read an answer', async () => {
    const answer = await target.raw(request({ Origin: 'https://evil.example' }, { method: 'OPTIONS', body: '' }));
    expect(answer.status).toBe(403);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('the cookie of a session is out of reach of scripts and of other sites', async () => {
    await target.signIn('read:*:*:*');
    const body = '{"name":"user-1","password":"correct horse battery"}';
    const answer = await target.raw(request({ Authorization: '' }, { path: '/sign-in', body }));
    expect(answer.status).toBe(200);
    expect(answer.headers['set-cookie']).toMatch(
      /^lab_session=lab_ses_\w{38}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
    );
    expect(answer.text).not.toContain('lab_ses_');
  });

  test('a body that never ends holds up nobody', async () => {
    const slow = target.raw(request({ 'Content-Length': '1000' }).slice(0, -5), 1_500);
    await expectAlive(target);
    expect((await slow).status).toBe(0);
  });
});
