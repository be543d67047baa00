// Streams: WebSockets that do not keep to their protocol.
import { WebSocket } from 'ws';
import type { HostileCase } from '../cases.ts';
import type { Target } from '../support.ts';

type Sent = string | Buffer | object;

/** Opens a WebSocket, sends some messages at once, and returns what came until it was closed, or for a while. */
export function talk(
  target: Target,
  messages: Sent[],
  { patience = 1_500, headers = {}, path = '/graphql', protocol = 'graphql-transport-ws' } = {},
) {
  return new Promise<{ code: number | undefined; said: string[] }>((resolve) => {
    const url = new URL(path, target.labd.url.replace('http', 'ws'));
    const socket = new WebSocket(url, protocol, { headers });
    const said: string[] = [];
    const timer = setTimeout(() => socket.terminate(), patience);
    socket.on('unexpected-response', (_request, response) => {
      clearTimeout(timer);
      resolve({ code: response.statusCode, said });
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
    socket.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, said });
    });
  });
}

export const init = (target: Target) => ({
  type: 'connection_init',
  payload: { authorization: target.labd.headers['authorization'] },
});
export const watch = (id: string) => ({
  id,
  type: 'subscribe',
  payload: { query: 'subscription { watchServers { __typename } }' },
});

/** Each closed by a code. */
const cases: [name: string, messages: (init: Sent) => Sent[], code: number][] = [
  ['that subscribes before it says who it is', () => [watch('1')], 4401],
  ['that says who it is twice', (init) => [init, init], 4429],
  ['that shows nothing', () => [{ type: 'connection_init' }], 4401],
  [
    'that shows a token that is none',
    () => [{ type: 'connection_init', payload: { authorization: 'Bearer x' } }],
    4401,
  ],
  ['that shows an object for a token', () => [{ type: 'connection_init', payload: { authorization: { a: 1 } } }], 4401],
  ['that sends no JSON', () => ['frob'], 4400],
  ['that sends an unknown type', () => [{ type: 'frob' }], 4400],
  ['that sends null', () => ['null'], 4400],
  ['that sends a list', () => ['[]'], 4400],
  ['that sends a frame of 300 KB', () => ['x'.repeat(300 * 1024)], 1009],
  ['that uses a name twice', (init) => [init, watch('1'), watch('1')], 4409],
  ['that subscribes without a query', (init) => [init, { id: '1', type: 'subscribe', payload: {} }], 4400],
];

/** Each refused by a status, before it is a WebSocket. */
const handshakes: [name: string, options: object, status: number][] = [
  ['from a page elsewhere', { headers: { origin: 'https://evil.example' } }, 403],
  ['from a page of a sister site', { headers: { 'sec-fetch-site': 'same-site' } }, 403],
  ['under another name', { headers: { host: 'evil.example' } }, 421],
  ['at another path', { path: '/metrics' }, 404],
  ['at the page that signs in', { path: '/sign-in' }, 404],
];

export const rows = (target: Target): HostileCase[] => [
  ...cases.map(([what, messages, code]): HostileCase => ({
    name: `A WebSocket ${what}`,
    code,
    attack: () => talk(target, messages(init(target))),
  })),
  ...handshakes.map(([what, options, code]): HostileCase => ({
    name: `A handshake ${what}`,
    code,
    attack: () => talk(target, [], options),
  })),
];
