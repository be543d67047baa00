// Streams: WebSockets that do not keep to their protocol, and subscribers that take more than their share.
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { expectAlive, shareTarget } from './support.ts';

const target = shareTarget();
afterEach(() => expectAlive(target));

type Sent = string | Buffer | object;

/** Opens a WebSocket, sends some messages at once, and returns what came until it was closed, or for a while. */
function talk(
  messages: Sent[],
  { patience = 1_500, headers = {}, path = '/graphql', protocol = 'graphql-transport-ws' } = {},
) {
  return new Promise<{ code: number | undefined; reason: string; said: string[] }>((resolve) => {
    const url = new URL(path, target.labd.url.replace('http', 'ws'));
    const socket = new WebSocket(url, protocol, { headers });
    const said: string[] = [];
    const timer = setTimeout(() => socket.terminate(), patience);
    socket.on('unexpected-response', (_request, response) => {
      clearTimeout(timer);
      resolve({ code: response.statusCode, reason: '', said });
    });
    socket.on('error', () => undefined);
    const [first, ...rest] = messages;
    const send = (message: Sent) =>
      socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
    socket.on('message', (data: Buffer) => {
      said.push(data.toString());
      // The rest comes when labd knows who it is.
      if (data.toString().includes('connection_ack')) rest.forEach(send);
    });
    socket.on('open', () => first !== undefined && send(first));
    socket.on('close', (code, reason) => {
      clearTimeout(timer);
      resolve({ code, reason: reason.toString(), said });
    });
  });
}

const init = () => ({ type: 'connection_init', payload: { authorization: target.labd.headers['authorization'] } });
const watch = (id: string) => ({
  id,
  type: 'subscribe',
  payload: { query: 'subscription { watchServers { __typename } }' },
});

describe('a WebSocket', () => {
  const cases: [name: string, messages: () => Sent[], code: number][] = [
    ['that subscribes before it says who it is', () => [watch('1')], 4401],
    ['that says who it is twice', () => [init(), init()], 4429],
    ['that shows nothing', () => [{ type: 'connection_init' }], 4401],
    [
      'that shows a token that is none',
      () => [{ type: 'connection_init', payload: { authorization: 'Bearer x' } }],
      4401,
    ],
    [
      'that shows an object for a token',
      () => [{ type: 'connection_init', payload: { authorization: { a: 1 } } }],
      4401,
    ],
    ['that sends no JSON', () => ['frob'], 4400],
    ['that sends an unknown type', () => [{ type: 'frob' }], 4400],
    ['that sends null', () => ['null'], 4400],
    ['that sends a list', () => ['[]'], 4400],
    ['that sends a frame of 300 KB', () => ['x'.repeat(300 * 1024)], 1009],
    ['that uses a name twice', () => [init(), watch('1'), watch('1')], 4409],
    ['that subscribes without a query', () => [init(), { id: '1', type: 'subscribe', payload: {} }], 4400],
  ];
  test.each(cases)('%s is closed for that', async (_name, messages, code) => {
    expect((await talk(messages())).code).toBe(code);
  });

  const handshakes: [name: string, options: object, status: number][] = [
    ['from a page elsewhere', { headers: { origin: 'https://evil.example' } }, 403],
    ['from a page of a sister site', { headers: { 'sec-fetch-site': 'same-site' } }, 403],
    ['under another name', { headers: { host: 'evil.example' } }, 421],
    ['at another path', { path: '/metrics' }, 404],
    ['at the page that signs in', { path: '/sign-in' }, 404],
  ];
  test.each(handshakes)('%s gets no handshake', async (_name, options, status) => {
    expect((await talk([], options)).code).toBe(status);
  });

  test('completes what was never begun, and pings, and goes on', async () => {
    const { said } = await talk([
      init(),
      { id: 'x', type: 'complete' },
      { type: 'ping' },
      { id: '1', type: 'subscribe', payload: { query: '{ about { version } }' } },
    ]);
    expect(said.map((one) => (JSON.parse(one) as { type: string }).type)).toEqual(
      expect.arrayContaining(['connection_ack', 'pong', 'next', 'complete']),
    );
  });

  test('asks for a thousand and one things at once, and is told that it is too many', async () => {
    const messages = [init(), ...Array.from({ length: 1_001 }, (_, i) => watch(String(i)))];
    const { said } = await talk(messages, { patience: 8_000 });
    expect(said.filter((one) => one.includes('TOO_MANY_OPERATIONS'))).toHaveLength(1);
  });

  test('in another protocol is not taken', async () => {
    // The client gives up, because labd agrees to none.
    expect((await talk([init()], { protocol: 'graphql-ws' })).code).toBe(1006);
  });
});

test('a hundred event streams that are left at once leave nothing behind', async () => {
  const metric = async () => {
    const answer = await fetch(new URL('/metrics', target.labd.url), { headers: target.labd.headers });
    return Number(/^labd_subscriptions (\d+)$/m.exec(await answer.text())?.[1]);
  };
  const before = await metric();
  const aborters = Array.from({ length: 100 }, () => new AbortController());
  const answers = await Promise.all(
    aborters.map(({ signal }) =>
      fetch(target.labd.url, {
        method: 'POST',
        signal,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...target.labd.headers },
        body: JSON.stringify({ query: 'subscription { watchServers { __typename } }' }),
      }),
    ),
  );
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(await metric()).toBe(before + 100);
  for (const aborter of aborters) aborter.abort();
  await expect.poll(metric, { timeout: 10_000 }).toBe(before);
});
