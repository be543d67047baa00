// Each limit, at it and past it, over HTTP and over a WebSocket.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { overWebSocket as sendOverWebSocket, post, startToy, type Toy } from '../http/toy.ts';

let toy: Toy;
beforeAll(async () => {
  toy = await startToy({ allowedHosts: ['labd.example'], allowedOrigins: ['https://ui.example'] });
});
afterAll(() => toy.stop());

const BYTES = 256 * 1024;

/** A raw request, as no browser or fetch would let us send it. */
function raw(
  headers: Record<string, string>,
  body: string | string[] = '{"query":"{__typename}"}',
  method = 'POST',
  path = '/graphql',
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: toy.server.port,
        path,
        method,
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString(), headers: response.headers }),
        );
      },
    );
    sent.on('error', reject);
    for (const part of typeof body === 'string' ? [] : body) sent.write(part);
    sent.end(typeof body === 'string' ? body : undefined);
  });
}

const overWebSocket = (payload: object, headers: Record<string, string> = {}) =>
  sendOverWebSocket(toy.url, payload, headers);

/** An operation whose JSON has exactly this many bytes. */
function ofSize(bytes: number, wrap: (payload: object) => object = (payload) => payload): object {
  const payload = (name: string) => wrap({ query: 'query($n:String){hello(name:$n)}', variables: { n: name } });
  return payload('x'.repeat(bytes - JSON.stringify(payload('')).length));
}

describe('A request of 256 KB', () => {
  const fits = JSON.stringify(ofSize(BYTES));
  const exceeds = JSON.stringify(ofSize(BYTES + 1));

  test('is answered', async () => {
    expect(Buffer.byteLength(fits)).toBe(BYTES);
    expect((await raw({}, fits)).status).toBe(200);
    expect((await raw({}, [fits.slice(0, 1000), fits.slice(1000)])).status).toBe(200);
  });

  test('and one byte is refused, whether it says its length or not', async () => {
    for (const body of [exceeds, [exceeds.slice(0, 1000), exceeds.slice(1000)]]) {
      const { status, text } = await raw({}, body);
      expect(status).toBe(413);
      expect(JSON.parse(text)).toMatchObject({
        errors: [{ message: expect.stringContaining('256 KB') as string, extensions: { code: 'REQUEST_TOO_LARGE' } }],
      });
    }
  });

  test('and much more is refused before it has all been sent', async () => {
    const { status } = await raw(
      {},
      Array.from({ length: 40 }, () => 'x'.repeat(BYTES)),
    );
    expect(status).toBe(413);
    expect((await post(toy.url, '{ hello }')).status).toBe(200);
  });

  test('is the limit over a WebSocket too', async () => {
    const message = (payload: object) => ({ id: '1', type: 'subscribe', payload });
    const sized = (bytes: number) => (ofSize(bytes, message) as { payload: object }).payload;
    expect(await overWebSocket(sized(BYTES))).toMatchObject({ data: { hello: expect.any(String) as string } });
    expect(await overWebSocket(sized(BYTES + 1))).toBe(1009);
  });
});

describe('A document of 1,000 tokens', () => {
  // Eight tokens each, within the limit on aliases; validation gives up on hundreds that are the same.
  const aliased = Array.from({ length: 100 }, (_, n) => `a${n}: hello(name: "x") `).join('');
  const fits = `{ ${aliased} ${'__typename '.repeat(198)}}`;
  const exceeds = `{ ${aliased} ${'__typename '.repeat(199)}}`;
  const refusal = [
    { message: expect.stringContaining('1,000 tokens') as string, extensions: { code: 'DOCUMENT_TOO_LONG' } },
  ];

  test('is answered; one more token is a 400', async () => {
    expect((await post(toy.url, fits)).body).toMatchObject({ data: { __typename: 'Query' } });
    const { status, body } = await post(toy.url, exceeds);
    expect(status).toBe(400);
    expect(body.errors).toMatchObject(refusal);
  });

  test('is the limit over a WebSocket too', async () => {
    expect(await overWebSocket({ query: fits })).toMatchObject({ data: { __typename: 'Query' } });
    expect(await overWebSocket({ query: exceeds })).toMatchObject(refusal);
  });

  test('may nest as deep as it likes without harm', async () => {
    expect((await post(toy.url, `${'{a'.repeat(400_000 / 4)}`)).status).toBe(400);
    expect((await post(toy.url, `{ hello(name: ${'['.repeat(990)} }`)).body.errors).toHaveLength(1);
  });
});

