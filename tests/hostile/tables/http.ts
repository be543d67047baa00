// HTTP: requests that no client sends, and those that a page of somebody else's has a browser send.
import type { HostileCase } from '../cases.ts';
import { expectNoLeak, type Target } from '../support.ts';

const query = '{"query":"{ about { version } }"}';

/** A request as bytes; headers that are empty are left out. */
export function requestTo(
  target: Target,
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

type Request = (headers?: Record<string, string>, more?: Parameters<typeof requestTo>[2]) => string;
type Row = [name: string, bytes: (request: Request, port: number) => string | Buffer, status: number, code?: string];

const requests: Row[] = [
  ['Another Host', (request) => request({ Host: 'evil.example' }), 421, 'HOST_REFUSED'],
  ['A Host that rebinds', (request, port) => request({ Host: `labd.evil.example:${port}` }), 421, 'HOST_REFUSED'],
  ['A Host with a user', (request) => request({ Host: '127.0.0.1@evil.example' }), 421, 'HOST_REFUSED'],
  ['No Host', (request) => request({ Host: '' }), 400],
  ['An Origin elsewhere', (request) => request({ Origin: 'https://evil.example' }), 403, 'ORIGIN_REFUSED'],
  ['The Origin null', (request) => request({ Origin: 'null' }), 403, 'ORIGIN_REFUSED'],
  ['An Origin of another port', (request) => request({ Origin: 'http://127.0.0.1:1' }), 403, 'ORIGIN_REFUSED'],
  ['A page of another site', (request) => request({ 'Sec-Fetch-Site': 'cross-site' }), 403, 'ORIGIN_REFUSED'],
  ['A page of a sister site', (request) => request({ 'Sec-Fetch-Site': 'same-site' }), 403, 'ORIGIN_REFUSED'],
  [
    'A form',
    (request) => request({ 'Content-Type': 'application/x-www-form-urlencoded' }, { body: 'query={about{version}}' }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['Plain text', (request) => request({ 'Content-Type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  [
    'A multipart form',
    (request) => request({ 'Content-Type': 'multipart/form-data; boundary=x' }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  [
    'Another charset',
    (request) => request({ 'Content-Type': 'application/json; charset=utf-7' }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
  ['No Content-Type', (request) => request({ 'Content-Type': '' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['A compressed body', (request) => request({ 'Content-Encoding': 'gzip' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['Several operations at once', (request) => request({}, { body: `[${query},${query}]` }), 400, 'BAD_REQUEST'],
  ['A body that is a number', (request) => request({}, { body: '7' }), 400, 'BAD_REQUEST'],
  ['A body that is null', (request) => request({}, { body: 'null' }), 400, 'BAD_REQUEST'],
  ['A body that is no JSON', (request) => request({}, { body: '{"query":' }), 400, 'BAD_REQUEST'],
  ['An empty body', (request) => request({}, { body: '' }), 400, 'BAD_REQUEST'],
  [
    'A parameter that answers for labd',
    (request) => request({}, { body: '{"query":"{ about { version } }","status":200}' }),
    400,
    'BAD_REQUEST',
  ],
  [
    'A prototype among the parameters',
    (request) => request({}, { body: '{"query":"{ about { version } }","__proto__":{"caller":1}}' }),
    400,
    'BAD_REQUEST',
  ],
  [
    'A mutation by GET',
    (request) =>
      request(
        { 'Content-Length': '', 'Content-Type': '' },
        { method: 'GET', path: '/graphql?query=mutation%7Blogout%7B__typename%7D%7D', body: '' },
      ),
    405,
    'BAD_REQUEST',
  ],
  [
    'A query by GET without a credential',
    (request) =>
      request(
        { Authorization: '', 'Content-Length': '', 'Content-Type': '' },
        { method: 'GET', path: '/graphql?query=%7Babout%7Bversion%7D%7D', body: '' },
      ),
    401,
    'UNAUTHENTICATED',
  ],
  ['PUT', (request) => request({}, { method: 'PUT' }), 405, 'BAD_REQUEST'],
  ['DELETE', (request) => request({}, { method: 'DELETE' }), 405, 'BAD_REQUEST'],
  ['A method that is none', (request) => request({}, { method: 'FROB' }), 400],
  ['A path with dots', (request) => request({}, { path: '/graphql/../metrics' }), 404],
  ['A path with encoded dots', (request) => request({}, { path: '/graphiql/%2e%2e/%2e%2e/package.json' }), 404],
  [
    'A path to a file',
    (request) => request({ 'Content-Length': '' }, { method: 'GET', path: '/graphiql/../../../etc/passwd', body: '' }),
    404,
  ],
  ['Two slashes', (request) => request({}, { path: '//graphql' }), 404],
  ['A path of a prototype', (request) => request({}, { path: '/__proto__' }), 404],
  ['A header without an end', () => `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(80_000)}`, 431],
  ['A length and chunks at once', (request) => request({ 'Transfer-Encoding': 'chunked' }), 400],
  ['Two lengths', (request) => request().replace('Content-Length', 'Content-Length: 3\r\nContent-Length'), 400],
  ['A negative length', (request) => request({ 'Content-Length': '-1' }), 400],
  ['A NUL in a header', (request) => request({ 'X-Request-Id': 'a\u0000b' }), 400],
  ['Bytes that are no HTTP', () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03]), 400],
  [
    'Metrics without a credential',
    (request) => request({ Authorization: '', 'Content-Length': '' }, { method: 'GET', path: '/metrics', body: '' }),
    401,
    'UNAUTHENTICATED',
  ],
  ['A token that is none', (request) => request({ Authorization: 'Bearer nonsense' }), 401, 'UNAUTHENTICATED'],
  ['An empty token', (request) => request({ Authorization: 'Bearer ' }), 401, 'UNAUTHENTICATED'],
  [
    'A password where a token belongs',
    (request) => request({ Authorization: 'Basic YWRtaW46YWRtaW4=' }),
    401,
    'UNAUTHENTICATED',
  ],
  [
    'A cookie that is none',
    (request) => request({ Authorization: '', Cookie: 'lab_session=lab_ses_x' }),
    401,
    'UNAUTHENTICATED',
  ],
  [
    'A sign-in by a form',
    (request) =>
      request(
        { 'Content-Type': 'application/x-www-form-urlencoded' },
        { path: '/sign-in', body: 'name=admin&password=admin' },
      ),
    403,
  ],
  [
    'A sign-in from another site',
    (request) => request({ Origin: 'https://evil.example' }, { path: '/sign-in', body: '{"name":"a","password":"b"}' }),
    403,
    'ORIGIN_REFUSED',
  ],
  [
    'A sign-in of many bytes',
    (request) => request({}, { path: '/sign-in', body: `{"name":"${'x'.repeat(5000)}"}` }),
    403,
  ],
  [
    'A sign-out by GET',
    (request) => request({ 'Content-Length': '' }, { method: 'GET', path: '/sign-out', body: '' }),
    405,
  ],
];

export const rows = (target: Target): HostileCase[] =>
  requests.map(([name, bytes, status, code]) => ({
    name,
    code,
    status,
    attack: () => target.raw(bytes((headers, more) => requestTo(target, headers, more), target.port)),
    also: ({ text }) => expectNoLeak(text!),
  }));
