// The bastion: what machines, or whoever pretends to be one, may send it.
import { expect } from 'vitest';
import type { HostileCase } from '../cases.ts';
import { expectNoLeak, sendRaw, type Answered } from '../support.ts';

const machine = { mac: '02:00:00:00:00:01' };

/** A request as bytes; headers that are empty are left out. */
export function request(
  port: number,
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<Answered> {
  const all: Record<string, string> = {
    Host: `127.0.0.1:${port}`,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== '');
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return sendRaw('127.0.0.1', port, Buffer.concat([Buffer.from(head), Buffer.from(body)]));
}

const report = (more: object) => JSON.stringify({ ...machine, ...more });
const nics = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `eth${i}`, mac: '02:00:00:00:00:02' }));

const reports: [name: string, body: string | Buffer, status: number][] = [
  ['without a MAC', '{}', 422],
  ['that is a list', '[]', 400],
  ['that is null', 'null', 400],
  ['that is no JSON', '{"mac":', 400],
  ['that is no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 400],
  ['with a MAC for many', report({ mac: '01:00:5e:00:00:01' }), 422],
  ['with a MAC for all', report({ mac: 'ff:ff:ff:ff:ff:ff' }), 422],
  ['with a MAC of zeros', report({ mac: '00:00:00:00:00:00' }), 422],
  ['with a MAC that is a path', report({ mac: '../../etc/passwd' }), 422],
  ['with a MAC that is an object', report({ mac: { $gt: '' } }), 422],
  ['of 300 KB', report({ vendor: 'x'.repeat(300 * 1024) }), 413],
];

const badIp = { name: 'e', mac: '02:00:00:00:00:02', ip: '999.1.1.1' };
/** Those with something that cannot be taken: the machine is found all the same, and the answer names the field. */
const odd: [name: string, body: string, field: string][] = [
  ['with a number for a text', report({ arch: 7 }), 'arch'],
  ['with cores that are a text', report({ cpu_cores: '8' }), 'cpu_cores'],
  ['with minus one cores', report({ cpu_cores: -1 }), 'cpu_cores'],
  ['with more memory than there is', report({ memory_gb: 1e300 }), 'memory_gb'],
  ['with 300 NICs', report({ nics: nics(300) }), 'nics'],
  ['with a NIC that is null', report({ nics: [null] }), 'nics[0]'],
  ['with an address that is none', report({ nics: [badIp] }), 'nics[0].ip'],
  ['with disks that are a text', report({ disks: 'sda' }), 'disks'],
];

const requests: [name: string, send: (port: number) => Promise<Answered>, status: number][] = [
  ['of another type', (port) => request(port, '/api/discover', '{}', { 'Content-Type': 'text/html' }), 415],
  ['that is compressed', (port) => request(port, '/api/discover', '{}', { 'Content-Encoding': 'gzip' }), 415],
  ['to nothing', (port) => request(port, '/api/frob', '{}'), 404],
  ['to a path with dots', (port) => request(port, '/api/../../etc/passwd', '{}'), 404],
  ['to a path of a prototype', (port) => request(port, '/__proto__', '{}'), 404],
  ['by another method', (port) => request(port, '/api/discover', '', {}, 'DELETE'), 405],
  [
    'with two lengths',
    (port) => request(port, '/api/discover', '{}', { 'Content-Length': '2\r\nContent-Length: 3' }),
    400,
  ],
  ['with a length and chunks', (port) => request(port, '/api/discover', '{}', { 'Transfer-Encoding': 'chunked' }), 400],
  ['that is no HTTP', (port) => sendRaw('127.0.0.1', port, Buffer.from([0, 1, 2, 3, 255, 13, 10, 13, 10])), 400],
  ['with a stage of no text', (port) => request(port, '/api/progress', report({ stage: 7 })), 422],
  ['with progress of nobody', (port) => request(port, '/api/progress', '{"stage":"ssh"}'), 422],
  ['with log lines that are numbers', (port) => request(port, '/api/log', report({ lines: [1, 2] })), 422],
];

const own = (port: number) => `127.0.0.1:${port}`;

const ask = (port: number, path: string, headers: Record<string, string>) => request(port, path, '', headers, 'GET');
export const discover = (port: number, headers: Record<string, string>) =>
  request(port, '/api/discover', report({}), headers);
const lines = (port: number, headers: Record<string, string>) =>
  request(port, '/api/log?mac=02:00:00:00:00:01', 'panic', headers);

const pages: [name: string, send: (port: number) => Promise<Answered>, status: number][] = [
  [
    'that asks for the machines by a name of its own',
    (port) => ask(port, '/api/machines', { Host: 'rebound.example' }),
    421,
  ],
  ['that rebinds to the port', (port) => ask(port, '/api/machines', { Host: `rebound.example:${port}` }), 421],
  [
    'that ends its name as the bastion is called',
    (port) => ask(port, '/healthz', { Host: 'north.rebound.example' }),
    421,
  ],
  [
    'that begins its name with the address',
    (port) => ask(port, '/healthz', { Host: `127.0.0.1.rebound.example` }),
    421,
  ],
  ['that puts the address before an @', (port) => ask(port, '/healthz', { Host: '127.0.0.1@rebound.example' }), 421],
  ['that reports machines under a name of its own', (port) => discover(port, { Host: 'rebound.example' }), 421],
  ['elsewhere that reports machines', (port) => discover(port, { Origin: 'https://evil.example' }), 403],
  ['in a sandbox that reports machines', (port) => discover(port, { Origin: 'null' }), 403],
  ['of another port that reports machines', (port) => discover(port, { Origin: 'http://127.0.0.1:1' }), 403],
  ['elsewhere that hides its origin', (port) => discover(port, { 'Sec-Fetch-Site': 'cross-site' }), 403],
  ['of a sister site', (port) => discover(port, { 'Sec-Fetch-Site': 'same-site' }), 403],
  [
    'that posts lines as plain text',
    (port) => lines(port, { Origin: 'https://evil.example', 'Content-Type': 'text/plain' }),
    403,
  ],
  [
    'that asks whether it may',
    (port) => request(port, '/api/discover', '', { Origin: 'https://evil.example' }, 'OPTIONS'),
    403,
  ],
  [
    'of the bastion itself, for the machines',
    (port) => ask(port, '/api/machines', { Origin: `http://${own(port)}` }),
    403,
  ],
];

/** Against the bastion whose port `place` says once it has started. */
export const rows = (place: { readonly port: number }): HostileCase[] => [
  ...reports.map(([what, body, status]): HostileCase => ({
    name: `A report ${what}`,
    code: undefined,
    status,
    attack: () => request(place.port, '/api/discover', body),
    also: ({ text }) => expectNoLeak(text!),
  })),
  ...odd.map(([what, body, field]): HostileCase => ({
    name: `A report ${what}`,
    code: undefined,
    status: 202,
    attack: () => request(place.port, '/api/discover', body),
    also: ({ text }) => {
      expect(JSON.parse(text!.slice(text!.indexOf('{')))).toMatchObject({ ignored: [{ field }] });
      expectNoLeak(text!);
    },
  })),
  ...requests.map(([what, send, status]): HostileCase => ({
    name: `A request to a bastion ${what}`,
    code: undefined,
    status,
    attack: () => send(place.port),
    also: ({ text }) => expectNoLeak(text!),
  })),
  ...pages.map(([what, send, status]): HostileCase => ({
    name: `A page in a browser ${what}`,
    code: undefined,
    status,
    attack: () => send(place.port),
    also: ({ text, headers }) => {
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      expectNoLeak(text!);
    },
  })),
];