describe('The body', () => {
  test.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/graphql',
    'application/json; charset=latin1',
  ])('is refused as %s', async (type) => {
    const before = toy.writes.count;
    const { status, text } = await raw({ 'content-type': type }, 'query=mutation{write}');
    expect(status).toBe(415);
    expect(text).toContain('application/json');
    expect(toy.writes.count).toBe(before);
  });

  test.each([
    ['a list of operations', '[{"query":"{__typename}"}]', 'one'],
    ['no JSON', '{"query":', 'not JSON'],
    ['no object', '"query"', 'object'],
    ['what looks like a finished answer', '{"status":200,"headers":{},"body":"x"}', 'unknown parameter'],
  ])('is refused when it is %s', async (_what, body, words) => {
    const { status, text } = await raw({}, body);
    expect(status).toBe(400);
    expect((JSON.parse(text) as { errors: { message: string }[] }).errors[0]!.message).toContain(words);
  });
});

describe('Host', () => {
  test.each(['localhost', '127.0.0.1:4000', 'LOCALHOST:1', '[::1]:4000', 'labd.example', 'labd.example:8080'])(
    'may be %s',
    async (host) => {
      expect((await raw({ host })).status).toBe(200);
      expect(await overWebSocket({ query: '{ hello }' }, { host })).toMatchObject({ data: {} });
    },
  );

  test.each([
    'evil.example',
    '192.0.2.1',
    'localhost.evil.example',
    '127.0.0.1.evil.example:4000',
    'evil.example:4000#localhost',
  ])('may not be %j', async (host) => {
    for (const path of ['/graphql', '/metrics', '/healthz'])
      expect((await raw({ host }, '', 'GET', path)).status).toBe(421);
    expect(await overWebSocket({ query: '{ hello }' }, { host })).toBe(421);
  });
});

describe('A browser', () => {
  const host = 'localhost:4000';
  test.each<[string, Record<string, string>]>([
    ['a page of labd', { origin: 'http://localhost:4000', 'sec-fetch-site': 'same-origin' }],
    ['a page of labd behind TLS', { origin: 'https://localhost:4000' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
    ['an allowed origin', { origin: 'https://ui.example', 'sec-fetch-site': 'cross-site' }],
  ])('may send %s', async (_what, headers) => {
    expect((await raw({ host, ...headers })).status).toBe(200);
    expect(await overWebSocket({ query: '{ hello }' }, { host, ...headers })).toMatchObject({ data: {} });
  });

  test.each<[string, Record<string, string>]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://localhost:3000' }],
    ['a sandboxed page', { origin: 'null' }],
    ['another site without an Origin', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['another port without an Origin', { 'sec-fetch-site': 'same-site' }],
  ])('may not send from %s', async (_what, headers) => {
    const { status, text } = await raw({ host, ...headers });
    expect(status).toBe(403);
    expect(text).toContain('LABD_ALLOWED_ORIGINS');
    expect(await overWebSocket({ query: '{ hello }' }, { host, ...headers })).toBe(403);
  });

  test('may follow a link to the page, but a link runs nothing', async () => {
    const link = {
      host,
      accept: 'text/html',
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await raw(link, '', 'GET')).headers['content-type']).toContain('text/html');
    expect((await raw(link, '', 'GET', '/graphql?query={__typename}')).status).toBe(403);
    expect((await raw({ ...link, 'sec-fetch-dest': 'iframe' }, '', 'GET')).status).toBe(403);
  });

  test('is told about origins only when they are allowed', async () => {
    const allowed = await raw(
      { host, origin: 'https://ui.example', 'access-control-request-method': 'POST' },
      '',
      'OPTIONS',
    );
    expect([allowed.status, allowed.headers['access-control-allow-origin']]).toEqual([204, 'https://ui.example']);
    const refused = await raw({ host, origin: 'https://evil.example' }, '', 'OPTIONS');
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([403, undefined]);
  });
});
