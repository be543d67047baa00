// Requests that mean harm, against the real labd: each is refused for what it is, costs nobody else anything, and
// leaves nothing behind.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { endLabd, startLabdProcess, temporaryDirectory, type LabdProcess } from '../server/http/process.ts';
import { post } from '../server/http/toy.ts';
import { createMachines, startBystander, usual, type Bystander } from './bystander.ts';
import { inspect, type Inspector } from './inspector.ts';

let labd: LabdProcess;
let inspector: Inspector;
let bystander: Bystander;
beforeAll(async () => {
  labd = await startLabdProcess(await temporaryDirectory(), { NODE_OPTIONS: '--inspect=127.0.0.1:0' }, []);
  inspector = await inspect(labd.output());
  await createMachines(labd);
  bystander = await startBystander(labd);
}, 60_000);
afterAll(async () => {
  await bystander.leave();
  inspector.close();
  await endLabd(labd);
});

const alive = async () => {
  const { status, body } = await post(labd.url, usual, { headers: labd.headers });
  expect([status, body]).toEqual([
    200,
    { data: { servers: { nodes: expect.objectContaining({ length: 50 }) as object } } },
  ]);
};

const ask = async (query: string, variables?: string) => {
  const body = `{"query":${JSON.stringify(query)}${variables === undefined ? '' : `,"variables":${variables}`}}`;
  const response = await fetch(labd.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...labd.headers },
    body,
  });
  const { errors } = (await response.json()) as { errors?: { extensions?: { code?: string } }[] };
  return { status: response.status, code: errors?.[0]?.extensions?.code };
};

/** A body of any size, with its length said or in chunks; the status of the answer. */
function send(bytes: number, chunked: boolean): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const sent = request(labd.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...labd.headers, ...(chunked ? {} : { 'content-length': bytes }) },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      response.resume();
      response.on('end', () => {
        sent.destroy();
        resolve(response.statusCode);
      });
    });
    let left = bytes;
    const more = () => {
      while (left > 0 && !sent.destroyed) {
        left -= piece.length;
        if (!sent.write(piece)) return void sent.once('drain', more);
      }
      sent.end();
    };
    more();
  });
}

/** A WebSocket that has been let in. */
async function connect(): Promise<WebSocket> {
  const socket = new WebSocket(labd.url, 'graphql-transport-ws', { headers: labd.headers });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const acknowledged = new Promise((resolve, reject) => socket.once('message', resolve).once('close', reject));
  socket.send('{"type":"connection_init"}');
  await acknowledged;
  return socket;
}

/**
 * Does something in rounds, with others asking meanwhile. What the first rounds leave (compiled code, caches that are
 * bounded) is there after the last ones too; anything else would grow with each.
 */
async function inRounds(round: () => Promise<void>): Promise<void> {
  for (let n = 0; n < 2; n++) await Promise.all([round(), alive()]);
  const before = await inspector.memory();
  for (let n = 0; n < 4; n++) await Promise.all([round(), alive()]);
  expect(await inspector.memory()).toBeLessThan(before * 1.1);
}

const times = 20_000;
const filtered = 'query ($f: ServerFilter) { servers(first: 1, filter: $f) { nodes { id } } }';

describe('A document of', () => {
  test.each<[string, string]>([
    ['aliases', `{${Array.from({ length: times }, (_, n) => `${n % 2 === 0 ? 'a' : 'b'}${n}:node`).join(' ')}}`],
    ['selections in one another', `${'{a'.repeat(times)}${'}'.repeat(times)}`],
    ['objects in one another', `{a(b:${'{a:'.repeat(times)}1${'}'.repeat(times)})}`],
    ['lists in one another', `{a(b:${'['.repeat(times)}${']'.repeat(times)})}`],
    ['directives', `{a ${'@a'.repeat(times)}}`],
    ['fragments', `{a} ${'fragment a on a{a}'.repeat(times / 2)}`],
  ])('20,000 %s is refused by its length, and leaves nothing', async (_what, query) => {
    const flood = async () => {
      for (const answer of await Promise.all(Array.from({ length: 10 }, () => ask(query))))
        expect(answer).toEqual({ status: 400, code: 'DOCUMENT_TOO_LONG' });
    };
    await inRounds(flood);
    await bystander.beside(flood);
  });
});

describe('Variables of', () => {
  test.each<[string, string]>([
    ['objects', `{"f":${'{"and":[{"not":'.repeat(times / 2)}{}${'}]}'.repeat(times / 2)}}`],
    ['lists', `{"f":${'['.repeat(times)}${']'.repeat(times)}}`],
  ])('20,000 %s in one another are refused, and leave nothing', async (_what, variables) => {
    const flood = async () => {
      for (const answer of await Promise.all(Array.from({ length: 10 }, () => ask(filtered, variables))))
        expect(answer).toEqual({ status: 400, code: 'VALUE_TOO_DEEP' });
    };
    await inRounds(flood);
    await bystander.beside(flood);
  });
});

test('Documents that are all different and all too expensive leave nothing but a bounded cache', async () => {
  let n = 0;
  await inRounds(async () => {
    for (let i = 0; i < 300; i++) {
      const query = `query Q${n++} { servers(first: 1000) { nodes { nics { nodes { name } } } } }`;
      expect(await ask(query)).toEqual({ status: 400, code: 'OPERATION_TOO_EXPENSIVE' });
    }
  });
});

test.each([false, true])('Bodies of 25 MB are refused, and leave nothing (in chunks: %s)', async (chunked) => {
  const flood = async () => {
    const statuses = await Promise.all(Array.from({ length: 4 }, () => send(25 * 1024 * 1024, chunked)));
    expect(statuses).toEqual([413, 413, 413, 413]);
  };
  await inRounds(flood);
  await bystander.beside(flood);
});

test('A thousand WebSockets at once are let in, and leave nothing when they close', { timeout: 120_000 }, async () => {
  const flood = async () => {
    const sockets = await Promise.all(Array.from({ length: 1000 }, connect));
    await alive();
    const closed = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    sockets.forEach((socket, n) => (n % 2 === 0 ? socket.close() : socket.terminate()));
    await closed;
    const metrics = async () =>
      (await fetch(labd.url.replace('/graphql', '/metrics'), { headers: labd.headers })).text();
    await expect.poll(metrics).toContain('labd_websocket_connections 0');
  };
  await inRounds(flood);
  await bystander.beside(flood);
});
